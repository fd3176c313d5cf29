/**
 * The value number `i` of a type, as an SQL expression over an integer expression: the same number gives the same
 * value, different numbers give different ones as far as the type reaches, and greater numbers sort later.
 */
import type { Column } from '../../catalog/table.ts'
import { literal } from '../../postgres/quote.ts'

/** SQL text of an integer expression. */
export type NumberSql = string

interface Wish {
  readonly i: NumberSql
  readonly column: Column
  /** JSON keys that indexes read from this column; each gets the number. */
  readonly jsonPaths: readonly (readonly string[])[]
  /** Text made of digits alone, for expressions that cast text to numbers. */
  readonly digits: boolean
}

type Maker = (wish: Wish) => string

/** Digits of a text value: enough for every row number. */
const width = 6

/** Room for characters in varchar(n) and char(n) (their atttypmod counts four bytes of header); null: no limit. */
const textLimit = ({ modifier, baseType }: Column): number | null => {
  if (modifier >= 4 && baseType.startsWith('character')) return modifier - 4
  return baseType === 'character' ? 1 : null
}

const text: Maker = ({ i, column, digits }) => {
  const limit = textLimit(column)
  const number = `pg_catalog.lpad((${i})::text, ${width}, '0')`
  if (limit !== null && limit <= width) return `pg_catalog.right(${number}, ${limit})`
  if (digits) return number
  const prefix = `${column.name}-`.slice(0, limit === null ? undefined : limit - width)
  return `${literal(prefix)} || ${number}`
}

const hex = (i: NumberSql, digits: number): string =>
  `pg_catalog.lpad(pg_catalog.to_hex((${i})::integer), ${digits}, '0')`

const numeric: Maker = ({ i, column }) => {
  if (column.modifier < 4) return `(${i})::numeric`
  const packed = column.modifier - 4
  const precision = (packed >> 16) & 0xffff
  const scale = ((packed & 0x7ff) ^ 1024) - 1024
  const steps = `((${i})::numeric % 1e${Math.min(precision, 20)})`
  return scale >= 0 ? `${steps} / 1e${scale}` : `${steps} * 1e${-scale}`
}

const day = `date '2024-01-01'`
const moment = `timestamp '2024-01-01 00:00:00'`
const minutes = (i: NumberSql): string => `(${i}) * interval '1 minute'`
const stamp = (i: NumberSql): string => `${moment} + ${minutes(i)}`
const stampUtc = (i: NumberSql): string => `(${stamp(i)}) at time zone 'UTC'`
const corner = (i: NumberSql, step = 0): string => `pg_catalog.point((${i}) + ${step}, (${i}) + ${step})`

const bits: Maker = ({ i, column }) => {
  const length = column.modifier > 0 ? column.modifier : column.baseType === 'bit' ? 1 : 32
  return `((${i})::integer::bit(32) << ${Math.max(0, 32 - length)})::bit(${Math.min(32, length)})`
}

/** `{"key": i}` and one number per path that an index reads. */
const json: Maker = ({ i, jsonPaths }) =>
  jsonPaths.reduce(
    (object, path) =>
      `pg_catalog.jsonb_build_object(${literal(path[0]!)}, ${path
        .slice(1)
        .reduceRight(
          (value, key) => `pg_catalog.jsonb_build_object(${literal(key)}, ${value})`,
          `(${i})`,
        )}) || ${object}`,
    `pg_catalog.jsonb_build_object('key', (${i}))`,
  )

/** Ranges of one number never overlap those of another. */
const range =
  (type: string, bound: (i: NumberSql) => string): Maker =>
  ({ i }) =>
    `pg_catalog.${type}(${bound(`(${i}) * 10`)}, ${bound(`(${i}) * 10 + 5`)})`

const ranges: Readonly<Record<string, Maker>> = {
  int4range: range('int4range', (i) => `(${i})::integer`),
  int8range: range('int8range', (i) => `(${i})::bigint`),
  numrange: range('numrange', (i) => `(${i})::numeric`),
  daterange: range('daterange', (i) => `${day} + (${i})::integer`),
  tsrange: range('tsrange', stamp),
  tstzrange: range('tstzrange', stampUtc),
}

