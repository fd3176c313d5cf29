/** Where an adopted database comes from, read once: its catalog and its baseline. */
import { defaultsStatements, withoutDefaults } from '../catalog/default-privileges.ts'
import { writeBaseline, type Baseline } from '../adopt/baseline/write-baseline.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import { AssayError } from '../ground/errors.ts'
import { shellCommand } from '../ground/shell-word.ts'
import { relationId, type RelationName } from '../ground/names.ts'
import type { Session } from '../postgres/session.ts'
import { withoutPassword } from '../postgres/connection-url.ts'
import type { Server } from '../postgres/server.ts'
import type { Finding } from '../prove/result.ts'
import { openLiveDatabase, readBypassing, type LiveDatabase } from './adopt-live.ts'
import { readAdoptedMigrations } from './adopt-migrations.ts'
import { asPrelude, platformFindings, withJournal, withoutPlatform, type Platform } from './adopt-platform.ts'
import type { Prelude } from './adopt-prelude.ts'
import { isPgDump, readDumpFile } from './dump-file.ts'
import { dumpSteps } from './dump-steps.ts'
import { bypassFindings, loadFindings } from './load-findings.ts'
import { loadScript, type Loaded } from './load-script.ts'
import type { MigrationFile } from '../migrate/files/migration-files.ts'
import type { OnProgress } from './migrated.ts'
import { notPostgres } from './not-postgres.ts'

export type AdoptSource =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'sql'; readonly files: readonly string[] }
  | { readonly kind: 'migrations'; readonly directory: string }

export interface ReadWish {
  readonly server: Server
  readonly source: AdoptSource
  readonly prelude: Prelude
  /** What psql's -v would set. */
  readonly variables: ReadonlyMap<string, string>
  readonly onProgress: OnProgress
}

export interface ReadSource {
  /** Without what the prelude makes. */
  readonly catalog: Catalog
  readonly baseline: Baseline
  /** What is the platform's there. */
  readonly platform: Platform
  /** The database itself, where there is one: the caller closes it. */
  readonly live: LiveDatabase | null
  /** On Assay's server: what the SQL made, its sequences as it left them; null where there is the database itself. */
  readonly loaded: string | null
  readonly findings: readonly Finding[]
}

/** As a person would name it in a message. */
export const sourceText = (source: AdoptSource): string =>
  source.kind === 'url'
    ? withoutPassword(source.url)
    : source.kind === 'sql'
      ? source.files.join(', ')
      : source.directory

const nothingThere = (source: AdoptSource, catalog: Catalog): AssayError | null => {
  const isEmpty =
    catalog.tables.size === 0 &&
    [...catalog.structures.values()].every(({ kind }) => kind === 'extension' || kind === 'comment')
  if (!isEmpty) return null
  const place = sourceText(source)
  return new AssayError(
    source.kind === 'url' ? 'The database is empty.' : 'The SQL makes nothing that could be adopted.',
    {
      code: 'adopt.empty',
      exit: 3,
      asked: place,
      found: 'no table, view, function or type',
      why: 'there is nothing to read rules from',
      mend:
        source.kind === 'url'
          ? 'Name the database that holds the tables at the end of --url; or begin a new architecture:\nnpx assay init'
          : `Write the schema of a database to a file:\npg_dump --schema-only … > schema.sql\n${shellCommand('npx', 'assay', 'adopt', '--sql', 'schema.sql')}`,
    },
  )
}

/** What loading left out, where it left out something. */
const allLeftOut = (source: AdoptSource, { missing, leftOut }: Loaded): AssayError | null => {
  const [first] = leftOut
  if (first === undefined) return null
  const names = missing.map(({ name }) => name).join(' and ')
  return new AssayError('Everything that the SQL makes was left out.', {
    code: 'adopt.nothing-left',
    exit: 3,
    asked: sourceText(source),
    found:
      names === ''
        ? `${leftOut.length} statements that cannot run here, the first: ${first.text}`
        : `no extension ${names} on the local PostgreSQL; what needs it first: ${first.text}`,
    why: first.message ?? 'what it names was left out',
    mend:
      names === ''
        ? 'Adopt the database itself, which is only read: npx assay adopt --url …'
        : `Adopt what runs where ${names} is installed: npx assay adopt --url …\nOr write what it makes (its types, as domains) into a file: npx assay adopt --before FILE …`,
    where: { file: first.file, line: first.line },
  })
}

const assertSomething = (source: AdoptSource, catalog: Catalog, leftOut: AssayError | null = null): void => {
  const fault = nothingThere(source, catalog)
  if (fault) throw leftOut ?? fault
}

