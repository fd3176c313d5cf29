/** Keys hold on every partition: a row that one key has taken is refused there again, in old partitions and in new ones. */
import type { PrimaryKeyRule } from '../../architecture/kinds/primary-key.ts'
import type { UniqueRule } from '../../architecture/kinds/unique.ts'
import type { PartitionFacts } from '../../catalog/partition.ts'
import type { Row } from '../../rows/rows.ts'
import { rulesOf } from '../declared.ts'
import { allTrue } from '../draft.ts'
import { maintenanceCall } from '../partition/calls.ts'
import { standingPartitions } from './standing.ts'
import { valueSql } from './design.ts'
import { firstInstant } from '../partition/moments.ts'
import { rowWithKey, rowWithParents, type PlacedRow, type Places } from '../partition/places.ts'
import { listed } from '../sentence.ts'
import { tryOne } from '../trial.ts'

interface Place {
  /** `the first month` */
  readonly what: string
  readonly row: PlacedRow
  readonly given: readonly string[]
}

/** A row in the first, in the last, and in a newly made partition, as far as there are such. */
const placesToTry = async (places: Places, facts: PartitionFacts | null): Promise<readonly Place[]> => {
  const { rule, key } = places
  const { scheme } = rule
  const found: Place[] = []
  const add = async (what: string, value: string, given: readonly string[] = []): Promise<void> => {
    const row = scheme.by === 'period' ? await rowWithKey(places, value) : await rowWithParents(places, value)
    if (row) found.push({ what, row, given })
  }
  if (scheme.by === 'period') {
    const standing = standingPartitions(facts)
    const [first, last] = [standing[0], standing.at(-1)]
    if (first) await add(`the first ${scheme.period}`, firstInstant(key, scheme.period, first.day))
    if (last && last !== first)
      await add(`the last ${scheme.period}`, firstInstant(key, scheme.period, last.day))
    const made = await maintenanceCall(places, scheme)
    if (made)
      await add(`a ${scheme.period} just made`, firstInstant(key, scheme.period, made.day), [made.call])
  }
  if (scheme.by === 'list') {
    const lists = Object.entries(scheme.lists)
    const shown = lists.length > 2 ? [lists[0]!, lists.at(-1)!] : lists
    for (const [name, values] of shown) {
      if (values[0] !== undefined) await add(`the list ${name}`, valueSql(values[0]))
    }
  }
  return found
}

interface KeyOfRule {
  readonly columns: readonly string[]
  readonly shown: string
}

const keysOf = ({ rule, context }: Places): readonly KeyOfRule[] => {
  const { architecture } = context
  const primary = rulesOf<PrimaryKeyRule>(architecture, rule.table, 'primaryKey').map((r) => r.columns)
  const unique = rulesOf<UniqueRule>(architecture, rule.table, 'unique')
    .filter((r) => r.where === null && r.keys.every((k) => k.column !== null))
    .map((r) => r.keys.map((k) => k.column ?? ''))
  return [...primary, ...unique].map((columns) => ({ columns, shown: listed(columns) }))
}

/** A second row that agrees in the key alone, or in all where no other is found. */
const secondRow = async (places: Places, key: KeyOfRule, first: Row): Promise<Row> => {
  const { rule, context } = places
  const pins = Object.fromEntries([...key.columns, rule.column].map((c) => [c, first[c] ?? 'null']))
  const solved = await context.rows.solve(context.table, { pins, family: 'b', anywhere: true })
  return 'row' in solved ? solved.row : first
}

const addDuplicates = async (places: Places, { what, row, given }: Place, key: KeyOfRule): Promise<void> => {
  const { context, ground } = places
  const { rows, table } = context
  if (key.columns.some((c) => (row.row[c] ?? 'null') === 'null')) return
  const before = [...given, ...row.given, rows.insert(table, row.row)]
  const second = await secondRow(places, key, row.row)
  const fault = await tryOne(context.db, ground.world, [...before, rows.insert(table, second)])
  // A foreign key of the other family's may speak first: then the row itself comes twice.
  const again = fault !== null && fault.sqlstate === '23503' ? row.row : second
  ground.draft.add({
    title: `in ${what} two rows never share ${key.shown}`,
    given: before,
    when: [rows.insert(table, again)],
    then: { kind: 'rejected', by: { sqlstate: '23505' } },
  })
}

export const addKeys = async (places: Places, facts: PartitionFacts | null): Promise<void> => {
  const { ground, table } = places
  const tried = await placesToTry(places, facts)
  for (const place of tried) {
    for (const key of keysOf(places)) await addDuplicates(places, place, key)
  }
  ground.draft.add({
    title: 'every index stands on every partition',
    when: [
      `select pg_catalog.bool_and(i.indisvalid) is not false from pg_catalog.pg_index i where i.indrelid = ${table}`,
    ],
    then: allTrue(),
  })
}
