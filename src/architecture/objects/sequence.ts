/** A sequence that no column owns: numbers for documents, tickets, batches. */
import { parseRelationName, relationId } from '../../ground/names.ts'
import { literal, qualified } from '../../postgres/quote.ts'
import { declaredAt } from '../declared-at.ts'
import { makeObjectRule, type ObjectCase } from '../kinds/object.ts'
import type { ObjectDeclaration } from '../object.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import type { TableName } from '../table-key.ts'
import { accessRules, type ObjectOptions, type ObjectPlace } from './object-access.ts'

/** Numbers beyond a double's reach are given as text. */
type Whole = number | bigint | string

export interface SequenceOptions extends ObjectOptions {
  /** `bigint` by default. */
  readonly type?: 'smallint' | 'integer' | 'bigint'
  /** The first number; by default the least of a rising sequence, the greatest of a falling one. */
  readonly start?: Whole
  /** 1 by default; below zero it counts down. */
  readonly increment?: Whole
  readonly minimum?: Whole
  readonly maximum?: Whole
  /** It begins again after its last number. */
  readonly cycle?: boolean
  /** How many numbers a session takes at once; 1 by default. */
  readonly cache?: Whole
}

const greatest = { smallint: 32_767n, integer: 2_147_483_647n, bigint: 9_223_372_036_854_775_807n } as const

interface Numbers {
  readonly type: 'smallint' | 'integer' | 'bigint'
  readonly start: bigint
  readonly increment: bigint
  readonly minimum: bigint
  readonly maximum: bigint
  readonly cache: bigint
  readonly cycle: boolean
}

/** PostgreSQL's own defaults. */
const numbersOf = (options: SequenceOptions): Numbers => {
  const type = options.type ?? 'bigint'
  const increment = BigInt(options.increment ?? 1)
  const rises = increment > 0n
  const minimum = BigInt(options.minimum ?? (rises ? 1n : -greatest[type] - 1n))
  const maximum = BigInt(options.maximum ?? (rises ? greatest[type] : -1n))
  const start = BigInt(options.start ?? (rises ? minimum : maximum))
  const cache = BigInt(options.cache ?? 1)
  return { type, start, increment, minimum, maximum, cache, cycle: options.cycle ?? false }
}

/** Numbers that are drawn are gone, rolled back or not: only a sequence that was restarted in the transaction forgets them. */
const casesOf = (relation: string, n: Numbers): readonly ObjectCase[] => {
  const draw = (times: number): string =>
    `select pg_catalog.nextval(${literal(relation)}) from generate_series(1, ${times})`
  const rises = n.increment > 0n
  const [last, first] = rises ? [n.maximum, n.minimum] : [n.minimum, n.maximum]
  const second = n.start + n.increment
  const hasSecond = second >= n.minimum && second <= n.maximum
  return [
    {
      title: hasSecond ? `it counts ${n.start}, ${second}` : `it counts ${n.start}`,
      given: [`alter sequence ${relation} restart`],
      when: [draw(hasSecond ? 2 : 1)],
      then: { rows: [[String(n.start)], ...(hasSecond ? [[String(second)]] : [])] },
    },
    {
      title: n.cycle ? `after ${last} it begins again with ${first}` : `after ${last} it ends`,
      given: [`alter sequence ${relation} restart with ${last}`],
      when: [draw(2)],
      then: n.cycle ? { rows: [[String(last)], [String(first)]] } : { sqlstate: '2200H' },
    },
    {
      title: 'its type, bounds and cache are as declared',
      given: [],
      when: [
        `select pg_catalog.format_type(seqtypid, null), seqmin, seqmax, seqcache from pg_catalog.pg_sequence where seqrelid = ${literal(relation)}::regclass`,
      ],
      then: { rows: [[n.type, String(n.minimum), String(n.maximum), String(n.cache)]] },
    },
  ]
}

const designOf = (relation: string, n: Numbers): string =>
  `create sequence ${relation} as ${n.type} start with ${n.start} increment by ${n.increment} minvalue ${n.minimum} maxvalue ${n.maximum} cache ${n.cache}${n.cycle ? ' cycle' : ''};`

/**
 * A sequence of its own, among the `objects` of an architecture. One that a serial or identity column owns is that
 * column's.
 *
 * @example
 * sequence('order_numbers', { start: 1000 })  // create sequence "order_numbers" start with 1000
 */
export const sequence = (name: TableName, options: SequenceOptions = {}): ObjectDeclaration => {
  const at = declaredAt(sequence)
  const relation = typeof name === 'string' ? parseRelationName(name) : name
  const sql = qualified(relation)
  const structure = `sequence:${relationId(relation)}`
  const place: ObjectPlace = {
    structure,
    sql: `sequence ${sql}`,
    oid: `${literal(sql)}::regclass`,
    catalog: 'pg_class',
  }
  return {
    declare: (refuse) => {
      const known = ['type', 'start', 'increment', 'minimum', 'maximum', 'cycle', 'cache', 'says', 'usableBy']
      refuseUnknownKeys({ table: structure, tableColumns: [], at, refuse }, 'sequence', options, known)
      const numbers = numbersOf(options)
      const own = makeObjectRule(at, structure, 'counts', {
        sentence: `${structure} counts from ${numbers.start} by ${numbers.increment}`,
        structures: [structure],
        cases: casesOf(sql, numbers),
        design: [designOf(sql, numbers)],
      })
      return { structure, rules: [own, ...accessRules(at, place, options)], design: own.design, at }
    },
  }
}