const multiranges: Readonly<Record<string, Maker>> = Object.fromEntries(
  Object.entries(ranges).map(([name, make]): [string, Maker] => {
    const multi = name.replace('range', 'multirange')
    return [multi, (wish) => `pg_catalog.${multi}(${make(wish)})`]
  }),
)

/** By format_type without modifiers; types of extensions by their bare name. */
const makers: Readonly<Record<string, Maker>> = {
  smallint: ({ i }) => `(${i}) % 32768`,
  integer: ({ i }) => i,
  bigint: ({ i }) => i,
  oid: ({ i }) => i,
  numeric,
  real: ({ i }) => i,
  'double precision': ({ i }) => i,
  money: ({ i }) => `(${i})::numeric`,
  boolean: ({ i }) => `(${i}) % 2 = 0`,
  text,
  'character varying': text,
  character: text,
  name: text,
  citext: text,
  uuid: ({ i }) => `('00000000-0000-4000-8000-' || ${hex(i, 12)})`,
  bytea: ({ i }) => `pg_catalog.decode(${hex(i, 8)}, 'hex')`,
  date: ({ i }) => `${day} + (${i})::integer`,
  'timestamp without time zone': ({ i }) => stamp(i),
  'timestamp with time zone': ({ i }) => stampUtc(i),
  'time without time zone': ({ i }) => `time '00:00' + ((${i}) % 86400) * interval '1 second'`,
  'time with time zone': ({ i }) => `(time '00:00' + ((${i}) % 86400) * interval '1 second')::timetz`,
  interval: ({ i }) => minutes(i),
  jsonb: json,
  json,
  inet: ({ i }) => `inet '10.0.0.0' + (${i})::bigint`,
  cidr: ({ i }) => `(pg_catalog.host(inet '10.0.0.0' + (${i})::bigint) || '/32')`,
  macaddr: ({ i }) => hex(i, 12),
  macaddr8: ({ i }) => hex(i, 16),
  bit: bits,
  'bit varying': bits,
  tsvector: ({ i }) => `pg_catalog.to_tsvector('simple', 'word' || (${i}))`,
  tsquery: ({ i }) => `pg_catalog.to_tsquery('simple', 'word' || (${i}))`,
  xml: ({ i }) => `('<n>' || (${i}) || '</n>')`,
  point: ({ i }) => corner(i),
  box: ({ i }) => `pg_catalog.box(${corner(i)}, ${corner(i, 0.5)})`,
  lseg: ({ i }) => `pg_catalog.lseg(${corner(i)}, ${corner(i, 0.5)})`,
  circle: ({ i }) => `pg_catalog.circle(${corner(i)}, 0.25)`,
  polygon: ({ i }) => `pg_catalog.polygon(pg_catalog.box(${corner(i)}, ${corner(i, 0.5)}))`,
  hstore: ({ i }) => `('"key"=>"' || (${i}) || '"')`,
  ltree: ({ i }) => `('top.n' || (${i}))`,
  ...ranges,
  ...multiranges,
}

/** `character varying(100)[]` → `character varying(100)`. */
const elementType = (type: string): string => type.replace(/(?:\[\d*\])+$/u, '')

/** What the values of a column have to serve beside being distinct. */
export interface ValueOptions {
  readonly jsonPaths?: readonly (readonly string[])[]
  readonly digits?: boolean
}

/** The column's value number `i`, cast to its type; null when its type is not known here. */
export const valueAt = (column: Column, i: NumberSql, options: ValueOptions = {}): string | null => {
  const wish: Wish = { i, column, jsonPaths: options.jsonPaths ?? [], digits: options.digits ?? false }
  const { labels } = column
  const label: Maker | undefined =
    labels === null || labels.length === 0
      ? undefined
      : (w) => `(array[${labels.map(literal).join(', ')}])[1 + (${w.i})::integer % ${labels.length}]`
  const bare = column.baseType.replace(/^.*\./u, '').replaceAll('"', '')
  const make = label ?? makers[column.baseType] ?? makers[bare]
  if (make === undefined) return null
  if (column.typeKind !== 'array') return `(${make(wish)})::${column.type}`
  const element = elementType(column.type)
  const elements = [wish.i, `(${wish.i}) + 1`].map((n) => `(${make({ ...wish, i: n })})::${element}`)
  return `(array[${elements.join(', ')}])::${column.type}`
}
