/**
 * Functions and procedures. What they promise the planner (volatility, cost, rows, parallel safety, leakproof) is not
 * broken on purpose: no answer depends on it, only plans do, and those are broken by the mutants of indexes.
 */
import { qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { functionMutants } from './function/mutants.ts'
import type { OutsideNames } from './function/purity.ts'
import { functionsSql, outsideNamesSql } from './function/sql.ts'
import { tellingBody } from './function/telling.ts'
import { commentOn, grantsOn, type Acl } from './dependency/dependent-ddl.ts'
import { sqlBodyMutants } from './function/sql-body-mutants.ts'
import type { StructureKind } from './structure.ts'
import { functionId, usedIds, type Use } from './uses.ts'

export interface FunctionFacts {
  readonly schema: string
  readonly name: string
  /** Types of its input arguments. */
  readonly args: readonly string[]
  readonly isProcedure: boolean
  readonly owner: string
  readonly language: string
  /** `trigger`, `integer`, `SETOF record` … */
  readonly returns: string
  readonly returnsSet: boolean
  /** OUT, INOUT or TABLE arguments: its body returns without a value. */
  readonly hasOutputs: boolean
  readonly isTrigger: boolean
  readonly isEventTrigger: boolean
  readonly securityDefiner: boolean
  readonly strict: boolean
  /** search_path of its own SET clause, null when it has none. */
  readonly searchPath: string | null
  /** pg_get_functiondef: CREATE OR REPLACE, whole. */
  readonly statement: string
  /** The body's text; null for a SQL-standard body (BEGIN ATOMIC) and for C. */
  readonly body: string | null
  readonly acl: Acl
  readonly comment: string | null
  /** What stands outside pg_catalog in this database and may be meant by a name in its body. */
  readonly outside: OutsideNames
}

interface FunctionRow extends Omit<FunctionFacts, 'outside'> {
  readonly uses: readonly Use[]
  /** Whatever it is given and answers is of types of PostgreSQL's own. */
  readonly isOfBuiltIns: boolean
}

interface OutsideRow extends OutsideNames {
  readonly functionsOfBuiltIns: readonly string[]
  readonly operatorsOfBuiltIns: readonly string[]
}

const nothingOutside: OutsideRow = {
  functions: [],
  operators: [],
  types: [],
  functionsOfBuiltIns: [],
  operatorsOfBuiltIns: [],
}

/** `function "public"."f"(integer)`, as ALTER and DROP take it. */
const functionSql = (facts: Pick<FunctionFacts, 'schema' | 'name' | 'args' | 'isProcedure'>): string =>
  `${facts.isProcedure ? 'procedure' : 'function'} ${qualified(facts)}(${facts.args.join(', ')})`

/** The statement without what is its name: the id has that. */
const definitionOf = ({ statement, isProcedure }: FunctionFacts): string =>
  statement
    .replace(/^CREATE OR REPLACE /u, '')
    .replace(isProcedure ? /^PROCEDURE /u : /^FUNCTION /u, '')
    .trim()

export const functionKind: StructureKind<FunctionFacts> = {
  kind: 'function',
  onInsert: () => 'runs',
  read: async (db: Session) => {
    const rows = await db.json<FunctionRow>(functionsSql)
    const [{ functionsOfBuiltIns, operatorsOfBuiltIns, ...all } = nothingOutside] =
      await db.json<OutsideRow>(outsideNamesSql)
    const ofBuiltIns = { ...all, functions: functionsOfBuiltIns, operators: operatorsOfBuiltIns }
    return rows.map(({ uses, isOfBuiltIns, ...row }) => {
      const facts = { ...row, outside: isOfBuiltIns ? ofBuiltIns : all }
      return {
        id: functionId(facts, facts.args),
        kind: 'function',
        table: null,
        name: facts.name,
        definition: definitionOf(facts),
        dependsOn: usedIds(uses),
        facts,
      }
    })
  },
  create: ({ facts }) => [
    facts.statement.trim(),
    ...grantsOn(functionSql(facts), facts.acl, facts.owner, facts.acl === null ? [] : [null]),
    ...commentOn(functionSql(facts), facts.comment),
  ],
  drop: ({ facts }) => [`drop ${functionSql(facts)} cascade`],
  mutants: functionMutants,
  calls: ({ facts }) => ({ name: facts.name, body: facts.body ?? facts.statement }),
  tells: tellingBody,
  answerMutants: sqlBodyMutants,
  declaredBy: ({ id, facts }) =>
    facts.isTrigger || facts.isEventTrigger
      ? `the rule that calls it, with { by: [${JSON.stringify(id)}] }`
      : `fn(${JSON.stringify(id.slice('function:'.length))}, { behaves: { '…': { given: { … }, call: '…', answers: '…' } } })`,
}
