/** Rows of a partitioned table by the value of its key, and SQL that says where they land without naming a partition. */
import type { PartitionedByRule } from '../../architecture/kinds/partitioned-by.ts'
import type { Column } from '../../catalog/table.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { allTrue, type Case, type Ground } from '../draft.ts'
import type { Expected } from '../experiment.ts'
import { makeRow } from '../make-row.ts'
import type { RuleContext } from '../rule-kind.ts'
import { selectEach, tryOne } from '../trial.ts'

export interface PlacedRow {
  readonly row: Row
  /** Its parents, where the table's world has none of them. */
  readonly given: readonly string[]
}

/** What the cases of one rule stand on. */
export interface Places {
  readonly rule: PartitionedByRule
  readonly context: RuleContext
  readonly ground: Ground
  readonly key: Column
  /** `'"public"."events"'::pg_catalog.regclass` */
  readonly table: string
  /** `"public"."events"` */
  readonly name: string
  /** The key as SQL: `"occurred_at"`. */
  readonly column: string
}

export const placesOf = (rule: PartitionedByRule, context: RuleContext, ground: Ground): Places => ({
  rule,
  context,
  ground,
  key: context.table.columns.find((c) => c.name === rule.column)!,
  table: `${literal(qualified(context.table))}::pg_catalog.regclass`,
  name: qualified(context.table),
  column: ident(rule.column),
})

/** A row with this key, whether or not a partition takes it; null when other constraints let none in. */
export const rowWithKey = async (
  { rule, context }: Places,
  value: string,
  pins: Row = {},
): Promise<PlacedRow | null> => {
  const solved = await context.rows.solve(context.table, {
    pins: { ...pins, [rule.column]: value },
    anywhere: true,
  })
  return 'row' in solved ? { row: solved.row, given: [] } : null
}

/** The same for a key that may need a parent of its own. */
export const rowWithParents = async (
  places: Places,
  value: string,
  /** Parents of other rows of the case. */
  before: readonly string[] = [],
): Promise<PlacedRow | null> => {
  const { rule, context } = places
  const pins = { [rule.column]: value }
  const made = await makeRow(context, context.table, { pins, family: 'a', before })
  return 'row' in made ? { ...made, given: [...before, ...made.given] } : rowWithKey(places, value)
}

/** Inserts the rows one by one and selects from where they land: `"place"`, `"n"` (from 1). */
export const landing = (
  { context }: Pick<Places, 'context'>,
  rows: readonly Row[],
  select: string,
  rest = '',
): string => {
  const { table } = context
  const each = rows.map((row, i) => `"r${i + 1}" as (${context.rows.insert(table, row)} returning tableoid)`)
  const landed = rows.map((_, i) => `select ${i + 1} as "n", tableoid as "place" from "r${i + 1}"`)
  return `with ${each.join(', ')}, "landed" as materialized (${landed.join(' union all ')}) select ${select} from "landed"${rest}`
}

/** What the DEFAULT partition consists of; nothing when there is none. */
export const defaultTree = ({ table }: Pick<Places, 'table'>): string =>
  `(select t.relid from pg_catalog.pg_partition_tree((select p.partdefid from pg_catalog.pg_partitioned_table p where p.partrelid = ${table})) t)`

export const inAnyPartition = ({ table }: Pick<Places, 'table'>): string =>
  `pg_catalog.bool_and("place" <> ${table})`

/** True of rows that landed in partitions for their own keys. */
export const inPartitions = (places: Pick<Places, 'table'>): string =>
  `pg_catalog.bool_and("place" <> ${places.table} and "place" not in ${defaultTree(places)})`

export const onePlace = 'pg_catalog.count(distinct "place") = 1'

/** The first row becomes the second, and with its key its place. */
export const moving = ({ name, context }: Pick<Places, 'name' | 'context'>, from: Row, to: Row): string => {
  const changed = context.table.columns.filter(
    (c) => c.generated === null && to[c.name] !== undefined && to[c.name] !== from[c.name],
  )
  const set = changed.map((c) => `${ident(c.name)} = ${to[c.name]}`).join(', ')
  return `with "moved" as (update ${name} set ${set} returning tableoid as "to"), "stood" as (select tableoid as "from" from ${name}) select "to" <> "from" from "moved", "stood"`
}

/** How a row is met that no partition for its key takes. */
export const addOutside = (
  places: Places,
  title: string,
  { row, given }: PlacedRow,
  before: readonly string[] = [],
): void => {
  const { rule, context, ground } = places
  const stands = [...before, ...given]
  if (rule.otherwise === 'default') {
    ground.draft.add({
      title: `${title} lands in the DEFAULT partition`,
      given: stands,
      when: [landing(places, [row], `pg_catalog.bool_and("place" in ${defaultTree(places)})`)],
      then: allTrue(),
    })
    return
  }
  ground.draft.add({
    title: `${title} is refused`,
    given: stands,
    when: [context.rows.insert(context.table, row)],
    then: refusedByPartitions,
  })
}

/** PostgreSQL names no constraint for it. */
export const refusedByPartitions: Expected = {
  kind: 'rejected',
  by: { sqlstate: '23514', routine: 'ExecFindPartition' },
}

/** Faults that only say that the partitions, or what makes them, are not there yet. */
const isOfPartitions = /^(?:23514|42883|42P01|42809)$/u

/** Adds a case unless another structure refuses what it does: then it is refused, with that SQLSTATE. */
export const addUnlessForbidden = async (
  { context, ground }: Pick<Places, 'context' | 'ground'>,
  one: Case,
): Promise<void> => {
  const fault = await tryOne(context.db, ground.world, [...(one.given ?? []), ...one.when])
  if (fault === null || isOfPartitions.test(fault.sqlstate)) return ground.draft.add(one)
  const by = { sqlstate: fault.sqlstate, ...(fault.routine === null ? {} : { routine: fault.routine }) }
  ground.draft.add({
    ...one,
    title: `${one.title}: refused by another structure`,
    then: { kind: 'rejected', by },
  })
}

/** Of `"place"`: the partition of the table itself that it lies in. */
export const topPlace = ({ table }: Pick<Places, 'table'>): string =>
  `(select a.relid from pg_catalog.pg_partition_ancestors("place") a join pg_catalog.pg_inherits h on h.inhrelid = a.relid where h.inhparent = ${table})`

/** How many relations the partition consists of that the row lands in: one, unless it is partitioned itself. */
const partsAround = async (
  places: Pick<Places, 'context' | 'ground' | 'table'>,
  { row, given }: PlacedRow,
  before: readonly string[],
): Promise<number> => {
  const { context, ground } = places
  const count = `(select pg_catalog.count(*) from pg_catalog.pg_partition_tree(${topPlace(places)}) t where t.isleaf)`
  const stands = [...ground.world.statements, ...before, ...given]
  const [found] = await selectEach(context.db, stands, [landing(places, [row], count)])
  return Number(found?.[0]?.[0] ?? 1) || 1
}

/** A select that reads the rows of one partition, as the planner sees it before any row. */
export const addPruned = async (
  places: Pick<Places, 'context' | 'ground' | 'table' | 'name'>,
  about: { readonly title: string; readonly condition: string; readonly row: PlacedRow },
  before: readonly string[] = [],
): Promise<void> =>
  places.ground.draft.add({
    title: `reading ${about.title} looks into one partition`,
    given: before,
    when: [`explain (format json, costs off) select * from ${places.name} where ${about.condition}`],
    then: { kind: 'plan', uses: null, without: [], reads: await partsAround(places, about.row, before) },
  })
