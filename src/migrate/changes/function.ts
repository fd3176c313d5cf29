/** Functions and procedures, replaced in place; what their callers see decides whether PostgreSQL takes that. */
import type { FunctionFacts } from '../../catalog/function.ts'
import type { Structure } from '../../catalog/structure.ts'
import { qualified } from '../../postgres/quote.ts'
import { together, type ChangeKind } from './change.ts'
import { rightsAndComments } from './standing.ts'

const factsOf = (structure: Structure): FunctionFacts => structure.facts as FunctionFacts

const called = (facts: FunctionFacts): string =>
  `${facts.isProcedure ? 'procedure' : 'function'} ${qualified(facts)}(${facts.args.join(', ')})`

const create = (structure: Structure): string => factsOf(structure).statement.trim()

export const functionChange: ChangeKind = {
  isGround: true,
  make: (structure) => together(create(structure).replace(/^CREATE OR REPLACE /u, 'CREATE ')),
  alter: (old, next, { after }) =>
    factsOf(old).returns === factsOf(next).returns
      ? together(create(next))
      : together(`drop ${called(factsOf(old))}`, create(next), ...rightsAndComments(next, after)),
  remove: (structure) => together(`drop ${called(factsOf(structure))}`),
}
