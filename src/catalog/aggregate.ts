/**
 * Aggregates. They are made of functions that are structures of their own, whose mutants change what an aggregate
 * answers; PostgreSQL alters nothing of an aggregate but its name.
 */
import type { Session } from '../postgres/session.ts'
import { aggregatesSql } from './aggregate-sql.ts'
import type { Structure, StructureKind } from './structure.ts'
import { functionId, usedIds, type Use } from './uses.ts'

export interface AggregateFacts {
  readonly schema: string
  readonly name: string
  /** Types of its arguments. */
  readonly args: readonly string[]
  /** `public.total(integer)`, as CREATE, DROP and COMMENT ON take it. */
  readonly sql: string
  /** What stands in the parentheses of CREATE AGGREGATE. */
  readonly options: readonly string[]
}

interface AggregateRow extends AggregateFacts {
  readonly uses: readonly Use[]
}

export const createAggregate = ({ sql, options }: Pick<AggregateFacts, 'sql' | 'options'>): string =>
  `CREATE AGGREGATE ${sql} (\n  ${options.join(',\n  ')}\n)`

export const aggregateKind: StructureKind<AggregateFacts> = {
  kind: 'aggregate',
  read: async (db: Session) =>
    (await db.json<AggregateRow>(aggregatesSql)).map(({ uses, ...facts }): Structure<AggregateFacts> => ({
      id: functionId(facts, facts.args),
      kind: 'aggregate',
      table: null,
      name: facts.name,
      definition: `AGGREGATE (${facts.options.join(', ')})`,
      dependsOn: usedIds(uses),
      facts,
    })),
  create: ({ facts }) => [createAggregate(facts)],
  drop: ({ facts }) => [`drop aggregate ${facts.sql} cascade`],
  mutants: () => [],
  notMutated: 'nothing of an aggregate can be altered; the functions that it is made of have mutants',
  declaredBy: ({ id }) => `the rule that reads it, with { by: [${JSON.stringify(id)}] }`,
}
