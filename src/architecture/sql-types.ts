/**
 * PostgreSQL's own type names and the JavaScript values that node-postgres reads from and takes for them.
 * The compiler and the runtime check read the same list; sql-types.pg.test.ts holds it against a real driver.
 */

/** A JSON value as node-postgres reads it. */
export type Json = string | number | boolean | null | { readonly [key: string]: Json } | readonly Json[]

/**
 * What may be written to a json or jsonb column: an object, or JSON text (`JSON.stringify(value)`). Not a bare
 * array: node-postgres would send it as a PostgreSQL array, which json refuses.
 */
export type JsonInput = string | number | boolean | { readonly [key: string]: Json }

/** An interval as node-postgres reads it; parts that are zero are left out. */
export interface IntervalParts {
  readonly years?: number
  readonly months?: number
  readonly days?: number
  readonly hours?: number
  readonly minutes?: number
  readonly seconds?: number
  readonly milliseconds?: number
  toPostgres(): string
  toISOString(): string
}

export interface PointParts {
  readonly x: number
  readonly y: number
}

export interface CircleParts extends PointParts {
  readonly radius: number
}

/** `read`: what a query returns; `write`: what an insert takes; `element`: what stands in an array that is read. */
export interface SqlValue<Read, Write = Read, Element = Read> {
  readonly read: Read
  readonly write: Write
  readonly element: Element
}

/** node-postgres leaves arrays of these types as text, such as `{a,b}`. */
export type TextArray = 'read as text'

type Text = SqlValue<string>
type TextOnly = SqlValue<string, string, TextArray>
type Int = SqlValue<number>
type BigInteger = SqlValue<string, string | number | bigint>
type Decimal = SqlValue<string, string | number, number>
type Moment = SqlValue<Date, Date | string>
type JsonValue = SqlValue<Json, JsonInput>

/** Every type name that a column may have without enumType, domainType or sqlType. */
export interface SqlTypeValues {
  text: Text
  varchar: Text
  'character varying': Text
  char: Text
  character: Text
  bpchar: Text
  name: TextOnly
  uuid: Text
  smallint: Int
  int2: Int
  integer: Int
  int: Int
  int4: Int
  oid: Int
  bigint: BigInteger
  int8: BigInteger
  numeric: Decimal
  decimal: Decimal
  dec: Decimal
  real: Int
  float4: Int
  'double precision': Int
  float8: Int
  float: Int
  money: Text
  boolean: SqlValue<boolean>
  bool: SqlValue<boolean>
  date: Moment
  timestamp: Moment
  'timestamp without time zone': Moment
  timestamptz: Moment
  'timestamp with time zone': Moment
  time: Text
  'time without time zone': Text
  timetz: Text
  'time with time zone': Text
  interval: SqlValue<IntervalParts, Pick<IntervalParts, 'toPostgres'> | string, IntervalParts>
  json: JsonValue
  jsonb: JsonValue
  jsonpath: TextOnly
  xml: TextOnly
  bytea: SqlValue<Buffer, Uint8Array | string>
  bit: TextOnly
  'bit varying': TextOnly
  varbit: TextOnly
  inet: Text
  cidr: Text
  macaddr: Text
  macaddr8: TextOnly
  tsvector: TextOnly
  tsquery: TextOnly
  pg_lsn: TextOnly
  xid8: TextOnly
  point: SqlValue<PointParts, string>
  circle: SqlValue<CircleParts, string, TextArray>
  line: TextOnly
  lseg: TextOnly
  box: TextOnly
  path: TextOnly
  polygon: TextOnly
  int4range: TextOnly
  int8range: TextOnly
  numrange: Text
  tsrange: TextOnly
  tstzrange: TextOnly
  daterange: TextOnly
  int4multirange: TextOnly
  int8multirange: TextOnly
  nummultirange: TextOnly
  tsmultirange: TextOnly
  tstzmultirange: TextOnly
  datemultirange: TextOnly
}

export type SqlTypeName = keyof SqlTypeValues

/** How many numbers may stand in a type's parentheses; the compiler keeps this list as long as the one above. */
export const sqlTypeModifiers: Readonly<Record<SqlTypeName, 0 | 1 | 2>> = {
  text: 0,
  varchar: 1,
  'character varying': 1,
  char: 1,
  character: 1,
  bpchar: 1,
  name: 0,
  uuid: 0,
  smallint: 0,
  int2: 0,
  integer: 0,
  int: 0,
  int4: 0,
  oid: 0,
  bigint: 0,
  int8: 0,
  numeric: 2,
  decimal: 2,
  dec: 2,
  real: 0,
  float4: 0,
  'double precision': 0,
  float8: 0,
  float: 1,
  money: 0,
  boolean: 0,
  bool: 0,
  date: 0,
  timestamp: 1,
  'timestamp without time zone': 1,
  timestamptz: 1,
  'timestamp with time zone': 1,
  time: 1,
  'time without time zone': 1,
  timetz: 1,
  'time with time zone': 1,
  interval: 1,
  json: 0,
  jsonb: 0,
  jsonpath: 0,
  xml: 0,
  bytea: 0,
  bit: 1,
  'bit varying': 1,
  varbit: 1,
  inet: 0,
  cidr: 0,
  macaddr: 0,
  macaddr8: 0,
  tsvector: 0,
  tsquery: 0,
  pg_lsn: 0,
  xid8: 0,
  point: 0,
  circle: 0,
  line: 0,
  lseg: 0,
  box: 0,
  path: 0,
  polygon: 0,
  int4range: 0,
  int8range: 0,
  numrange: 0,
  tsrange: 0,
  tstzrange: 0,
  daterange: 0,
  int4multirange: 0,
  int8multirange: 0,
  nummultirange: 0,
  tsmultirange: 0,
  tstzmultirange: 0,
  datemultirange: 0,
}

export const sqlTypeNames: readonly string[] = Object.keys(sqlTypeModifiers)
