/**
 * By what a type's values are replaced: by values of the same type whose order is that of ranks. Columns of one space
 * share their ranks, so that a value that is found in two of them has one stand-in, and joins keep their estimates.
 */

export interface StandInSpace {
  /** Columns with the same key share ranks. */
  readonly key: string
  /** The type in which the server orders the values. */
  readonly orderedAs: string
  /** The stand-in of a rank from 1 to `count`; null: the type has no room for so many. */
  valueOf(rank: number, count: number): string | null
}

export interface StandInType {
  /** Below a domain, as format_type prints it. */
  readonly base: string
  readonly collation: string | null
  /** Distinct for each column: for types too narrow for a shared space. */
  readonly column: string
}

/** Constants can stand between two stand-ins. */
const step = 1_000
const day = 86_400

const padded = (rank: number, digits: number): string => String(rank).padStart(digits, '0')
const hex = (rank: number, digits: number): string => rank.toString(16).padStart(digits, '0')
const moment = (seconds: number): string =>
  new Date(Date.UTC(2000, 0, 1) + seconds * 1_000).toISOString().slice(0, 19).replace('T', ' ')

/** Digits sort alike under every collation; letters are for columns of one or two characters. */
const narrowText = (rank: number, count: number, width: number): string | null => {
  if (count < 10 ** width) return padded(rank, width)
  if (count >= 26 ** width) return null
  const letters = Array.from({ length: width }, (_, at) => Math.floor(rank / 26 ** (width - 1 - at)) % 26)
  return letters.map((letter) => String.fromCodePoint(97 + letter)).join('')
}

const sharedDigits = 7

const textSpace = ({ base, collation, column }: StandInType): StandInSpace => {
  const limit = Number(/\((?<width>\d+)\)/u.exec(base)?.groups?.['width'] ?? Number.POSITIVE_INFINITY)
  const kind = /^character(?! varying)/u.test(base)
    ? 'bpchar'
    : base === 'citext' || base.endsWith('.citext')
      ? base
      : 'text'
  const isNarrow = limit < sharedDigits
  const order = collation === null ? '' : ` collate ${collation}`
  return {
    key: `${kind}${order}${isNarrow ? ` ${column}` : ''}`,
    orderedAs: `${kind === 'text' ? 'pg_catalog.text' : kind === 'bpchar' ? 'pg_catalog.bpchar' : kind}${order}`,
    valueOf: (rank, count) =>
      isNarrow
        ? narrowText(rank, count, limit)
        : count < 10 ** sharedDigits
          ? padded(rank, sharedDigits)
          : null,
  }
}

const numberSpace = ({ base, column }: StandInType): StandInSpace => {
  const orderedAs = 'pg_catalog.numeric'
  if (base === 'smallint')
    return { key: 'smallint', orderedAs, valueOf: (rank, count) => (count < 32_767 ? String(rank) : null) }
  const [, precision = '', scale = '0'] = /^numeric\((\d+),(-?\d+)\)$/u.exec(base) ?? []
  if (precision !== '' && Number(precision) - Number(scale) < 10) {
    const most = 10 ** Number(precision)
    return {
      key: `numeric ${column}`,
      orderedAs,
      valueOf: (rank, count) =>
        count < most ? String((Math.floor(most / (count + 1)) * rank) / 10 ** Number(scale)) : null,
    }
  }
  return {
    key: 'number',
    orderedAs,
    valueOf: (rank, count) => String(rank * (count * step < 2 ** 31 ? step : 1)),
  }
}

const simple = (base: string, valueOf: StandInSpace['valueOf']): StandInSpace => ({
  key: base,
  orderedAs: `pg_catalog.${base.startsWith('timestamp with time') ? 'timestamptz' : base.startsWith('timestamp') ? 'timestamp' : base}`,
  valueOf,
})

const spaces: readonly (readonly [RegExp, (type: StandInType) => StandInSpace])[] = [
  [/^(?:smallint|integer|bigint|real|double precision|oid)$|^numeric(?:\(|$)/u, numberSpace],
  [/^(?:text|name)$|^character(?: varying)?(?:\(|$)|(?:^|\.)citext$/u, textSpace],
  [/^date$/u, () => simple('date', (rank) => moment(rank * day).slice(0, 10))],
  [
    /^timestamp(?:\(\d\))? with time zone$/u,
    () => simple('timestamp with time zone', (rank) => `${moment(rank * step)}+00`),
  ],
  [/^timestamp(?:\(\d\))? without time zone$/u, () => simple('timestamp', (rank) => moment(rank * step))],
  [
    /^time(?:\(\d\))? without time zone$/u,
    ({ column }) => ({
      ...simple('time', (rank, count) =>
        count < day ? moment(Math.floor(day / (count + 1)) * rank).slice(11) : null,
      ),
      key: `time ${column}`,
    }),
  ],
  [/^interval(?: |\(|$)/u, () => simple('interval', (rank) => `${rank * step} seconds`)],
  [/^uuid$/u, () => simple('uuid', (rank) => `${hex(rank, 8)}-0000-4000-8000-000000000000`)],
  [/^bytea$/u, () => simple('bytea', (rank) => `\\x${hex(rank, 8)}`)],
  [
    /^(?:inet|cidr)$/u,
    ({ base }) => simple(base, (rank) => `10.${(rank >> 16) & 255}.${(rank >> 8) & 255}.${rank & 255}`),
  ],
  [/^macaddr$/u, () => simple('macaddr', (rank) => (`00${hex(rank, 10)}`.match(/../gu) ?? []).join(':'))],
  [/^jsonb$/u, () => simple('jsonb', (rank) => String(rank))],
]

/** The space of a type; null: its values are left out. */
export const spaceOf = (type: StandInType): StandInSpace | null => {
  const array = /^(?<element>.+)\[\]$/u.exec(type.base)?.groups?.['element']
  if (array !== undefined) {
    const inner = spaceOf({ ...type, base: array })
    if (inner === null) return null
    const order = / collate .*$/u.exec(inner.orderedAs)?.[0] ?? ''
    const valueOf = (rank: number, count: number): string | null => {
      const value = inner.valueOf(rank, count)
      return value === null ? null : `{"${value.replaceAll('\\', '\\\\')}"}`
    }
    return {
      key: `array of ${inner.key}`,
      orderedAs: `${inner.orderedAs.slice(0, inner.orderedAs.length - order.length)}[]${order}`,
      valueOf,
    }
  }
  return spaces.find(([form]) => form.test(type.base))?.[1](type) ?? null
}

/** Lexemes of a text search vector are ordered by their length, then by their bytes. */
export const lexeme = (rank: number): string => padded(rank, sharedDigits)
