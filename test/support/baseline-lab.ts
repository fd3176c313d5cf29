/** Writes the baseline of a schema, applies it to an empty database, and reads what both have. */
import { spawnSync } from 'node:child_process'
import { writeBaseline, type Baseline } from '../../src/adopt/baseline/write-baseline.ts'
import { readCatalog } from '../../src/catalog/read-catalog.ts'
import type { Catalog } from '../../src/catalog/structure.ts'
import { readScript } from '../../src/postgres/script.ts'
import type { Server } from '../../src/postgres/server.ts'
import type { Session } from '../../src/postgres/session.ts'
import { snapshot } from './catalog-snapshot.ts'
import type { TestServer } from './postgres15.ts'

export interface Made {
  readonly database: string
  readonly catalog: Catalog
  /** The same asked by a query that shares nothing with the catalog's readers. */
  readonly objects: ReadonlyMap<string, string>
}

export interface Copied {
  readonly baseline: Baseline
  readonly original: Made
  readonly copy: Made
}

const read = async (db: Session, database: string): Promise<Made> => {
  const catalog = await readCatalog(db)
  return { database, catalog, objects: await snapshot(db) }
}

const createExtensions = async (server: Server, database: string, listed: readonly string[]) => {
  const administrator = await server.connect(database, 'administrator')
  const owner = await server.connect(database, 'owner')
  for (const text of listed) {
    const [name = '', schema] = text.split(' with schema ')
    if (schema !== undefined) await owner.query(`create schema if not exists "${schema}"`)
    await administrator.query(
      `create extension "${name}"${schema === undefined ? '' : ` schema "${schema}"`} cascade`,
    )
  }
  await owner.end()
  await administrator.end()
}

export const copyOf = async (
  server: Server,
  sql: string | readonly string[],
  options: {
    readonly extensions?: readonly string[]
    readonly asAdministrator?: string
    /** Run in the copy before its baseline, for what only an administrator makes. */
    readonly before?: string
  } = {},
): Promise<Copied> => {
  const database = await server.createDatabase('original')
  await createExtensions(server, database, options.extensions ?? [])
  const administrator = await server.connect(database, 'administrator')
  const db = await server.connect(database, 'owner')
  if (options.before !== undefined) await administrator.query(options.before)
  for (const text of typeof sql === 'string' ? [sql] : sql) await db.query(text)
  if (options.asAdministrator !== undefined) await administrator.query(options.asAdministrator)
  await administrator.end()
  await db.query(`reset all`)
  const catalog = await readCatalog(db)
  const baseline = await writeBaseline(db, catalog)
  const original = { database, catalog, objects: await snapshot(db) }
  await db.end()

  const other = await server.createDatabase('copy')
  await createExtensions(server, other, baseline.extensions)
  if (options.before !== undefined) {
    const again = await server.connect(other, 'administrator')
    await again.query(options.before)
    await again.end()
  }
  const fresh = await server.connect(other, 'owner')
  for (const { text } of readScript(baseline.sql))
    await fresh.query(text).catch((cause: unknown) => {
      throw new Error(`the baseline is refused: ${String(cause)}\n${text}`)
    })
  const copy = await read(fresh, other)
  await fresh.end()
  return { baseline, original, copy }
}

/** Every structure by id, with its name and definition, and whose it stands on. */
export const everything = ({ catalog }: Made): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...catalog.structures.values()]
      .map((s): [string, string] => [s.id, `${s.name}: ${s.definition} <- ${s.dependsOn.join(' ')}`])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )

/** Blocks of a dump in order of name: the order in which objects were made is no difference. */
export const dumpOf = (debian: TestServer, database: string): readonly string[] => {
  const done = spawnSync(
    '/usr/lib/postgresql/15/bin/pg_dump',
    ['--schema-only', debian.urlOf('admin', 'p@ss/word').replace(/\/postgres$/u, `/${database}`)],
    { encoding: 'utf8', maxBuffer: 100_000_000 },
  )
  if (done.status !== 0) throw new Error(done.stderr)
  return done.stdout
    .replaceAll(/^\\(?:un)?restrict .*$/gmu, '')
    .split(/^(?=--\n-- Name: )/mu)
    .map((block) => block.trim().split('\n').toSorted().join('\n'))
    .toSorted()
}
