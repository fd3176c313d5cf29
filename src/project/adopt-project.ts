/** Use case: an existing database becomes a project: its rules, its baseline migration and a config, ready to be proven. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { AdoptedFile } from '../adopt/adopted.ts'
import { printArchitecture, type PrintedArchitecture } from '../adopt/print/print-architecture.ts'
import { readReadableSql } from '../adopt/print/readable-sql.ts'
import { readUnkept } from '../adopt/print/unkept.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { startServer } from '../postgres/start.ts'
import type { Finding } from '../prove/result.ts'
import { configText } from './adopt-config.ts'
import { betterFindings } from './better-findings.ts'
import { leftAloneOf, withoutPlatform } from './adopt-platform.ts'
import { openPrelude, type Prelude } from './adopt-prelude.ts'
import { readSource, type AdoptSource, type ReadSource } from './adopt-source.ts'
import { applyBaseline, type AppliedBaseline } from './apply-baseline.ts'
import { compareCopy, refusedFindings } from './compare-copy.ts'
import { compilerWish, namesAssay } from './compiler-wish.ts'
import { areLarge, readDumpFile } from './dump-file.ts'
import { initFiles } from './init-files.ts'
import { readSqlFile } from '../migrate/files/migration-files.ts'
import { readBefore } from './read-before.ts'
import type { OnProgress } from './migrated.ts'
import { copiesFor, observeCalls, observeWrites } from './observe-copies.ts'
import { createOffered, leftWithout, withExtensions } from './missing-extensions.ts'
import { preludeOf, type PlatformName } from './presets/presets.ts'
import { assertPlace, sweepAdopted, writeAdopted } from './write-adopted.ts'

export interface AdoptSettings {
  readonly source: AdoptSource
  /** Where the project is written. */
  readonly directory: string
  /** Of the architecture; absent: made from the source. */
  readonly name?: string
  /** The platform that it runs on: what it makes runs first and is not adopted. */
  readonly platform?: PlatformName
  /** SQL files that do the same, behind it. */
  readonly before: readonly string[]
  /** Variables of psql that the SQL names. */
  readonly variables?: ReadonlyMap<string, string>
  /** Nothing is written. */
  readonly dryRun: boolean
  readonly onProgress?: OnProgress
}

export interface AdoptOutcome {
  readonly name: string
  /** Absolute. */
  readonly directory: string
  readonly files: readonly AdoptedFile[]
  /** Absolute paths; none with dryRun. */
  readonly written: readonly string[]
  readonly tables: number
  readonly structures: number
  readonly findings: readonly Finding[]
  /** Whether package.json, here or above, names Assay already. */
  readonly isInstalled: boolean
}

const baselineFile = 'migrations/0001_baseline.sql'

/** What `assay migrate test` asks of a migration without a way back. */
const beginning =
  '-- assay: direction forward because the history begins here; a database that has it is told so by assay migrate baseline\n\n'

interface Copy {
  readonly catalog: Catalog
  /** As `schema.extensions` lists them. */
  readonly extensions: readonly string[]
  readonly applied: AppliedBaseline
  readonly printed: PrintedArchitecture
  readonly findings: readonly Finding[]
}

/** What `prove` will say again: it keeps nobody from adopting the rest. */
const asWarning = (finding: Finding): Finding =>
  finding.severity === 'error' ? { ...finding, severity: 'warning' } : finding

const withLoaded = async <T>(
  server: Server,
  database: string | null,
  work: (session: Session | null) => Promise<T>,
): Promise<T> => {
  if (database === null) return work(null)
  const session = await server.connect(database, 'owner')
  try {
    return await work(session)
  } finally {
    await session.end()
  }
}

const makeCopy = async (
  server: Server,
  name: string,
  { catalog, baseline, platform, live, loaded }: ReadSource,
  { makeDatabase }: Prelude,
  onProgress: OnProgress,
): Promise<Copy> => {
  onProgress('recreating it from the baseline', 0, 1)
  const database = await makeDatabase('copy')
  const extensions = await createOffered(server, database, baseline.extensions)
  const applied = await applyBaseline(server, database, {
    file: path.resolve(baselineFile),
    text: baseline.sql,
  })
  await server.admitRoles()
  const copies = await copiesFor(server, database, catalog)
  const owner = await server.connect(database, 'owner')
  try {
    const whole = await readCatalog(owner)
    const copy = withoutPlatform(whole, platform)
    const without = leftWithout(extensions.absent, { source: catalog, copy }, applied.refused)
    const known = new Set([...baseline.findings.flatMap(({ structure }) => structure ?? []), ...without.ids])
    onProgress('looking for what could be better', 0, 1)
    const better = await withLoaded(server, loaded, (session) =>
      betterFindings(owner, whole, { live, loaded: session }),
    )
    const [observed, functions] = await Promise.all([
      observeWrites(server, copies, { whole, own: copy }, onProgress),
      observeCalls(server, copies, { whole, own: copy }, onProgress),
    ])
    onProgress('writing the architecture', 0, 1)
    const printed = printArchitecture(copy, {
      name,
      ending: '.ts',
      sql: await readReadableSql(owner, copy),
      unkept: await readUnkept(owner, copy),
      leftAlone: leftAloneOf(platform, whole),
      whole,
      functions,
      observed,
    })
    // Their own finding tells more than that no rule states them.
    const inTheWay = observed.flatMap(({ findings }) =>
      findings.flatMap(({ code, structure }) => (code === 'adopt.trigger-in-the-way' ? [structure] : [])),
    )
    const isInTheWay = (structure: string | undefined): boolean => inTheWay.includes(structure)
    const isOwn = ({ structure }: Finding): boolean =>
      structure === undefined || !whole.structures.has(structure) || copy.structures.has(structure)
    return {
      catalog: copy,
      extensions: extensions.present,
      applied: { ...applied, sql: withExtensions(applied.sql, extensions) },
      printed,
      findings: [
        ...without.findings,
        ...baseline.findings,
        ...refusedFindings(applied, without.statements),
        ...compareCopy(catalog, copy, known),
        ...printed.findings.filter(
          ({ code, structure }) => code !== 'adopt.unclaimed' || !isInTheWay(structure),
        ),
        ...observed.flatMap(({ findings }) => findings.map(asWarning)).filter(isOwn),
        ...functions.flatMap(({ findings }) => findings),
        ...better.filter(isOwn),
      ],
    }
  } finally {
    await owner.end()
  }
}

