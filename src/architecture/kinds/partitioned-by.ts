/** The table's rows stand in partitions: one per period of time, one per list of values, or a number of them by hash. */
import { structureId } from '../../ground/names.ts'
import { oneOf, refuseUnknownKeys } from '../rule-options.ts'
import { declarationFault, type RulePlace, type RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

/** Periods begin at midnight UTC; weeks on Mondays. */
export type PartitionPeriod = 'day' | 'week' | 'month' | 'quarter' | 'year'

export type PartitionValue = string | number | boolean | null

export type PartitionScheme =
  | {
      readonly by: 'period'
      readonly period: PartitionPeriod
      /** Name of the function that makes partitions, with its schema where that is not `public`. */
      readonly maintain: string | null
      /** Periods after the given date's own, and before it, that the function makes. */
      readonly ahead: number
      readonly behind: number
    }
  | { readonly by: 'list'; readonly lists: Readonly<Record<string, readonly PartitionValue[]>> }
  | { readonly by: 'hash'; readonly modulus: number }

export interface PartitionedByRule extends DeclaredRule {
  readonly kind: 'partitionedBy'
  readonly column: string
  readonly scheme: PartitionScheme
  /** Where rows go that no partition takes: into a DEFAULT partition, or nowhere. */
  readonly otherwise: 'refused' | 'default'
  /** Roles that may call the maintenance function; besides them only its owner. */
  readonly calledBy: readonly string[]
}

/** One partition per period. */
interface PeriodOptions {
  readonly by: PartitionPeriod
  /** `default`: a DEFAULT partition takes what no other does. Left out: such a row is refused. */
  readonly otherwise?: 'refused' | 'default'
  readonly list?: never
  readonly hash?: never
}

interface MaintainedOptions extends PeriodOptions {
  /** The function that makes partitions for a date, such as `maintain_events`. */
  readonly maintain: string
  /** Periods after the date's own; 1 by default. */
  readonly ahead?: number
  /** Periods before the date's own; 0 by default. */
  readonly behind?: number
  /** Roles that may call it; by default its owner alone. */
  readonly calledBy?: string | readonly string[]
}

interface UnmaintainedOptions extends PeriodOptions {
  readonly maintain?: never
  readonly ahead?: never
  readonly behind?: never
  readonly calledBy?: never
}

interface NoPeriod {
  readonly by?: never
  readonly maintain?: never
  readonly ahead?: never
  readonly behind?: never
  readonly calledBy?: never
}

interface ListOptions extends NoPeriod {
  /** Values of each partition, by the last part of its name. */
  readonly list: Readonly<Record<string, readonly PartitionValue[]>>
  readonly otherwise?: 'refused' | 'default'
  readonly hash?: never
}

interface HashOptions extends NoPeriod {
  /** How many partitions. */
  readonly hash: number
  readonly list?: never
  readonly otherwise?: never
}

export type PartitionedByOptions = MaintainedOptions | UnmaintainedOptions | ListOptions | HashOptions

export interface PartitionedByMethod<K extends string> {
  /**
   * The table's rows stand in partitions by this column: by period (`day`, `week`, `month`, `quarter`, `year`, in UTC),
   * by lists of values, or by hash. What no partition takes is refused, unless there is a DEFAULT partition. The
   * maintenance function is proven at given dates, whatever day it is.
   *
   * @example
   * t.partitionedBy('created_at', { by: 'month', ahead: 3, maintain: 'maintain_orders' })
   * // create table "orders" (…) partition by range ("created_at")
   * // create function "maintain_orders"("as_of" timestamptz default null) returns void …
   * t.partitionedBy('code', { list: { europe: ['de', 'fr'], america: ['us'] }, otherwise: 'default' })
   * // create table "customers_europe" partition of "customers" for values in ('de', 'fr')
   * t.partitionedBy('tenant_id', { hash: 8 })
   * // create table "events_0" partition of "events" for values with (modulus 8, remainder 0)
   */
  partitionedBy(column: K, options: PartitionedByOptions): RuleSet
}

const optionNames = ['by', 'list', 'hash', 'otherwise', 'maintain', 'ahead', 'behind', 'calledBy']
const ofMaintenance = ['ahead', 'behind', 'calledBy'] as const

/** What arrives where nobody type-checked the config. */
interface Given {
  readonly by?: string | undefined
  readonly list?: Readonly<Record<string, readonly PartitionValue[]>> | undefined
  readonly hash?: number | undefined
  readonly otherwise?: string | undefined
  readonly maintain?: string | undefined
  readonly ahead?: number | undefined
  readonly behind?: number | undefined
  readonly calledBy?: string | readonly string[] | undefined
}

const mostPeriods = 400

const count = (place: RulePlace, name: string, given: number | undefined, least: number): number => {
  const value = given ?? least
  if (Number.isInteger(value) && value >= least && value <= mostPeriods) return value
  place.refuse(
    declarationFault(
      place,
      'partition-count',
      `${place.table}: partitionedBy's ${name} is ${String(given)}.`,
      `Give a whole number from ${least} to ${mostPeriods}.`,
    ),
  )
  return least
}

const shownValue = (value: PartitionValue): string => (value === null ? 'null' : JSON.stringify(value))

const isLists = (lists: unknown): lists is Readonly<Record<string, readonly PartitionValue[]>> =>
  typeof lists === 'object' &&
  lists !== null &&
  !Array.isArray(lists) &&
  Object.values(lists).every((values) => Array.isArray(values))

const listsOf = (place: RulePlace, lists: unknown): Readonly<Record<string, readonly PartitionValue[]>> => {
  const mend = `Write { list: { europe: ['de', 'fr'], america: ['us'] } }: the values of each partition by name.`
  const refuse = (code: string, summary: string): void =>
    place.refuse(declarationFault(place, code, `${place.table}: ${summary}`, mend))
  if (!isLists(lists) || Object.keys(lists).length === 0) {
    refuse('partition-list', `partitionedBy's list names no partition with its values.`)
    return {}
  }
  const seen = new Map<string, string>()
  for (const [name, values] of Object.entries(lists)) {
    if (values.length === 0) refuse('partition-list', `the partition ${name} takes no value.`)
    for (const value of values) {
      const key = shownValue(value)
      const other = seen.get(key)
      if (other !== undefined)
        refuse('partition-list', `${key} stands in the partitions ${other} and ${name}.`)
      seen.set(key, name)
    }
  }
  return lists
}

const schemeOf = (place: RulePlace, given: Given): PartitionScheme => {
  const ways = (['by', 'list', 'hash'] as const).filter((way) => given[way] !== undefined)
  if (ways.length !== 1)
    place.refuse(
      declarationFault(
        place,
        'partition-scheme',
        `${place.table}: partitionedBy has ${ways.length === 0 ? 'none' : ways.join(' and ')} of by, list and hash.`,
        'Give exactly one of them.',
        'a table is partitioned in one way; partitions may themselves be partitioned in another',
      ),
    )
  if (given.list !== undefined) return { by: 'list', lists: listsOf(place, given.list) }
  if (given.hash !== undefined) return { by: 'hash', modulus: count(place, 'hash', given.hash, 1) }
  return {
    by: 'period',
    period: oneOf(place, "partitionedBy's by", given.by, ['month', 'day', 'week', 'quarter', 'year']),
    maintain: given.maintain ?? null,
    ahead: count(place, 'ahead', given.ahead ?? 1, 0),
    behind: count(place, 'behind', given.behind, 0),
  }
}

const refuseMisplaced = (place: RulePlace, given: Given): void => {
  const refuse = (option: string, mend: string): void =>
    place.refuse(
      declarationFault(
        place,
        'partition-option',
        `${place.table}: partitionedBy's ${option} has nothing to be about.`,
        mend,
      ),
    )
  if (given.maintain !== undefined && given.by === undefined)
    refuse('maintain', 'Take it away: only periods of time need new partitions.')
  if (given.maintain === undefined) {
    for (const option of ofMaintenance)
      if (given[option] !== undefined)
        refuse(option, `Name the function with { maintain: 'maintain_…' }, or take ${option} away.`)
  }
  if (given.hash !== undefined && given.otherwise === 'default')
    refuse('otherwise', 'Take it away: hash partitions take every row.')
}

export const makePartitionedByRules = (
  place: RulePlace,
  column: string,
  options: PartitionedByOptions,
): readonly PartitionedByRule[] => {
  const given: Given = options ?? {}
  refuseUnknownKeys(place, 'partitionedBy', given, optionNames)
  refuseMisplaced(place, given)
  const { calledBy = [] } = given
  return [
    {
      kind: 'partitionedBy',
      id: structureId(place.table, 'partitionedBy', column),
      table: place.table,
      columns: [column],
      at: place.at,
      column,
      scheme: schemeOf(place, given),
      otherwise: oneOf(place, "partitionedBy's otherwise", given.otherwise, ['refused', 'default']),
      calledBy: typeof calledBy === 'string' ? [calledBy] : calledBy,
    },
  ]
}
