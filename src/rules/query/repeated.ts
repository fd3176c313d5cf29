/**
 * How the rows that plans are asked on have to repeat, so that declared queries find what they are about: many rows
 * have one value, rows of one tenant meet, and joins along keys find their partners.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { StatisticsRule } from '../../architecture/kinds/statistics.ts'
import { queriesOf, type QueryRule } from '../../architecture/kinds/query.ts'
import type { DeclaredRule } from '../../architecture/rule.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Repeat, Repeats } from '../../rows/load/spread.ts'
import { conditionsOf, isGrouped, joinedColumns } from './conditions.ts'
import { withFixedValues } from './fixed-values.ts'
import { isolationOf, tellingColumns } from './isolation.ts'
import { statedByPolicies, statedIn, type StatedCondition } from './stated-conditions.ts'

/** Of 10,000 rows 500 are one tenant's. */
const tenants = 20
/** A multiple of the tenants, so that who has one value is of one tenant: 100 rows share it. */
const usual = 5 * tenants
/** What further conditions leave of these. */
const further = 4

const isStatistics = (rule: DeclaredRule): rule is StatisticsRule => rule.kind === 'statistics'

const known = new WeakMap<
  Architecture['tables'],
  {
    readonly count: number
    readonly catalog: Catalog
    readonly identity: Architecture['identity']
    readonly repeats: Repeats
  }
>()

const repeatsOf = (queries: readonly QueryRule[], architecture: Architecture, catalog: Catalog): Repeats => {
  const repeats = new Map<string, Map<string, Repeat>>()
  const conditions = new Map<string, Set<string>>()
  const state = ({ table, sql }: StatedCondition): void => {
    conditions.set(table, (conditions.get(table) ?? new Set()).add(sql))
  }
  const saidOf = (table: string): Map<string, Repeat> => {
    const own = repeats.get(table) ?? new Map<string, Repeat>()
    repeats.set(table, own)
    return own
  }
  const say = (table: string, column: string | null, values: number, inTurn: boolean): void => {
    const own = saidOf(table)
    if (column !== null && !own.has(column)) own.set(column, { values, inTurn })
  }
  const columnsOf = (id: string): readonly string[] =>
    catalog.tables.get(id)?.columns.map(({ name }) => name) ?? []
  // Columns that go together come again together; what the planner is told beside has at most one of them.
  for (const { id, rules } of architecture.tables)
    for (const { columns } of rules.filter(isStatistics)) {
      const own = saidOf(id)
      const isTold = (column: string): boolean => own.has(column) && own.get(column)!.isDeclared !== true
      const told = columns.find(isTold) ?? columns.find((column) => !own.has(column))
      const isolated = tellingColumns(id, architecture, catalog)
      for (const column of columns)
        own.set(column, {
          values: isolated.includes(column) ? tenants : usual,
          inTurn: true,
          ...(column === told ? {} : { isDeclared: true }),
        })
    }
  for (const { forms, reads, asApplication } of queries) {
    if (asApplication) for (const id of reads) statedByPolicies(id, catalog).forEach(state)
    for (const { sql } of forms.map(withFixedValues)) statedIn(sql, catalog).forEach(state)
    for (const table of architecture.tables.filter(({ id }) => reads.includes(id))) {
      const telling = tellingColumns(table.id, architecture, catalog)
      for (const column of telling) say(table.id, column, tenants, true)
      // Rows of the tables that say whose they are meet them.
      for (const { links } of isolationOf(table.id, architecture, catalog)?.members ?? [])
        for (const { own, ...link } of links)
          if (telling.includes(own)) say(link.table, link.column, tenants, true)
    }
    for (const { sql } of forms) {
      const { sources, all } = conditionsOf(sql, columnsOf)
      for (const { alias, id } of sources) {
        const compared = all
          .filter((one) => one.alias === alias && isGrouped(one.use))
          .map(({ column }) => column)
        const isolated = tellingColumns(id, architecture, catalog)
        const [first, ...rest] = compared.filter((column) => column === null || !isolated.includes(column))
        if (first !== undefined) say(id, first, usual, true)
        for (const column of rest) say(id, column, further, false)
        for (const column of joinedColumns(sql, alias, sources, columnsOf)) say(id, column, usual, true)
      }
    }
  }
  return { columns: repeats, conditions }
}

/** Needs `loadParser()`. */
export const repeatsFor = (architecture: Architecture, catalog: Catalog): Repeats | undefined => {
  const queries = queriesOf(architecture)
  const { tables, identity } = architecture
  if (queries.length === 0 && !tables.some(({ rules }) => rules.some(isStatistics))) return undefined
  const found = known.get(tables)
  const isSame = found?.count === queries.length && found.catalog === catalog && found.identity === identity
  if (isSame) return found.repeats
  const repeats = repeatsOf(queries, architecture, catalog)
  known.set(tables, { count: queries.length, catalog, identity, repeats })
  return repeats
}
