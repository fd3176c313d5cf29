/** Ways in which the rows under a view may differ, in order of promise: what it speaks of first. */
import type { Structure, Catalog } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { RuleContext } from '../rule-kind.ts'
import { noun } from '../sentence.ts'
import { relationKey, type ColumnRead, type QueryFacts } from './query-facts.ts'
import type { FilledTables } from './relation-rows.ts'
import { isWritable, type RowChange } from './row-change.ts'
import { chained, copied, deepened, gathered, gone } from './row-sets.ts'
import { tablesUnder } from './tables-under.ts'
import { edges, paired, pooledValues, valuesOf } from './value-changes.ts'

export type { RowChange } from './row-change.ts'

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
  for (const one of [view, ...tablesUnder(view, catalog).views]) visit(one)
  return found
}

const isOf = (table: Table, { relation, name }: ColumnRead): boolean =>
  table.columns.some((c) => c.name === name) &&
  (relation === null || relation === relationKey(table.schema, table.name))

/** Columns of a table that conditions and values speak of. */
const spokenOf = (
  table: Table,
  { conditions, computed, pairs, documents, json }: QueryFacts,
): ReadonlySet<string> =>
  new Set([
    ...[...conditions, ...computed].flatMap((c) =>
      c.columns.filter((read) => isOf(table, read)).map((read) => read.name),
    ),
    ...[...pairs.map((p) => p.target), ...documents, ...json]
      .filter((p) => p.table === table.name && p.schema === table.schema)
      .map((p) => p.column),
  ])

const fewCopies = 2
const mostCopies = 12

/** A few more rows, and more than the query counts to. */
const countsOf = ({ constants }: QueryFacts): readonly number[] => {
  const counted = constants.filter((c) => /^\d{1,2}$/u.test(c)).map(Number)
  const most = Math.max(0, ...counted.filter((n) => n >= fewCopies && n < mostCopies))
  return most > fewCopies ? [fewCopies, most + 1] : [fewCopies]
}

const once = (changes: readonly RowChange[]): readonly RowChange[] => {
  const known = new Set<string>()
  return changes.filter(({ sql }) => !known.has(sql) && known.add(sql) !== undefined)
}

/** In order of promise: what conditions speak of first. */
export const rowChanges = async (
  context: RuleContext,
  view: Structure,
  { tables, standing, isHidden }: Pick<FilledTables, 'tables' | 'standing' | 'isHidden'>,
  facts: QueryFacts,
): Promise<readonly RowChange[]> => {
  const read = columnsRead(view, context.catalog)
  const counts = countsOf(facts)
  const first: RowChange[] = []
  const sets: RowChange[] = []
  const last: RowChange[] = []
  const pooled: RowChange[] = []
  for (const one of tables) {
    const { table } = one
    const spoken = spokenOf(table, facts)
    // Of what stands only in the text of a query PostgreSQL does not know which columns are read.
    const isRead = (c: Column): boolean => isHidden(table) || read.has(`${table.id} ${c.name}`)
    first.push(...(await edges(context, one, facts)))
    for (const column of table.columns.filter(isRead)) {
      const changes = await valuesOf(context, one, column, facts)
      ;(spoken.has(column.name) ? first : last).push(...changes)
      pooled.push(...(await pooledValues(context, one, column, facts)))
    }
    sets.push(
      ...chained(context, one),
      ...gathered(context, one, new Set([...spoken, ...table.columns.filter(isRead).map((c) => c.name)])),
      ...(await copied(context, one, counts, spoken)),
      ...(await deepened(
        context,
        one,
        [Math.max(...counts) - 1, Math.max(...counts)].filter((n) => n > 0),
      )),
    )
  }
  const away = tables.flatMap((one) => gone(context, one, standing))
  return once([...first, ...paired(context, tables, facts.pairs), ...sets, ...away, ...last, ...pooled])
}

/** Nothing in any column that the view looks at and that may be empty: rows on which no query has anything to trip over. */
export const emptied = (
  { catalog }: RuleContext,
  view: Structure,
  { tables, isHidden }: Pick<FilledTables, 'tables' | 'isHidden'>,
): readonly RowChange[] => {
  const read = columnsRead(view, catalog)
  return tables.flatMap(({ table }): RowChange[] => {
    const columns = table.columns.filter(
      (c) => isWritable(c) && !c.notNull && (isHidden(table) || read.has(`${table.id} ${c.name}`)),
    )
    return columns.length === 0
      ? []
      : [
          {
            title: `nothing in ${noun(table)} that may be left out`,
            sql: `update ${qualified(table)} set ${columns.map((c) => `${ident(c.name)} = null`).join(', ')}`,
            table: table.id,
          },
        ]
  })
}
