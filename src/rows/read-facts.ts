/** Reads what the rows of every table must obey, in one round trip whatever the size of the database. */
import { relationId } from '../ground/names.ts'
import { conjunctNodes } from '../catalog/expression/conjuncts.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { parseExpression } from '../postgres/parse.ts'
import { PgError } from '../postgres/fault.ts'
import type { Session } from '../postgres/session.ts'
import { compositeOf } from './candidates/composites.ts'
import { builtInLike } from './candidates/own-ranges.ts'
import { cluesOfExpression } from './constants.ts'
import type { CheckFact, KeyFact, ReferenceFact, TableFacts } from './facts.ts'
import { constraintsSql, indexesSql, partitionsSql, policiesSql, triggersSql } from './facts-sql.ts'
import {
  askedByPartitions,
  boundsOf,
  leavesOf,
  withPartitions,
  type PartitionRow,
} from './partition-facts.ts'
import { askEach } from './savepoint.ts'
import { columnOf, nodeParts, underCasts } from './tree.ts'

interface OfTable {
  readonly schema: string
  readonly table: string
}
interface ConstraintRow extends OfTable {
  readonly name: string
  readonly type: 'c' | 'f'
  readonly expression: string | null
  readonly columns: readonly string[]
  readonly targetSchema: string | null
  readonly targetName: string | null
  readonly targetColumns: readonly string[]
  readonly full: boolean
  readonly deferrable: boolean
}
interface IndexRow extends OfTable {
  readonly name: string
  readonly unique: boolean
  readonly primary: boolean
  readonly exclusion: boolean
  readonly deferrable: boolean
  readonly columns: readonly string[]
  readonly expressions: string | null
  readonly predicate: string | null
}
interface TriggerRow extends OfTable {
  readonly functionSchema: string
  readonly functionName: string
}
interface PolicyRow extends OfTable {
  readonly predicate: string
}

const jsonOf = (sql: string): string =>
  `set local search_path = ''; set local timezone = 'UTC'; select coalesce(json_agg(to_json(r)), '[]'::json)::text from (${sql}) r`

const byTable = <T extends OfTable>(rows: readonly T[]): ReadonlyMap<string, readonly T[]> => {
  const map = new Map<string, T[]>()
  for (const row of rows) {
    const id = relationId({ schema: row.schema, name: row.table })
    const list = map.get(id)
    if (list) list.push(row)
    else map.set(id, [row])
  }
  return map
}

/** Columns that a predicate's conjunction wants null. */
const nullsWanted = (sql: string): string[] => {
  try {
    return conjunctNodes(parseExpression(sql)).flatMap((node) => {
      const parts = nodeParts(node)
      if (parts?.[0] !== 'NullTest' || parts[1]['nulltesttype'] !== 'IS_NULL') return []
      const column = columnOf(underCasts(parts[1]['arg']))
      return column === null ? [] : [column]
    })
  } catch {
    return []
  }
}

/** Columns named by an expression, generated ones replaced by what they are computed from. */
const sourceColumns = (
  table: Table,
  generatedFrom: ReadonlyMap<string, readonly string[]>,
  sql: string,
): readonly string[] => {
  const clues = cluesOfExpression(sql)
  const all = table.columns.map((c) => c.name)
  // The table's own name is the whole row, where no column is called so.
  const isWhole = clues?.columns.includes(table.name) === true && !all.includes(table.name)
  if (!clues || clues.wholeRow || isWhole) return all.filter((c) => !generatedFrom.has(c))
  const named = clues.columns.filter((c) => all.includes(c))
  return [...new Set(named.flatMap((c) => generatedFrom.get(c) ?? [c]))]
}

/** Columns that a row-level expression depends on. */
export const columnsFor = (
  facts: Pick<TableFacts, 'table' | 'generatedFrom'>,
  sql: string,
): readonly string[] => sourceColumns(facts.table, facts.generatedFrom, sql)

const spaceless = (sql: string): string => sql.replaceAll(/[\s()]/gu, '').toLowerCase()

