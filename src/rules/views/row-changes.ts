/** Ways in which the rows under a view may differ: one value, one row or all rows of a table at a time. */
import { expressionMutants } from '../../catalog/expressions.ts'
import type { Structure, Catalog } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { referencesOf } from '../../catalog/references.ts'
import { uniquesOf } from '../../catalog/unique.ts'
import { primaryKeysOf } from '../../catalog/primary-key.ts'
import type { RuleContext } from '../rule-kind.ts'
import { noun, pictured, shortened } from '../sentence.ts'
import type { OwnCondition, QueryFacts } from './query-facts.ts'
import type { FilledTable } from './relation-rows.ts'

export interface RowChange {
  /** Completes "with …". */
  readonly title: string
  readonly sql: string
  /** It makes a row of this table (relation id) meet all that is asked of the table alone. */
  readonly meets?: string
  /** Of a single value: its table and column. */
  readonly value?: { readonly table: string; readonly column: string; readonly sql: string }
}

const mostValues = 10
const mostComputed = 4
const isText = /^(?:text|character varying|character)\b/u
/** Columns that a title speaks of. */
const mostPictured = 3

/** Columns of the tables under a view that it looks at, through other views too: `table column`. */
const columnsRead = (view: Structure, catalog: Catalog): ReadonlySet<string> => {
  const found = new Set<string>()
  const seen = new Set<string>()
  const visit = (structure: Structure): void => {
    if (seen.has(structure.id)) return
    seen.add(structure.id)
    for (const id of structure.dependsOn) {
      const on = catalog.structures.get(id)
      if (on?.kind === 'column' && on.table !== null) found.add(`${on.table} ${on.name}`)
      else if (on?.table === null) visit(on)
    }
  }
  visit(view)
  return found
}

const isWritable = (column: Column): boolean => column.generated === null && column.identity !== 'always'

/** Every distinct text but the first one, which stands already. */
const others = (values: readonly (string | undefined)[], own: string | undefined): readonly string[] =>
  [...new Set(values.filter((v): v is string => v !== undefined && v !== 'default'))].filter((v) => v !== own)

const setValue = (context: RuleContext, table: Table, row: Row, column: Column, sql: string): RowChange => ({
  title: `${column.name} of a row of ${noun(table)} ${shortened(sql, 40)}`,
  sql: `update ${qualified(table)} set ${ident(column.name)} = ${sql} where ${context.rows.where(table, row)}`,
  value: { table: table.id, column: column.name, sql },
})

const keyColumns = (catalog: Catalog, table: Table): ReadonlySet<string> =>
  new Set([
    ...primaryKeysOf(catalog, table.id).flatMap(({ facts }) => facts.columns),
    ...uniquesOf(catalog, table.id).flatMap(({ facts }) => facts.keys.flatMap((key) => key.column ?? [])),
  ])

/** A second row that says what the first one says, but for its keys. */
const alike = (context: RuleContext, { table, rows }: FilledTable): readonly RowChange[] => {
  const [a, b] = [rows.get('a'), rows.get('b')]
  if (!a || !b) return []
  const keys = keyColumns(context.catalog, table)
  const columns = table.columns.filter(
    (c) => isWritable(c) && !keys.has(c.name) && a[c.name] !== undefined && a[c.name] !== b[c.name],
  )
  if (columns.length === 0) return []
  const relation = qualified(table)
  const sets = columns.map((c) => ident(c.name)).join(', ')
  const from = columns.map((c) => `"assay a".${ident(c.name)}`).join(', ')
  return [
    {
      title: `two rows of ${noun(table)} that are alike`,
      sql: `update ${relation} as "assay b" set (${sets}) = (select ${from} from ${relation} as "assay a" where ${context.rows.where(table, a)}) where ${context.rows.where(table, b)}`,
    },
  ]
}

const gone = (context: RuleContext, { table, rows }: FilledTable): readonly RowChange[] => {
  const a = rows.get('a')
  return [
    ...(a
      ? [
          {
            title: `a row of ${noun(table)} gone`,
            sql: `delete from ${qualified(table)} where ${context.rows.where(table, a)}`,
          },
        ]
      : []),
    { title: `no row of ${noun(table)}`, sql: `delete from ${qualified(table)}` },
  ]
}

/** Values that foreign keys may have: those of the other families. */
const pointers = (catalog: Catalog, table: Table): ReadonlySet<string> =>
  new Set(referencesOf(catalog, table.id).flatMap(({ facts }) => facts.columns))

