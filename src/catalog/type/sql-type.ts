/** SQL type names as format_type prints them, taken apart: `timestamp(3) with time zone[]`. */

export interface SqlType {
  /** Without modifiers, time zone words included: `numeric`, `timestamp with time zone`. */
  readonly name: string
  /** `[10, 2]` of numeric(10,2). */
  readonly modifiers: readonly number[]
  /** `[]`, or nothing. */
  readonly array: string
}

const grammar = /^(.*?)(?:\((-?\d+)(?:,(-?\d+))?\))?( with(?:out)? time zone)?((?:\[\])*)$/u

export const parseSqlType = (text: string): SqlType => {
  const [, head = text, first, second, zone = '', array = ''] = grammar.exec(text) ?? []
  const modifiers = [first, second].filter((m) => m !== undefined).map(Number)
  return { name: head + zone, modifiers, array }
}

export const formatSqlType = ({ name, modifiers, array }: SqlType): string => {
  const list = modifiers.length > 0 ? `(${modifiers.join(',')})` : ''
  const zone = / with(?:out)? time zone$/u.exec(name)?.[0] ?? ''
  return `${name.slice(0, name.length - zone.length)}${list}${zone}${array}`
}

/** Types that stand in for each other in expressions and indexes: what is written for one also means something for the other. */
const families: readonly (readonly string[])[] = [
  ['smallint', 'integer', 'bigint', 'numeric'],
  ['real', 'double precision'],
  ['text', 'character varying', 'character'],
  ['bit', 'bit varying'],
]

/**
 * PostgreSQL compares these, but not everything that can be said of one can be said of the other: a cast from a
 * timestamp to a date is the same everywhere, one from a timestamp with time zone is not, and fits no index.
 */
const comparable: readonly (readonly string[])[] = [
  ...families,
  ['timestamp with time zone', 'timestamp without time zone', 'date'],
  ['time with time zone', 'time without time zone'],
  ['inet', 'cidr'],
]

const isWithinOne = (sets: readonly (readonly string[])[], from: SqlType, to: SqlType): boolean =>
  from.array === to.array &&
  (from.name === to.name || sets.some((set) => set.includes(from.name) && set.includes(to.name)))

/** Whether what stands on a column of one type also stands on the other. */
export const isSameFamily = (from: SqlType, to: SqlType): boolean => isWithinOne(families, from, to)

const integers: readonly string[] = ['smallint', 'integer', 'bigint']

/** Whether a foreign key can lead from a column of one type to a key of the other. */
export const canReference = (from: SqlType, key: SqlType): boolean => {
  if (from.array !== key.array) return false
  if (from.name === key.name) return true
  // numeric does not become an integer by itself; an integer becomes numeric.
  if (from.name === 'numeric') return false
  if (key.name === 'numeric') return integers.includes(from.name)
  return isWithinOne(comparable, from, key)
}
