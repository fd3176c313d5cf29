/** Use case: the first files of a project, ready to be proven. What stands there already is never written over. */
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { compilerWish, namesAssay } from './compiler-wish.ts'
import { configNames } from './find-config.ts'
import { initFiles, type InitFiles } from './init-files.ts'

export interface InitSettings {
  readonly directory: string
  /** Nothing is written. */
  readonly dryRun: boolean
}

export interface InitFile {
  /** Absolute. */
  readonly path: string
  readonly text: string
  /** It stood there already, word for word. */
  readonly unchanged: boolean
}

export interface InitOutcome {
  /** Absolute. */
  readonly directory: string
  readonly files: readonly InitFile[]
  /** Whether package.json, here or above, names Assay already. */
  readonly isInstalled: boolean
}

const notDirectory = (path: string): AssayError =>
  new AssayError(`${path} is a file, not a directory.`, {
    code: 'init.not-directory',
    exit: 4,
    asked: 'a directory for a new project',
    found: 'a file of that name',
    mend: 'Name another directory: assay init NAME',
  })

/** What keeps a file from being written; null: nothing. */
const obstacle = (path: string, text: string): string | null => {
  const facts = statSync(path, { throwIfNoEntry: false })
  if (facts === undefined) return null
  return facts.isFile() && readFileSync(path, 'utf8') === text ? null : path
}

const refuse = (inTheWay: readonly string[]): AssayError =>
  new AssayError(
    `${inTheWay.length === 1 ? 'A file stands' : `${inTheWay.length} files stand`} where assay init would write.`,
    {
      code: 'init.exists',
      exit: 4,
      asked: 'a new project',
      found: inTheWay.join(', '),
      why: 'assay init never writes over what is there',
      mend: `Take a directory of its own (assay init data-architecture), or move what is there away.`,
    },
  )

/** Another config of this directory would be found instead of ours, or ours instead of it. */
const otherConfigs = (directory: string, files: InitFiles): readonly string[] =>
  existsSync(directory)
    ? readdirSync(directory)
        .filter((name) => (configNames as readonly string[]).includes(name) && !(name in files))
        .map((name) => join(directory, name))
    : []

/** Migrations that stand there already would run with ours, before or after it. */
const otherMigrations = (directory: string, files: InitFiles): readonly string[] => {
  const place = join(directory, 'migrations')
  if (!statSync(place, { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(place)
    .filter((name) => !name.startsWith('.') && !(`migrations/${name}` in files))
    .map((name) => join(place, name))
}

/** Throws AssayError (exit 4), before anything is written, when something else stands in the way. */
export const initProject = ({ directory: asked, dryRun }: InitSettings): InitOutcome => {
  const directory = resolve(asked)
  const facts = statSync(directory, { throwIfNoEntry: false })
  if (facts !== undefined && !facts.isDirectory()) throw notDirectory(directory)
  const wanted = initFiles(compilerWish(directory))
  const entries = Object.entries(wanted).map(([name, text]) => [join(directory, name), text] as const)
  const inTheWay = [
    ...otherConfigs(directory, wanted),
    ...entries.flatMap(([path, text]) => obstacle(path, text) ?? []),
    ...otherMigrations(directory, wanted),
  ]
  if (inTheWay.length > 0) throw refuse(inTheWay)
  const files = entries.map(([path, text]): InitFile => ({ path, text, unchanged: existsSync(path) }))
  for (const { path, text, unchanged } of files) {
    if (dryRun || unchanged) continue
    mkdirSync(dirname(path), { recursive: true })
    // `wx`: a file that came between the look and the write is not written over either.
    writeFileSync(path, text, { flag: 'wx' })
  }
  return { directory, files, isInstalled: namesAssay(directory) }
}
