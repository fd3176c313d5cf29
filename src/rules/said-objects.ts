/** What of a table carries a comment besides itself and its columns: how each is found, and named in COMMENT ON. */
import type { SaidObject } from '../architecture/kinds/says.ts'
import type { RelationName } from '../ground/names.ts'
import { ident, literal, qualified } from '../postgres/quote.ts'

interface Way {
  /** The comment, asked of PostgreSQL. */
  readonly comment: (relation: string, name: string) => string
  /** As COMMENT ON names it. */
  readonly named: (table: RelationName, name: string) => string
}

const onTable =
  (word: string) =>
  (table: RelationName, name: string): string =>
    `${word} ${ident(name)} on ${qualified(table)}`

/** What stands in the table's own schema. */
const inSchema =
  (word: string) =>
  ({ schema }: RelationName, name: string): string =>
    `${word} ${qualified({ schema, name })}`

const fromCatalog =
  (catalog: string, table: string, name: string) =>
  (relation: string, own: string): string =>
    `select pg_catalog.obj_description(oid, '${catalog}') from pg_catalog.${catalog} where ${table} = ${relation} and ${name} = ${own}`

const ways: Readonly<Record<SaidObject, Way>> = {
  constraint: { comment: fromCatalog('pg_constraint', 'conrelid', 'conname'), named: onTable('constraint') },
  trigger: { comment: fromCatalog('pg_trigger', 'tgrelid', 'tgname'), named: onTable('trigger') },
  policy: { comment: fromCatalog('pg_policy', 'polrelid', 'polname'), named: onTable('policy') },
  rule: { comment: fromCatalog('pg_rewrite', 'ev_class', 'rulename'), named: onTable('rule') },
  statistics: {
    comment: fromCatalog('pg_statistic_ext', 'stxrelid', 'stxname'),
    named: inSchema('statistics'),
  },
  index: {
    comment: (relation, name) =>
      `select pg_catalog.obj_description(c.oid, 'pg_class') from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid where i.indrelid = ${relation} and c.relname = ${name}`,
    named: inSchema('index'),
  },
}

/** `relation`: the table as an expression of type regclass. */
export const commentOf = (object: SaidObject, name: string, relation: string): string =>
  ways[object].comment(relation, literal(name))

export const saidObjectText = (object: SaidObject, name: string, table: RelationName): string =>
  ways[object].named(table, name)