/** By relation id. `declared` adds CHECKs that the database may not have yet. Call `loadParser` before. */
export const readFacts = async (
  db: Session,
  catalog: Catalog,
  declared: (table: Table) => readonly string[],
): Promise<ReadonlyMap<string, TableFacts>> => {
  const replies = await askEach(
    db,
    [constraintsSql, indexesSql, triggersSql, partitionsSql, policiesSql].map(jsonOf),
  )
  const rows = <T>(at: number): T[] => {
    const reply = replies[at]!
    if (reply.fault) throw new PgError(reply.fault, 'reading the constraints of tables')
    return JSON.parse(reply.commands.at(-1)?.rows[0]?.[0] ?? '[]') as T[]
  }
  const constraints = byTable(rows<ConstraintRow>(0))
  const indexes = byTable(rows<IndexRow>(1))
  const triggers = byTable(rows<TriggerRow>(2))
  const allPartitions = rows<PartitionRow>(3)
  const partitions = byTable(allPartitions)
  const policies = byTable(rows<PolicyRow>(4))

  const checksOf = (relation: string): readonly string[] =>
    (constraints.get(relation) ?? []).flatMap((c) =>
      c.type === 'c' && c.expression !== null ? [c.expression] : [],
    )
  const factsOf = (table: Table): TableFacts => {
    const leaves = leavesOf(table, allPartitions, catalog)
    const own = constraints.get(table.id) ?? []
    const ownIndexes = withPartitions(
      table,
      leaves,
      (id) => indexes.get(id) ?? [],
      (i) => JSON.stringify([i.unique, i.primary, i.exclusion, i.columns, i.expressions, i.predicate]),
    )
    const generated = table.columns.filter((c) => c.generated !== null)
    const generatedFrom = new Map(
      generated.map((c) => [c.name, cluesOfExpression(c.default ?? 'null')?.columns ?? []] as const),
    )
    const composites = new Map(
      table.columns.flatMap((column) => {
        const composite = compositeOf(column, catalog)
        return composite ? [[column.name, composite] as const] : []
      }),
    )
    const ownRanges = new Map(
      table.columns.flatMap((column) => {
        const like = builtInLike(column, catalog)
        return like === null ? [] : [[column.name, like] as const]
      }),
    )
    const columns = (sql: string): readonly string[] => sourceColumns(table, generatedFrom, sql)
    const check = (name: string | null, expression: string): CheckFact => ({
      name,
      expression,
      columns: columns(expression),
    })
    // One that says false is set aside (asides.ts).
    const checks = own.flatMap((c) =>
      c.type === 'c' && c.expression !== null && c.expression !== 'false'
        ? [check(c.name, c.expression)]
        : [],
    )
    const known = new Set(checks.map((c) => spaceless(c.expression)))
    const missing = declared(table)
      .filter((e) => !known.has(spaceless(e)) && e !== 'false' && cluesOfExpression(e) !== null)
      .map((e) => check(null, e))
    const ofPartitions = askedByPartitions(table, leaves, catalog, checksOf).map((e) => check(null, e))
    const keyColumns = (i: IndexRow): readonly string[] => [
      ...new Set([
        ...i.columns.flatMap((c) => generatedFrom.get(c) ?? [c]),
        ...(i.expressions === null ? [] : columns(`row(${i.expressions})`)),
      ]),
    ]
    const keys = ownIndexes.flatMap((i): KeyFact[] =>
      i.unique
        ? [
            {
              name: i.name,
              columns: keyColumns(i),
              plain: i.expressions === null ? i.columns : null,
              predicate: i.predicate,
              primary: i.primary,
              deferrable: i.deferrable,
            },
          ]
        : [],
    )
    const pointers = withPartitions(
      table,
      leaves,
      (id) => (constraints.get(id) ?? []).filter((c) => c.type === 'f'),
      (c) => JSON.stringify([c.columns, c.targetSchema, c.targetName, c.targetColumns]),
    )
    const references = pointers.flatMap((c): ReferenceFact[] => {
      if (c.targetSchema === null || c.targetName === null) return []
      const target = relationId({ schema: c.targetSchema, name: c.targetName })
      if (!catalog.tables.has(target)) return []
      const { name, columns: from, targetColumns, full, deferrable } = c
      return [{ name, columns: from, target, targetColumns, full, deferrable }]
    })
    const condition =
      leaves.length > 0 ? boundsOf(leaves) : (partitions.get(table.id)?.[0]?.condition ?? null)
    const predicates = [
      ...ownIndexes.flatMap((i) => (i.predicate === null ? [] : [i.predicate])),
      ...(policies.get(table.id) ?? []).map((p) => p.predicate),
    ]
    const nullable = new Set(table.columns.filter((c) => !c.notNull).map((c) => c.name))
    const restsNull = new Set(
      [...predicates.flatMap(nullsWanted), 'deleted_at'].filter((c) => nullable.has(c)),
    )
    return {
      table,
      checks: [...checks, ...missing, ...ofPartitions],
      keys,
      exclusions: ownIndexes
        .filter((i) => i.exclusion)
        .map((i) => ({ name: i.name, columns: keyColumns(i), deferrable: i.deferrable })),
      references,
      partition: condition === null ? null : check(null, condition),
      triggers: withPartitions(
        table,
        leaves,
        (id) => triggers.get(id) ?? [],
        (t) => JSON.stringify([t.functionSchema, t.functionName]),
      ).map((t) => [t.functionSchema, t.functionName] as const),
      restsNull,
      generatedFrom,
      ...(composites.size > 0 ? { composites } : {}),
      ...(ownRanges.size > 0 ? { ownRanges } : {}),
    }
  }
  return new Map([...catalog.tables.values()].map((table) => [table.id, factsOf(table)]))
}