/** Files that say nothing of the database that they hold. */
const sayNothing = /^(?:schema|dump|structure|init|database|db|backup|pg_dump|public|tables|all)$/u

const spelled = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '_')
    .replaceAll(/^_+|_+$/gu, '')

/** What an architecture is called when nobody says. */
export const nameOf = (source: AdoptSource, directory: string): string => {
  const own = spelled(path.basename(path.resolve(directory)))
  if (source.kind === 'url') {
    const database = /^[^?#]*:\/\/[^/?#]*\/(?<name>[^?#]+)/u.exec(source.url)?.groups?.['name']
    return spelled(decodeURIComponent(database ?? '')) || own || 'database'
  }
  const [first = '', ...more] = source.kind === 'sql' ? source.files : []
  const stem = spelled(path.basename(first).replace(/(?:\.\w+)+$/u, ''))
  return more.length > 0 || stem === '' || sayNothing.test(stem) ? own || 'database' : stem
}

/** Relative imports as the compiler of the directory takes them. */
const withEnding = (text: string, ending: '.ts' | '.js'): string =>
  ending === '.ts' ? text : text.replaceAll(/(?<=\bfrom '\.[^'\n]*)\.ts(?='$)/gmu, ending)

const fromDirectory = (directory: string, file: string): string =>
  path.relative(directory, path.resolve(file)).split(path.sep).join('/')

interface ProjectWish extends Pick<AdoptSettings, 'platform' | 'before'> {
  readonly directory: string
}

const projectFiles = (
  { directory, platform, before }: ProjectWish,
  { printed, applied, extensions }: Copy,
): readonly AdoptedFile[] => {
  const wish = compilerWish(directory)
  const preludes = before.map((file) => fromDirectory(directory, file))
  const config = configText({
    entry: printed.entry,
    schema: {
      migrations: 'migrations',
      ...(platform === undefined ? {} : { platform }),
      before: preludes,
      extensions,
    },
  })
  // Where one stands already it is the one that init wrote.
  const isThere = existsSync(path.join(directory, 'tsconfig.json'))
  const tsconfig = wish.needsTsconfig && !isThere ? initFiles(wish)['tsconfig.json'] : undefined
  return [
    ...printed.files.map(({ path: file, text }) => ({ path: file, text: withEnding(text, wish.ending) })),
    { path: baselineFile, text: beginning + applied.sql },
    ...(tsconfig === undefined ? [] : [{ path: 'tsconfig.json', text: tsconfig }]),
    // Last: until it is there, the other files are no project.
    { path: 'assay.config.ts', text: withEnding(config, wish.ending) },
  ]
}

/** Throws AssayError, before anything is written, for what keeps it from being adopted. */
export const adoptProject = async (settings: AdoptSettings): Promise<AdoptOutcome> => {
  const { source, dryRun } = settings
  const onProgress: OnProgress = settings.onProgress ?? (() => undefined)
  const directory = path.resolve(settings.directory)
  const name = settings.name ?? nameOf(source, directory)
  sweepAdopted(directory)
  assertPlace(directory, [])
  const before = [
    ...readBefore(settings.platform === undefined ? [] : preludeOf(settings.platform), readSqlFile),
    ...settings.before.map((file) => readDumpFile(file, '--before')),
  ]
  onProgress('starting PostgreSQL', 0, 1)
  const server = await startServer({
    isLarge: areLarge([...settings.before, ...(source.kind === 'sql' ? source.files : [])]),
    onProgress: (text) => onProgress(text, 0, 1),
  })
  let live: ReadSource['live'] = null
  try {
    const prelude = await openPrelude(server, before)
    const read = await readSource({
      server,
      source,
      prelude,
      variables: settings.variables ?? new Map(),
      onProgress,
    })
    live = read.live
    const copy = await makeCopy(server, name, read, prelude, onProgress)
    const files = projectFiles({ ...settings, directory }, copy)
    if (dryRun)
      assertPlace(
        directory,
        files.map((file) => file.path),
      )
    return {
      name,
      directory,
      files,
      written: dryRun ? [] : writeAdopted(directory, files),
      tables: copy.catalog.tables.size,
      structures: copy.catalog.structures.size,
      findings: [...read.findings, ...copy.findings],
      isInstalled: namesAssay(directory),
    }
  } finally {
    await live?.close()
    await server.stop()
  }
}
