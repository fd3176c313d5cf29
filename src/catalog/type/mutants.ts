/** Every widening, narrowing and exchange that fits a column's type, smallest step first. */
import { formatSqlType, parseSqlType, type SqlType } from './sql-type.ts'
import type { MutantEffect } from '../structure.ts'
import type { Column } from '../table.ts'

export interface TypeMutant {
  /** `type-widened`, `type-narrowed`, `type-exchanged`. */
  readonly does: string
  readonly type: string
  readonly effect: MutantEffect
}

type Neighbour = readonly [type: Omit<SqlType, 'array'>, effect: 'weakened' | 'strengthened' | 'changed']

const plain = (name: string, ...modifiers: readonly number[]): Omit<SqlType, 'array'> => ({ name, modifiers })

/** varchar, char, bit and varbit: one longer, one shorter. */
const ofLength =
  (unbounded: readonly string[]) =>
  ({ name, modifiers: [n] }: SqlType): readonly Neighbour[] => {
    if (n === undefined) return []
    return [
      [plain(name, n + 1), 'weakened'],
      ...(n > 1 ? [[plain(name, n - 1), 'strengthened'] as const] : []),
      ...unbounded.map((other) => [plain(other), 'weakened'] as const),
    ]
  }

/** time, timestamp and interval keep six decimals of a second unless told otherwise. */
const ofPrecision =
  (...others: readonly Neighbour[]) =>
  ({ name, modifiers: [p] }: SqlType): readonly Neighbour[] => [
    ...(p === undefined || p === 6 ? [] : [[plain(name, p + 1), 'changed'] as const]),
    ...(p === 0 ? [] : [[plain(name, (p ?? 6) - 1), 'changed'] as const]),
    ...others.map(([type, effect]): Neighbour => [
      p === undefined ? type : { ...type, modifiers: [p] },
      effect,
    ]),
  ]

const numeric = ({ modifiers: [precision, scale = 0] }: SqlType): readonly Neighbour[] => {
  if (precision === undefined) return [[plain('double precision'), 'changed']]
  const narrower: readonly Neighbour[] =
    precision > Math.max(scale, 1) ? [[plain('numeric', precision - 1, scale), 'strengthened']] : []
  const coarser: readonly Neighbour[] = scale > 0 ? [[plain('numeric', precision, scale - 1), 'changed']] : []
  return [
    [plain('numeric', precision + 1, scale), 'weakened'],
    ...narrower,
    [plain('numeric', precision, scale + 1), 'changed'],
    ...coarser,
    [plain('numeric'), 'weakened'],
  ]
}

const always =
  (...neighbours: readonly Neighbour[]) =>
  (): readonly Neighbour[] =>
    neighbours

const neighboursByName: Readonly<Record<string, (type: SqlType) => readonly Neighbour[]>> = {
  'character varying': ofLength([]),
  character: (type) => ofLength([])(type).concat([[{ ...type, name: 'character varying' }, 'changed']]),
  bit: (type) => ofLength([])(type).concat([[{ ...type, name: 'bit varying' }, 'weakened']]),
  'bit varying': ofLength(['bit varying']),
  numeric,
  smallint: always([plain('integer'), 'weakened']),
  integer: always([plain('bigint'), 'weakened'], [plain('smallint'), 'strengthened']),
  bigint: always([plain('numeric'), 'weakened'], [plain('integer'), 'strengthened']),
  real: always([plain('double precision'), 'weakened']),
  'double precision': always([plain('real'), 'strengthened']),
  money: always([plain('numeric'), 'changed']),
  'timestamp with time zone': ofPrecision([plain('timestamp without time zone'), 'changed']),
  'timestamp without time zone': ofPrecision(
    [plain('timestamp with time zone'), 'changed'],
    [plain('date'), 'changed'],
  ),
  'time with time zone': ofPrecision([plain('time without time zone'), 'changed']),
  'time without time zone': ofPrecision(),
  interval: ofPrecision(),
  date: always([plain('timestamp without time zone'), 'changed']),
  json: always([plain('jsonb'), 'changed']),
  jsonb: always([plain('json'), 'changed']),
  inet: always([plain('cidr'), 'strengthened']),
  cidr: always([plain('inet'), 'weakened']),
}

const wordsOf: Readonly<Record<Neighbour[1], string>> = {
  weakened: 'type-widened',
  strengthened: 'type-narrowed',
  changed: 'type-exchanged',
}

/** An integer is what an identity needs. */
const identityTypes: readonly string[] = ['smallint', 'integer', 'bigint']

/** `base` is the type below a domain, which is the domain's absence and leaves a type that can still be told. */
export const typeMutants = (column: Column): readonly TypeMutant[] => {
  if (column.typeKind === 'domain') {
    return [{ does: 'type-widened', type: domainBase(column), effect: 'weakened' }]
  }
  const type = parseSqlType(column.type)
  // A date has no time zone and no precision to hand on.
  const neighbours = (neighboursByName[type.name]?.(type) ?? []).map(([to, effect]): Neighbour => {
    return to.name === 'date' ? [plain('date'), effect] : [to, effect]
  })
  return neighbours
    .filter(([to]) => column.identity === null || identityTypes.includes(to.name))
    .map(([to, effect]) => ({
      does: wordsOf[effect],
      type: formatSqlType({ ...to, array: type.array }),
      effect,
    }))
}

/** The domain's base type with the domain's modifier, as format_type would print it. */
const domainBase = (column: Column): string => {
  const { baseType, modifier } = column
  if (modifier < 0) return baseType
  const { name, array } = parseSqlType(baseType)
  const modifiers = modifiersOf(name, modifier)
  return formatSqlType({ name, modifiers, array })
}

/** atttypmod as each type packs it. */
const modifiersOf = (name: string, modifier: number): readonly number[] => {
  switch (name) {
    case 'character varying':
    case 'character':
      return [modifier - 4]
    case 'numeric':
      return [((modifier - 4) >> 16) & 0xffff, (modifier - 4) & 0x7ff]
    default:
      return [modifier]
  }
}
