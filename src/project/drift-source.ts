/** What drift is asked of: the live database, read once and never written, and the one that its migrations make, made here. */
import { writeBaseline, readLeftAlone, type Baseline } from '../adopt/baseline/write-baseline.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Migration } from '../migrate/files/migration.ts'
import type { JournalRow } from '../migrate/run/journal-row.ts'
import { readJournal } from '../migrate/run/journal.ts'
import { ownSchemas } from '../migrate/files/history-fingerprint.ts'
import { readOrigins, type Origins } from '../migrate/drift/origins.ts'
import { literal } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { openLiveDatabase } from './adopt-live.ts'
import { noPlatform, platformOf, type Platform } from './adopt-platform.ts'
import { applyBaseline, type AppliedBaseline } from './apply-baseline.ts'
import { applySchema, runSchemaFiles } from './migrations.ts'
import { createExtensions } from './schema-extensions.ts'
import type { SchemaSource } from './schema-source.ts'

export interface LiveDrift {
  readonly catalog: Catalog
  readonly schemas: readonly string[]
  readonly owner: string
  readonly journal: readonly JournalRow[] | null
  readonly origins: Origins
  readonly baseline: Baseline
  /** Indexes that are INVALID: no script makes one so. */
  readonly invalid: readonly { readonly schema: string; readonly name: string }[]
}

const schemasSql = `
  select n.nspname::text as name from pg_catalog.pg_namespace n
   where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
       and d.objid = n.oid and d.deptype = 'e')
   order by n.nspname collate "C"`

/** Without the journal's, and those of other tools' bookkeeping. */
const othersSchemas = new Set([...ownSchemas, 'drizzle', 'supabase_migrations'])

export const readSchemas = async (db: Session, platform: Platform): Promise<readonly string[]> =>
  (await db.json<{ readonly name: string }>(schemasSql))
    .map(({ name }) => name)
    .filter((name) => !othersSchemas.has(name) && !platform.schemas.has(name))

const invalidSql = `
  select n.nspname as schema, c.relname as name
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where not i.indisvalid and n.nspname !~ '^pg_'
   order by n.nspname collate "C", c.relname collate "C"`

/** In one read-only transaction. Throws AssayError. */
export const readLiveDrift = async (url: string, platform: Platform): Promise<LiveDrift> => {
  const live = await openLiveDatabase(url, 'assay drift')
  try {
    return await live.read(async () => {
      const { db } = live
      const catalog = await readCatalog(db)
      const [facts] = await db.json<{ readonly owner: string }>(
        `select pg_catalog.pg_get_userbyid(datdba) as owner from pg_catalog.pg_database where datname = pg_catalog.current_database()`,
      )
      return {
        catalog,
        schemas: await readSchemas(db, platform),
        owner: facts?.owner ?? '',
        journal: await readJournal(db, 'read'),
        origins: await readOrigins(db),
        baseline: await writeBaseline(db, catalog, platform.leftAlone),
        invalid: await db.json<{ readonly schema: string; readonly name: string }>(invalidSql),
      }
    })
  } finally {
    await live.close()
  }
}

export interface Ground {
  readonly platform: Platform
  /** A database with all that stands before the migrations. */
  makeDatabase(label: string): Promise<string>
}

/** Extensions and what runs before the migrations: the platform's part, which no drift is asked of. */
export const openGround = async (server: Server, schema: SchemaSource): Promise<Ground> => {
  const { directory, before = [], extensions = [] } = schema
  if (before.length === 0) {
    const makeDatabase = async (label: string): Promise<string> => {
      const database = await server.createDatabase(label)
      await createExtensions(server, database, extensions)
      return database
    }
    return { platform: noPlatform, makeDatabase }
  }
  const ground = await server.createDatabase('ground')
  await applySchema(server, ground, { directory, before, extensions })
  const owner = await server.connect(ground, 'owner')
  try {
    const schemas = await readSchemas(owner, noPlatform)
    const leftAlone = await readLeftAlone(
      owner,
      schemas.filter((name) => name !== 'public'),
    )
    return {
      platform: platformOf(await readCatalog(owner), leftAlone),
      makeDatabase: (label) => server.clone(ground, label),
    }
  } finally {
    await owner.end()
  }
}

/** What the migrations make; with a command of another tool, what that makes. */
export const makeExpected = async (
  server: Server,
  ground: Ground,
  schema: SchemaSource,
  migrations: readonly Migration[] | null,
): Promise<string> => {
  if (migrations === null) {
    const database = await server.createDatabase('expected')
    await applySchema(server, database, schema)
    return database
  }
  const database = await ground.makeDatabase('expected')
  const files = migrations.map(({ up }) => ({ file: up.file, text: up.text }))
  await runSchemaFiles(server, database, files, schema)
  return database
}

/** The live database made again here, without its rows. Throws AssayError for an extension that is not here. */
export const makeCopy = async (
  server: Server,
  ground: Ground,
  { baseline, invalid }: LiveDrift,
): Promise<{ readonly database: string; readonly applied: AppliedBaseline }> => {
  const database = await ground.makeDatabase('copy')
  await createExtensions(server, database, baseline.extensions)
  const applied = await applyBaseline(server, database, { file: 'the database', text: baseline.sql })
  if (invalid.length > 0) {
    const admin = await server.connect(database, 'administrator')
    try {
      // Only a build that fails leaves one so: on Assay's own server the mark is set by hand.
      await admin.query(`update pg_catalog.pg_index i set indisvalid = false
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where c.oid = i.indexrelid and pg_catalog.jsonb_build_object('schema', n.nspname, 'name', c.relname)
         in (select pg_catalog.jsonb_array_elements(${literal(JSON.stringify(invalid))}::jsonb))`)
    } finally {
      await admin.end()
    }
  }
  return { database, applied }
}
