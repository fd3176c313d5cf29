/** A function that stands on its own: what it answers when it is called. */
import { databaseObjects, parseRelationName, relationId, type RelationName } from '../../ground/names.ts'
import { literal, qualified } from '../../postgres/quote.ts'
import { declaredAt } from '../declared-at.ts'
import { makeCalledRules, type CallOptions } from '../kinds/called.ts'
import { makeObjectRule, type ObjectCase } from '../kinds/object.ts'
import type { ObjectDeclaration } from '../object.ts'
import type { DeclaredAt } from '../rule.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import { declarationFault } from '../rule-set.ts'
import { accessRules, type ObjectOptions, type ObjectPlace } from './object-access.ts'

export interface FunctionOptions extends ObjectOptions {
  /** Call → what it answers, both as SQL: `{ "slugify('A b')": "'a-b'" }`. */
  readonly answers?: Readonly<Record<string, string>>
  /** Call → the SQLSTATE that it is refused with. */
  readonly refuses?: Readonly<Record<string, string>>
  /** Calls that were seen in a database, among given rows: nobody has said yet that it is right so. */
  readonly observed?: CallOptions
  /** The same said by a person: what a call must answer, refuse, or leave behind. */
  readonly behaves?: CallOptions
  /**
   * The whole CREATE OR REPLACE FUNCTION as pg_get_functiondef prints it: for a function that nothing here runs, such as
   * one of an event trigger. Its text is compared, and nothing is shown of what it does.
   */
  readonly definition?: string
}

/** A name with dots, spaces or quotes stands in parts. */
export interface FunctionName extends RelationName {
  /** Types of its input arguments. */
  readonly args: readonly string[]
}

/** Commas inside `numeric(10,2)` or a quoted name part no arguments. */
const argumentsOf = (text: string): readonly string[] => {
  const parts = text.match(/(?:"(?:[^"]|"")*"|\([^)]*\)|[^,"(])+/gu) ?? []
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

const answerCase = ([call, answer]: readonly [string, string]): ObjectCase => ({
  title: `${call} is ${answer}`,
  given: [],
  when: [`select (${call}\n) is not distinct from (${answer}\n)`],
  then: { rows: [['t']] },
})

const refusalCase = ([call, sqlstate]: readonly [string, string]): ObjectCase => ({
  title: `${call} is refused with ${sqlstate}`,
  given: [],
  when: [`select ${call}`],
  then: { sqlstate },
})

const definitionRule = (at: DeclaredAt | null, structure: string, sql: string, definition: string) =>
  makeObjectRule(at, structure, 'definition', {
    sentence: `${structure} stands word for word; nothing runs it here`,
    structures: [structure],
    cases: [
      {
        title: 'it stands word for word',
        given: ["set local search_path = ''"],
        when: [
          `select pg_catalog.btrim(pg_catalog.pg_get_functiondef(${literal(sql)}::pg_catalog.regprocedure), E'\\n') = ${literal(definition.trim())}`,
        ],
        then: { rows: [['t']] },
      },
    ],
    design: [`${definition.trim()};`],
  })

const nameOf = (signature: string | FunctionName): FunctionName => {
  if (typeof signature !== 'string') return signature
  const open = signature.indexOf('(')
  const relation = parseRelationName(open < 0 ? signature : signature.slice(0, open))
  const args = open < 0 ? [] : argumentsOf(signature.slice(open + 1, signature.lastIndexOf(')')))
  return { ...relation, args }
}

/**
 * A function by its name and argument types, among the `objects` of an architecture, with what its calls answer and
 * do. Where that hangs on rows, `behaves` lays them first: those that are given, and no others.
 *
 * @example
 * fn('slugify(text)', { answers: { "slugify('A b')": "'a-b'" } })  // select slugify('A b') is not distinct from 'a-b'
 *
 * @example
 * fn('in_stock(bigint)', {
 *   behaves: {
 *     'what is lent is not in stock': {
 *       given: { copies: [{ id: '1' }], loans: [{ copy_id: '1', returned_at: 'null' }] },
 *       call: 'in_stock(1)',
 *       answers: 'false',
 *     },
 *   },
 * })
 * // insert into copies … ; insert into loans … ; select in_stock(1)::text → false
 */
export const fn = (signature: string | FunctionName, options: FunctionOptions = {}): ObjectDeclaration => {
  const at = declaredAt(fn)
  const { schema, name, args } = nameOf(signature)
  const relation = { schema, name }
  const structure = `function:${relationId(relation)}(${args.join(',')})`
  const sql = `${qualified(relation)}(${args.join(', ')})`
  const place: ObjectPlace = {
    structure,
    sql: `function ${sql}`,
    oid: `${literal(sql)}::regprocedure`,
    catalog: 'pg_proc',
  }
  return {
    declare: (refuse) => {
      const faults = { table: databaseObjects, tableColumns: [], at, refuse }
      refuseUnknownKeys(faults, 'fn', options, [
        'answers',
        'refuses',
        'observed',
        'behaves',
        'definition',
        'says',
        'usableBy',
      ])
      const { answers = {}, refuses = {}, definition } = options
      const cases = [...Object.entries(answers).map(answerCase), ...Object.entries(refuses).map(refusalCase)]
      const called = [
        ...makeCalledRules('call', { at, refuse }, structure, options.behaves),
        ...makeCalledRules('observedCall', { at, refuse }, structure, options.observed),
      ]
      const written = definition === undefined ? [] : [definitionRule(at, structure, sql, definition)]
      const stated = cases.length + called.length + written.length
      if (stated === 0 && options.says === undefined && options.usableBy === undefined)
        refuse(
          declarationFault(
            { at },
            'no-calls',
            `${structure}: nothing is said of the function.`,
            `Give calls with their answers: fn('${sql}', { answers: { … } }).`,
          ),
        )
      const own = makeObjectRule(at, structure, 'calls', {
        sentence: `${structure} answers as its examples say`,
        structures: [structure],
        cases,
        design: [],
      })
      const rules = [
        ...written,
        ...(cases.length === 0 ? [] : [own]),
        ...called,
        ...accessRules(at, place, options),
      ]
      return { structure, rules, design: written.flatMap((rule) => rule.design), at }
    },
  }
}
