/** Tells which of the files that a project is made of were saved. Bursts of saves come as one. */
import path from 'node:path'
import { watch, type FSWatcher } from 'chokidar'
import { findEnvFiles } from './env-file.ts'
import type { Project } from './project.ts'

/** What is to be watched; absolute paths. */
export interface ProjectSources {
  /** The config and everything that it imports. */
  readonly declared: ReadonlySet<string>
  /** Directories whose SQL files make schemas, one level of subdirectories included. */
  readonly migrations: readonly string[]
  /** Single files that a schema is made of. */
  readonly files: readonly string[]
  /** Directories in which any file may be one that a schema.command reads. */
  readonly trees: readonly string[]
  /** Directories in the trees that say nothing about the schema: ledgers. */
  readonly except: readonly string[]
}

export interface SourceWatch {
  /** Watches these from now on. */
  follow(sources: ProjectSources): Promise<void>
  close(): Promise<void>
}

export const sourcesOf = (project: Project, declared: ReadonlySet<string>): ProjectSources => {
  const schemas = project.architectures.map((part) => part.schema)
  const at = (schema: (typeof schemas)[number], file: string): string => path.resolve(schema.directory, file)
  const commanded = schemas.filter((schema) => schema.command !== undefined)
  return {
    declared,
    migrations: schemas.flatMap((s) => (s.migrations === undefined ? [] : [at(s, s.migrations)])),
    files: [
      ...schemas.flatMap((s) =>
        (s.before ?? []).flatMap((part) => (typeof part === 'string' ? at(s, part) : [])),
      ),
      ...commanded.flatMap((s) => findEnvFiles(s.directory)),
    ],
    trees: commanded.map((schema) => schema.directory),
    except: project.architectures.map((part) => part.ledger),
  }
}

/** Only a config is known: nothing could be loaded yet. */
export const sourcesOfConfig = (declared: ReadonlySet<string>): ProjectSources => ({
  declared,
  migrations: [],
  files: [],
  trees: [],
  except: [],
})

const isWithin = (directory: string, file: string): boolean => file.startsWith(`${directory}${path.sep}`)

/** Never a source, and large. */
const ignoredDirectories = /[\\/](?:node_modules|\.git|\.hg|\.svn|dist|coverage|\.next|\.turbo)(?:[\\/]|$)/u

/** Saves that come closer together than this are one; long enough for an editor that writes several files. */
const quietMs = 30
/** A stream of saves is not waited for longer than this. */
const longestMs = 500

/** How a saved file concerns the project; null: not at all. */
const partOf = (sources: ProjectSources, file: string): 'declared' | 'schema' | null => {
  if (sources.declared.has(file)) return 'declared'
  if (sources.files.includes(file)) return 'schema'
  if (sources.except.some((directory) => isWithin(directory, file))) return null
  if (sources.migrations.some((directory) => isWithin(directory, file) || directory === file))
    return file.endsWith('.sql') || path.extname(file) === '' ? 'schema' : null
  return sources.trees.some((directory) => isWithin(directory, file)) && !ignoredDirectories.test(file)
    ? 'schema'
    : null
}

export interface Saved {
  readonly declared: readonly string[]
  readonly schema: readonly string[]
}

/** Directories are watched, not files: editors put a new file in the place of the old one. */
const directoriesOf = (sources: ProjectSources): ReadonlySet<string> =>
  new Set([
    ...[...sources.declared, ...sources.files].map((file) => path.dirname(file)),
    ...sources.migrations,
    ...sources.trees,
  ])

export const watchSources = (onSaved: (saved: Saved) => void): SourceWatch => {
  let sources = sourcesOfConfig(new Set())
  let watcher: FSWatcher | null = null
  let watched = ''
  const declared = new Set<string>()
  const schema = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let since: number | null = null

  const flush = (): void => {
    const saved = { declared: [...declared], schema: [...schema] }
    declared.clear()
    schema.clear()
    since = null
    onSaved(saved)
  }
  const onEvent = (file: string): void => {
    const part = partOf(sources, path.resolve(file))
    if (part === null) return
    ;(part === 'declared' ? declared : schema).add(path.resolve(file))
    since ??= performance.now()
    clearTimeout(timer)
    timer = setTimeout(flush, Math.max(0, Math.min(quietMs, since + longestMs - performance.now())))
  }

  const isIgnored = (place: string): boolean => {
    const { migrations, trees } = sources
    const whole = [...migrations, ...trees]
    if (whole.some((directory) => isWithin(directory, place))) return ignoredDirectories.test(place)
    const parents = directoriesOf(sources)
    return !parents.has(place) && !parents.has(path.dirname(place))
  }

  return {
    async follow(wanted) {
      sources = wanted
      const directories = [...directoriesOf(wanted)].toSorted()
      const key = directories.join('\0')
      if (key === watched && watcher !== null) return
      watched = key
      const old = watcher
      const next = watch(directories, {
        ignoreInitial: true,
        ignored: isIgnored,
        depth: wanted.trees.length > 0 ? 8 : 1,
      })
      watcher = next
      next.on('error', () => undefined)
      next.on('all', (_, file) => onEvent(file))
      await new Promise<void>((resolve) => next.once('ready', resolve))
      await old?.close()
    },
    async close() {
      clearTimeout(timer)
      await watcher?.close()
    },
  }
}
