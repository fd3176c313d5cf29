/** Functions as `fn(…)`, with the calls that were observed. */
import { fn } from '../../architecture/objects/fn.ts'
import type { CallOption } from '../../architecture/kinds/called.ts'
import type { FunctionFacts } from '../../catalog/function.ts'
import type { Structure } from '../../catalog/structure.ts'
import type { ObservedFunction } from '../calls/observed-function.ts'
import { array, atom, entry, object, type Code, type Entry } from './code.ts'
import { key, sql, text } from './literals.ts'

type RowLike = Readonly<Record<string, string>>
type Tables = Readonly<Record<string, RowLike | readonly RowLike[]>>

const rowCode = (row: RowLike): Code =>
  object(Object.entries(row).map(([column, value]) => entry(key(column), sql(value))))

const byTable = (tables: Tables): Code =>
  object(
    Object.entries(tables).map(([table, rows]) =>
      entry(key(table), Array.isArray(rows) ? array(rows.map(rowCode)) : rowCode(rows as RowLike)),
    ),
  )

const lineCode = (line: string | null): Code => (line === null ? atom('null') : text(line))

const answersCode = (answers: Exclude<CallOption['answers'], undefined>): Code => {
  if (typeof answers === 'number') return atom(String(answers))
  return Array.isArray(answers) ? array(answers.map(lineCode)) : lineCode(answers as string | null)
}

const callCode = (sentence: string, one: CallOption): Code =>
  object([
    ...(one.given ? [entry('given', byTable(one.given))] : []),
    ...(one.as === undefined ? [] : [entry('as', text(one.as))]),
    ...(one.byStranger === true ? [entry('byStranger', atom('true'))] : []),
    ...(one.settings ? [entry('settings', rowCode(one.settings))] : []),
    ...(one.call === undefined || one.call === sentence ? [] : [entry('call', sql(one.call))]),
    ...(one.answers === undefined ? [] : [entry('answers', answersCode(one.answers))]),
    ...(one.columns === undefined ? [] : [entry('columns', array(one.columns.map(text)))]),
    ...(one.refused === undefined ? [] : [entry('refused', text(one.refused))]),
    ...(one.leaves ? [entry('leaves', byTable(one.leaves))] : []),
    ...(one.removes
      ? [
          entry(
            'removes',
            object(Object.entries(one.removes).map(([table, n]) => entry(key(table), atom(String(n))))),
          ),
        ]
      : []),
  ])

/** `observed: { … }`; [] where no call was seen. */
export const observedEntries = (seen: ObservedFunction | undefined): readonly Entry[] =>
  seen === undefined || seen.entries.length === 0
    ? []
    : [
        entry(
          'observed',
          object(
            seen.entries.map(({ sentence, option }) => entry(key(sentence), callCode(sentence, option))),
          ),
        ),
      ]

/** `'sales.total(integer)'`, or its parts where text would be read as another name. */
export const functionName = (structure: Structure): Code => {
  const signature = structure.id.slice('function:'.length)
  if (fn(signature).declare(() => undefined).structure === structure.id) return text(signature)
  const { schema, name, args } = structure.facts as FunctionFacts
  return object([
    entry('schema', text(schema)),
    entry('name', text(name)),
    entry('args', array(args.map(text))),
  ])
}
