/** A caller's search_path on which comparisons and the clock are not PostgreSQL's own: what a function is not to follow. */
import type { Table } from '../catalog/table.ts'
import { ident } from '../postgres/quote.ts'

const schema = 'assay_path'

/** Before PostgreSQL's own names; `backToNormal` ends it, so that what is looked at afterwards is read as usual. */
export const hostilePath = (table: Table, columns: readonly string[]): readonly string[] => {
  const named = table.columns.filter((c) => columns.includes(c.name))
  const types = [
    ...new Set(named.map((c) => (c.typeKind === 'domain' ? c.baseType : c.type.replace(/\(.*\)/u, '')))),
  ]
  const inSchema = (name: string): string => `${ident(schema)}.${name}`
  return [
    `create schema ${ident(schema)}`,
    `grant usage on schema ${ident(schema)} to public`,
    `create function ${inSchema('now')}() returns timestamptz language sql immutable as $$ select '1999-01-01 00:00:00+00'::timestamptz $$`,
    ...types.flatMap((type) => [
      `create function ${inSchema('never')}(${type}, ${type}) returns boolean language sql immutable as 'select false'`,
      ...['=', '<', '<=', '>', '>='].map(
        (operator) =>
          `create operator ${inSchema(operator)} (leftarg = ${type}, rightarg = ${type}, function = ${inSchema('never')})`,
      ),
    ]),
    `set local search_path = ${ident(schema)}, pg_catalog, public`,
  ]
}

export const backToNormal = 'set local search_path to default'
