/** A caller's search_path on which comparisons and the clock are not PostgreSQL's own: what a function is not to follow. */
import type { Table } from '../catalog/table.ts'
import { ident } from '../postgres/quote.ts'

const schema = 'assay_path'

/** Types of these columns, for operators. */
export const comparedTypes = (table: Table, columns: readonly string[]): readonly string[] =>
  table.columns
    .filter((c) => columns.includes(c.name))
    .map((c) => (c.typeKind === 'domain' ? c.baseType : c.type.replace(/\(.*\)/u, '')))

/**
 * Makes the schema whose comparisons of these types are never true. Its functions are volatile: PostgreSQL computes what
 * is immutable while it plans, by running it, and keeps the plan of each function that has run for good; volatile ones
 * are only written out where they are called.
 */
export const hostileSchema = (types: readonly string[]): readonly string[] => {
  const inSchema = (name: string): string => `${ident(schema)}.${name}`
  return [
    `create schema ${ident(schema)}`,
    `grant usage on schema ${ident(schema)} to public`,
    `create function ${inSchema('now')}() returns timestamptz language sql as $$ select '1999-01-01 00:00:00+00'::timestamptz $$`,
    ...[...new Set(types)].flatMap((type) => [
      `create function ${inSchema('never')}(${type}, ${type}) returns boolean language sql as 'select false'`,
      ...['=', '<', '<=', '>', '>='].map(
        (operator) =>
          `create operator ${inSchema(operator)} (leftarg = ${type}, rightarg = ${type}, function = ${inSchema('never')})`,
      ),
    ]),
  ]
}

const ofSchema = new RegExp(
  `^(?:create (?:schema|function|operator)|grant usage on schema) ${ident(schema)}`,
  'u',
)

/** One of the statements that make it. */
export const isOfHostileSchema = (sql: string): boolean => ofSchema.test(sql)

/** With that schema before PostgreSQL's own names. */
export const hostileSearchPath = `${ident(schema)}, pg_catalog, public`

/** Before PostgreSQL's own names; `backToNormal` ends it, so that what is looked at afterwards is read as usual. */
export const hostilePath = (table: Table, columns: readonly string[]): readonly string[] => [
  ...hostileSchema(comparedTypes(table, columns)),
  `set local search_path = ${hostileSearchPath}`,
]

export const backToNormal = 'set local search_path to default'