const filesOf = (source: Exclude<AdoptSource, { kind: 'url' }>): readonly MigrationFile[] =>
  source.kind === 'sql'
    ? source.files.map((file) => readDumpFile(file))
    : readAdoptedMigrations(source.directory)

/** A dump grants what there is, and reckons with no default privileges while it is loaded. */
const loadOver = async <T>(
  { leftAlone: { defaults } }: Platform,
  isDump: boolean,
  { server, database }: { readonly server: Server; readonly database: string },
  load: () => Promise<T>,
): Promise<T> => {
  if (!isDump || defaults.length === 0) return load()
  const owner = await server.connect(database, 'owner')
  try {
    await owner.query(defaults.flatMap(withoutDefaults).join(';\n'))
    const loaded = await load()
    await owner.query(defaults.flatMap((one) => defaultsStatements(one)).join(';\n'))
    return loaded
  } finally {
    await owner.end()
  }
}

/** Rows are looked for by the files of their tables, which no policy hides. */
const writtenSql = `
  select n.nspname as schema, c.relname as name
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and pg_catalog.pg_relation_size(c.oid) > 0
  order by n.nspname collate "C", c.relname collate "C"`

const mostNamed = 12

const rowFindings = async (owner: Session, catalog: Catalog): Promise<readonly Finding[]> => {
  const written = (await owner.json<RelationName>(writtenSql)).map(relationId)
  const ids = written.filter((id) => catalog.tables.has(id))
  if (ids.length === 0) return []
  const more = ids.length > mostNamed ? ` and ${ids.length - mostNamed} more` : ''
  return [
    {
      code: 'adopt.rows',
      severity: 'note',
      summary: `the rows that the migrations write into ${ids.length === 1 ? '1 table' : `${ids.length} tables`} are left out: ${ids.slice(0, mostNamed).join(', ')}${more}`,
      why: 'an architecture is what holds of every row; proofs make their own',
      fix: 'Put rows that must be there, such as a list of countries, into a migration of their own.',
    },
  ]
}

const readScripts = async (
  source: Exclude<AdoptSource, { kind: 'url' }>,
  { server, prelude, variables, onProgress }: ReadWish,
): Promise<ReadSource> => {
  const files = filesOf(source)
  const steps = dumpSteps(files, { variables, keepsRows: source.kind === 'migrations' })
  const database = await prelude.makeDatabase('source')
  const isDump = source.kind === 'sql' && files.some(isPgDump)
  const platform = isDump ? prelude.platform : asPrelude(prelude.platform)
  const loaded = await loadOver(platform, isDump, { server, database }, () =>
    loadScript(steps, {
      server,
      database,
      asMigrations: source.kind === 'migrations',
      isOverPrelude: isDump && platform.structures.size > 0,
      onProgress: (done, of) => onProgress('loading', done, of),
    }),
  ).catch((cause: unknown) => {
    throw notPostgres(files, cause)
  })
  const owner = await server.connect(database, 'owner')
  try {
    onProgress('reading the catalog', 0, 1)
    const whole = await readCatalog(owner)
    const catalog = withoutPlatform(whole, platform)
    assertSomething(source, catalog, allLeftOut(source, loaded))
    const baseline = await writeBaseline(owner, catalog, platform.leftAlone)
    const written = source.kind === 'migrations' ? await rowFindings(owner, catalog) : []
    const findings = [...loadFindings(loaded), ...platformFindings(whole, platform), ...written]
    return { catalog, baseline, platform, live: null, loaded: database, findings }
  } finally {
    await owner.end()
  }
}

const readLive = async (
  source: Extract<AdoptSource, { kind: 'url' }>,
  { prelude: { platform }, onProgress }: ReadWish,
): Promise<ReadSource> => {
  onProgress('reading the database', 0, 1)
  const live = await openLiveDatabase(source.url)
  try {
    return await live.read(async () => {
      const whole = await readCatalog(live.db)
      const others = withJournal(platform, whole)
      const catalog = withoutPlatform(whole, others)
      assertSomething(source, catalog)
      const baseline = await writeBaseline(live.db, catalog, others.leftAlone)
      const findings = bypassFindings(await readBypassing(live.db))
      return { catalog, baseline, platform, live, loaded: null, findings }
    })
  } catch (cause) {
    await live.close()
    throw cause
  }
}

/** Throws AssayError for what cannot be read; nothing is written anywhere but on Assay's own server. */
export const readSource = (wish: ReadWish): Promise<ReadSource> => {
  const { source } = wish
  return source.kind === 'url' ? readLive(source, wish) : readScripts(source, wish)
}
