/** A function that stands on its own: what it answers when it is called. */
import { databaseObjects, parseRelationName, relationId } from '../../ground/names.ts'
import { literal, qualified } from '../../postgres/quote.ts'
import { declaredAt } from '../declared-at.ts'
import { makeObjectRule, type ObjectCase } from '../kinds/object.ts'
import type { ObjectDeclaration } from '../object.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import { declarationFault } from '../rule-set.ts'
import { accessRules, type ObjectOptions, type ObjectPlace } from './object-access.ts'

export interface FunctionOptions extends ObjectOptions {
  /** Call → what it answers, both as SQL: `{ "slugify('A b')": "'a-b'" }`. */
  readonly answers?: Readonly<Record<string, string>>
  /** Call → the SQLSTATE that it is refused with. */
  readonly refuses?: Readonly<Record<string, string>>
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

/**
 * A function by its name and argument types, among the `objects` of an architecture, with what its calls answer.
 *
 * @example
 * fn('slugify(text)', { answers: { "slugify('A b')": "'a-b'" } })  // select slugify('A b') is not distinct from 'a-b'
 */
export const fn = (signature: string, options: FunctionOptions = {}): ObjectDeclaration => {
  const at = declaredAt(fn)
  const open = signature.indexOf('(')
  const relation = parseRelationName(open < 0 ? signature : signature.slice(0, open))
  const args = open < 0 ? [] : argumentsOf(signature.slice(open + 1, signature.lastIndexOf(')')))
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
      refuseUnknownKeys(faults, 'fn', options, ['answers', 'refuses', 'says', 'usableBy'])
      const { answers = {}, refuses = {} } = options
      const cases = [...Object.entries(answers).map(answerCase), ...Object.entries(refuses).map(refusalCase)]
      if (cases.length === 0 && options.says === undefined && options.usableBy === undefined)
        refuse(
          declarationFault(
            { at },
            'no-calls',
            `${structure}: nothing is said of the function.`,
            `Give calls with their answers: fn('${signature}', { answers: { … } }).`,
          ),
        )
      const own = makeObjectRule(at, structure, 'calls', {
        sentence: `${structure} answers as its examples say`,
        structures: [structure],
        cases,
        design: [],
      })
      const rules = [...(cases.length === 0 ? [] : [own]), ...accessRules(at, place, options)]
      return { structure, rules, design: [], at }
    },
  }
}
