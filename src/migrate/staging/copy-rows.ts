/** Fills a copy of a database's schema with its rows, masked on the way. The source is only read, at one moment. */
import type { ReferencesFacts } from '../../catalog/foreign-key.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { describeColumns, readSchemaTexts } from './describe-columns.ts'
import { openLoader, type Emptied, type SetAside } from './load-rows.ts'
import { planMasks } from './mask-plan.ts'
import {
  aboutHowMany,
  plainTextSql,
  readAll,
  readSample,
  type SourceKey,
  type SourceTable,
} from './read-rows.ts'

export interface CopyWish {
  /** In a transaction that is read only and sees one moment. */
  readonly source: Session
  /** What the source has. */
  readonly sourceCatalog: Catalog
  /** The copy, which has the structures and no rows; its administrator. */
  readonly copy: Session
  /** Of the copy. */
  readonly catalog: Catalog
  /** null: all rows. */
  readonly rows: number | null
  readonly isPublic: (table: string, column: string) => boolean
  /** The migrations: what is named there was named by a program. */
  readonly programs: readonly string[]
  readonly onTable?: (table: string, done: number, of: number) => void
}

export interface CopiedTable {
  readonly table: string
  readonly rows: number
  /** About as many more are in the source; 0: all are here. */
  readonly leftOut: number
}

export interface CopiedRows {
  readonly tables: readonly CopiedTable[]
  readonly setAside: readonly SetAside[]
  readonly emptied: readonly Emptied[]
  /** Tables and columns of the copy that the source does not have. */
  readonly missing: readonly string[]
}

/** Partitions are read with the table that they belong to. */
const hasOwnRows = (table: Table, { tables }: Catalog): boolean =>
  (table.kind === 'table' || table.kind === 'partitioned') &&
  tables.get(table.partitionOf ?? '')?.kind !== 'partitioned'

const keysOf = ({ structures }: Catalog): readonly SourceKey[] =>
  [...structures.values()].flatMap(({ kind, table, facts }): readonly SourceKey[] => {
    if (kind !== 'references' || table === null) return []
    const { columns, target, targetColumns, period, notValid, notEnforced } = facts as ReferencesFacts
    // One that nobody holds the rows to may have rows without a match.
    return period || notValid || notEnforced
      ? []
      : [{ child: table, columns, parent: target, parentColumns: targetColumns }]
  })

interface Both {
  readonly tables: readonly SourceTable[]
  readonly missing: readonly string[]
}

const inBoth = ({ catalog, sourceCatalog }: CopyWish): Both => {
  const missing: string[] = []
  const tables = [...catalog.tables.values()]
    .filter((table) => hasOwnRows(table, catalog))
    .flatMap((table): readonly SourceTable[] => {
      const found = sourceCatalog.tables.get(table.id)
      if (found === undefined || !hasOwnRows(found, sourceCatalog)) {
        missing.push(table.id)
        return []
      }
      const own = table.columns.filter(({ generated }) => generated === null)
      const columns = own.filter(({ name }) => found.columns.some((column) => column.name === name))
      missing.push(
        ...own.filter((column) => !columns.includes(column)).map(({ name }) => `${table.id}.${name}`),
      )
      if (columns.length === 0) return []
      return [
        {
          id: table.id,
          schema: table.schema,
          name: table.name,
          isPartitioned: found.kind === 'partitioned',
          columns: columns.map(({ name, type }) => ({ name, type })),
        },
      ]
    })
  return { tables, missing }
}

interface SequenceRow {
  readonly schema: string
  readonly name: string
}

const sequencesSql = `
  select n.nspname as schema, c.relname as name
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relkind = 'S' and c.oid >= 16384 and n.nspname !~ '^pg_'`

/** Where the source's sequences stand, as statements for the copy: keys stay what they are, so the next one is the source's next one. */
const readSequences = async (source: Session, copy: Session): Promise<readonly string[]> => {
  const there = new Set((await source.json<SequenceRow>(sequencesSql)).map((one) => qualified(one)))
  const statements: string[] = []
  for (const sequence of await copy.json<SequenceRow>(sequencesSql)) {
    const name = qualified(sequence)
    if (!there.has(name)) continue
    const [place] = await source.json<{ readonly value: string; readonly called: boolean }>(
      `select last_value::text as value, is_called as called from ${name}`,
    )
    if (place === undefined) continue
    statements.push(
      `select pg_catalog.setval(${literal(name)}::pg_catalog.regclass, ${literal(place.value)}::bigint, ${place.called})`,
    )
  }
  return statements
}

/** One that stands on another that is empty still is refused, and tried again behind it. */
const refreshViews = async (copy: Session): Promise<void> => {
  const views = await copy.json<SequenceRow>(`
    select n.nspname as schema, c.relname as name
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'm' and c.oid >= 16384 order by c.oid`)
  for (const view of [...views, ...views])
    await copy.batch([`refresh materialized view ${ident(view.schema)}.${ident(view.name)}`])
}

/** Throws PgError of the source when its rows may not be read. */
export const copyRows = async (wish: CopyWish): Promise<CopiedRows> => {
  const { source, copy, catalog, rows, isPublic, programs, onTable = () => undefined } = wish
  await source.query(plainTextSql)
  const { tables, missing } = inBoth(wish)
  // Before the rows, which may take an hour: a right that is missing is told at once.
  const sequences = await readSequences(source, copy)
  const plan = planMasks({
    catalog,
    columns: await describeColumns(copy),
    texts: await readSchemaTexts(copy),
    programs,
    isPublic,
  })
  const loader = await openLoader(copy, catalog)
  const masksOf = (table: SourceTable) => {
    const own = plan.get(table.id) ?? []
    return table.columns.flatMap(({ name }) => own.find((column) => column.name === name) ?? [])
  }
  const keys = keysOf(catalog)
  const about = new Map<string, number>()
  if (rows === null)
    for (const [i, table] of tables.entries()) {
      onTable(table.id, i, tables.length)
      const masks = masksOf(table)
      await readAll(source, table, (found) => loader.load(table, masks, found))
    }
  else {
    const sample = await readSample(source, tables, keys, rows)
    for (const [i, table] of tables.entries()) {
      onTable(table.id, i, tables.length)
      const found = sample.get(table.id) ?? []
      about.set(table.id, Math.max(0, (await aboutHowMany(source, table)) - found.length))
      for (let from = 0; from < found.length; from += 2_000)
        await loader.load(table, masksOf(table), found.slice(from, from + 2_000))
    }
  }
  await loader.closeUnder(keys, new Map(tables.map((table) => [table.id, table])))
  for (const sql of sequences) await copy.query(sql)
  await copy.query('reset session_replication_role')
  await refreshViews(copy)
  const counts = loader.counts()
  return {
    tables: tables.map(({ id }) => ({ table: id, rows: counts.get(id) ?? 0, leftOut: about.get(id) ?? 0 })),
    setAside: loader.setAside(),
    emptied: loader.emptied(),
    missing,
  }
}