const valuesOf = async (
  context: RuleContext,
  { table, rows }: FilledTable,
  column: Column,
  { conditions, computed }: QueryFacts,
): Promise<readonly RowChange[]> => {
  const a = rows.get('a')
  if (!a || !isWritable(column)) return []
  const own = a[column.name]
  const about = conditions.filter((c) => c.columns.includes(column.name)).map((c) => c.text)
  const points = pointers(context.catalog, table).has(column.name)
  const candidates = points ? [] : await context.rows.candidates(table, column.name, about)
  const isComputed = computed.includes(column.name)
  const most = about.length > 0 ? mostValues : isComputed ? mostComputed : 2
  const values = others(
    [
      column.notNull ? undefined : 'null',
      rows.get('b')?.[column.name],
      ...(isComputed && isText.test(column.type) && own !== undefined
        ? [`upper(${own})`, `initcap(${own})`]
        : []),
      ...candidates.slice(0, most + 1),
    ],
    own,
  )
  return values.slice(0, most + 4).map((sql) => setValue(context, table, a, column, sql))
}

/** Rows at the edges of a condition: those that tell it from every way to break it. */
const atTheEdges = async (
  context: RuleContext,
  { table, rows }: FilledTable,
  text: string,
): Promise<readonly RowChange[]> => {
  const a = rows.get('a')
  if (!a) return []
  const broken = expressionMutants(text).map((mutant) => mutant.sql)
  const found = await context.rows.distinguish(table, text, broken, { family: 'a' })
  return found.rows.flatMap(({ row, accepted }) => {
    const sets = table.columns.filter(
      (c) =>
        isWritable(c) && row[c.name] !== undefined && row[c.name] !== a[c.name] && row[c.name] !== 'default',
    )
    if (sets.length === 0) return []
    const values = Object.fromEntries(sets.map((c) => [c.name, row[c.name]!]))
    return [
      {
        title: `a row of ${noun(table)} with ${pictured(values, Object.keys(values).slice(0, mostPictured))}`,
        sql: `update ${qualified(table)} set ${sets.map((c) => `${ident(c.name)} = ${values[c.name]!}`).join(', ')} where ${context.rows.where(table, a)}`,
        ...(accepted ? { meets: table.id } : {}),
        ...(sets.length === 1
          ? { value: { table: table.id, column: sets[0]!.name, sql: row[sets[0]!.name]! } }
          : {}),
      },
    ]
  })
}

const isOf = (table: Table, { schema, name }: OwnCondition): boolean =>
  table.name === name && table.schema === (schema ?? 'public')

const edges = async (
  context: RuleContext,
  one: FilledTable,
  { own, conditions }: QueryFacts,
): Promise<readonly RowChange[]> => {
  const { table } = one
  const names = new Set(table.columns.map((c) => c.name))
  const whole = own.filter((condition) => isOf(table, condition)).map((condition) => condition.text)
  const parts = conditions
    .filter((c) => c.columns.every((name) => names.has(name)))
    .map((condition) => condition.text)
  const changes: RowChange[] = []
  for (const text of new Set([...whole, ...parts])) changes.push(...(await atTheEdges(context, one, text)))
  return changes
}

/** In order of promise: what conditions speak of first. */
export const rowChanges = async (
  context: RuleContext,
  view: Structure,
  filled: readonly FilledTable[],
  facts: QueryFacts,
): Promise<readonly RowChange[]> => {
  const read = columnsRead(view, context.catalog)
  const spoken = new Set([...facts.computed, ...facts.conditions.flatMap((c) => c.columns)])
  const first: RowChange[] = []
  const last: RowChange[] = []
  for (const one of filled) {
    first.push(...(await edges(context, one, facts)))
    for (const column of one.table.columns.filter((c) => read.has(`${one.table.id} ${c.name}`))) {
      const changes = await valuesOf(context, one, column, facts)
      ;(spoken.has(column.name) ? first : last).push(...changes)
    }
  }
  const rows = filled.flatMap((one) => [...alike(context, one), ...gone(context, one)])
  const known = new Set<string>()
  return [...first, ...rows, ...last].filter(({ sql }) => !known.has(sql) && known.add(sql) !== undefined)
}

/** Nothing in any column that the view looks at and that may be empty: rows on which no query has anything to trip over. */
export const emptied = (
  { catalog }: RuleContext,
  view: Structure,
  filled: readonly FilledTable[],
): readonly RowChange[] => {
  const read = columnsRead(view, catalog)
  return filled.flatMap(({ table }): RowChange[] => {
    const columns = table.columns.filter(
      (c) => isWritable(c) && !c.notNull && read.has(`${table.id} ${c.name}`),
    )
    return columns.length === 0
      ? []
      : [
          {
            title: `nothing in ${noun(table)} that may be left out`,
            sql: `update ${qualified(table)} set ${columns.map((c) => `${ident(c.name)} = null`).join(', ')}`,
          },
        ]
  })
}
