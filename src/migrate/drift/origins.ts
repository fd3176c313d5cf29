/**
 * Who a structure belongs to, when its row in PostgreSQL's catalog was written, and by whom. Owners are always known;
 * times where the server keeps them (track_commit_timestamp); who did it where an event trigger has (schema-log.ts).
 */
import type { Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { changedBySql, findSchemaLog, readDropped, type ChangedBy, type SchemaLog } from './schema-log.ts'

export interface Origin {
  /** Owner of the object, or of the relation that it stands on. */
  readonly owner: string | null
  /** `2026-01-31T12:00:00Z`; null: unknown. */
  readonly changedAt: string | null
  /** As the log of the schema says; null: it says nothing, or is not there. */
  readonly by: ChangedBy | null
}

interface OriginRow extends Origin {
  readonly place: string
  readonly schema: string
  readonly relation: string | null
  readonly name: string
}

const owner = (column: string): string => `pg_catalog.pg_get_userbyid(${column})`

/** `xmin` of a row that was frozen, or is older than what the server keeps, gives null. */
const timeOf = (alias: string, isTracked: boolean): string =>
  isTracked
    ? `pg_catalog.to_char(pg_catalog.pg_xact_commit_timestamp(${alias}.xmin) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
    : 'null::text'

interface Kept {
  readonly isTracked: boolean
  readonly isLogged: boolean
}

const byWhom = (object: string, relation: string, { isLogged }: Kept): string =>
  isLogged ? changedBySql('o', object, relation) : 'null::json'

const onRelation = (
  place: string,
  catalog: string,
  relation: string,
  name: string,
  object: string,
  kept: Kept,
): string => `
select ${literal(place)} as place, n.nspname as schema, c.relname as relation, o.${name}::text as name,
       ${owner('c.relowner')} as owner, ${timeOf('o', kept.isTracked)} as "changedAt", ${byWhom(object, 'c.oid', kept)} as by
  from pg_catalog.${catalog} o
  join pg_catalog.pg_class c on c.oid = o.${relation}
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.oid >= 16384 and n.nspname !~ '^pg_'`

const byItself = (
  place: string,
  catalog: string,
  { schema, name, owned }: { readonly schema: string; readonly name: string; readonly owned: string },
  kept: Kept,
): string => `
select ${literal(place)}, n.nspname, null, o.${name}::text, ${owner(`o.${owned}`)}, ${timeOf('o', kept.isTracked)}, ${byWhom('o.oid', 'o.oid', kept)}
  from pg_catalog.${catalog} o
  join pg_catalog.pg_namespace n on n.oid = o.${schema}
 where o.oid >= 16384 and n.nspname !~ '^pg_'`

const originsSql = (kept: Kept): string =>
  [
    `${onRelation('column', 'pg_attribute', 'attrelid', 'attname', 'null::oid', kept)} and o.attnum > 0 and not o.attisdropped`,
    onRelation('constraint', 'pg_constraint', 'conrelid', 'conname', 'o.oid', kept),
    onRelation('policy', 'pg_policy', 'polrelid', 'polname', 'o.oid', kept),
    onRelation('trigger', 'pg_trigger', 'tgrelid', 'tgname', 'o.oid', kept),
    byItself('relation', 'pg_class', { schema: 'relnamespace', name: 'relname', owned: 'relowner' }, kept),
    byItself('routine', 'pg_proc', { schema: 'pronamespace', name: 'proname', owned: 'proowner' }, kept),
    byItself('type', 'pg_type', { schema: 'typnamespace', name: 'typname', owned: 'typowner' }, kept),
  ].join('\nunion all')

const keyOf = (place: string, schema: string, relation: string | null, name: string): string =>
  JSON.stringify([place, schema, relation, name])

/** Where a kind's objects lie; a relation's own row tells of everything else that stands on it. */
const placesOf: Readonly<Record<string, readonly string[]>> = {
  column: ['column'],
  required: ['column'],
  default: ['column'],
  identity: ['column'],
  generated: ['column'],
  check: ['constraint'],
  primaryKey: ['constraint'],
  unique: ['constraint', 'relation'],
  excludes: ['constraint'],
  references: ['constraint'],
  index: ['relation'],
  policy: ['policy'],
  trigger: ['trigger'],
  function: ['routine'],
  aggregate: ['routine'],
}

const onTables = new Set(['column', 'constraint', 'policy', 'trigger'])

export interface Origins {
  readonly log: SchemaLog
  /** Of what is there. */
  of(structure: Structure, table: Table | undefined): Origin
  /** Of what is gone: as it was, with the table that it stood on. */
  ofGone(structure: Structure, table: Table | undefined): Origin
}

const unknown: Origin = { owner: null, changedAt: null, by: null }

/** Parts of a column: when they go, the column's row is written. */
const ofColumns = new Set(['required', 'default', 'identity', 'generated'])

const schemaIn = (facts: unknown): string =>
  typeof facts === 'object' && facts !== null && 'schema' in facts && typeof facts.schema === 'string'
    ? facts.schema
    : 'public'

/** Nothing is written. */
export const readOrigins = async (db: Session): Promise<Origins> => {
  const [setting] = await db.json<{ tracked: boolean }>(
    `select pg_catalog.current_setting('track_commit_timestamp') = 'on' as tracked`,
  )
  const log = await findSchemaLog(db)
  const isLogged = log === 'read'
  const rows = await db.json<OriginRow>(originsSql({ isTracked: setting?.tracked === true, isLogged }))
  const dropped = isLogged ? await readDropped(db) : new Map<string, ChangedBy>()
  const origins = new Map(
    rows.map(({ place, schema, relation, name, ...origin }) => [
      keyOf(place, schema, relation, name),
      origin,
    ]),
  )
  const of: Origins['of'] = ({ kind, name, facts }, table) => {
    const places = placesOf[kind] ?? (table ? [] : ['relation', 'type'])
    for (const place of places) {
      const schema = table?.schema ?? schemaIn(facts)
      const relation = onTables.has(place) ? (table?.name ?? null) : null
      const found = origins.get(keyOf(place, schema, relation, name))
      if (found) return found
    }
    // Rights, row security and whatever else its own row holds.
    return table ? (origins.get(keyOf('relation', table.schema, null, table.name)) ?? unknown) : unknown
  }
  return {
    log,
    of,
    ofGone: (structure, table) => {
      const { kind, name, facts } = structure
      const schema = table?.schema ?? schemaIn(facts)
      const names = table
        ? [
            [schema, table.name, name],
            [schema, name],
            [schema, table.name],
          ]
        : [[schema, name]]
      for (const one of names) {
        const by = dropped.get(JSON.stringify(one))
        if (by) return { ...unknown, changedAt: by.at, by }
      }
      return table && ofColumns.has(kind) && origins.has(keyOf('column', schema, table.name, name))
        ? of(structure, table)
        : unknown
    },
  }
}
