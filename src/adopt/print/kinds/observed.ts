/** `t.observed('an update of name sets updated_at', { … }, { by: 'trigger:touch' })` */
import type { ObservedOption } from '../../../architecture/kinds/observed.ts'
import type { ObservedCall, ObservedTrigger } from '../../observe/observed-trigger.ts'
import { array, atom, call, entry, object, type Code, type Entry } from '../code.ts'
import { layout } from '../layout.ts'
import { key, sql, text } from '../literals.ts'
import type { PrintKind } from '../print-kind.ts'

type RowLike = Readonly<Record<string, string | undefined>>

const rowCode = (row: RowLike): Code =>
  object(
    Object.entries(row).flatMap(([column, value]) =>
      value === undefined ? [] : [entry(key(column), sql(value))],
    ),
  )

const rowsCode = (rows: RowLike | readonly RowLike[]): Code =>
  Array.isArray(rows) ? array((rows as readonly RowLike[]).map(rowCode)) : rowCode(rows as RowLike)

const byTable = (tables: Readonly<Record<string, RowLike | readonly RowLike[]>>): Code =>
  object(Object.entries(tables).map(([table, rows]) => entry(key(table), rowsCode(rows))))

const writeEntries = (write: ObservedOption<string>): readonly Entry[] => [
  ...(write.insert ? [entry('insert', rowCode(write.insert))] : []),
  ...(write.update ? [entry('update', rowCode(write.update))] : []),
  ...(write.again ? [entry('again', rowCode(write.again))] : []),
  ...(write.delete ? [entry('delete', atom('true'))] : []),
  ...(write.truncate ? [entry('truncate', atom('true'))] : []),
]

const optionCode = (one: ObservedOption<string>): Code =>
  object([
    ...(one.given ? [entry('given', rowCode(one.given))] : []),
    ...(one.beside ? [entry('beside', byTable(one.beside))] : []),
    ...(one.as === undefined ? [] : [entry('as', text(one.as))]),
    ...(one.settings ? [entry('settings', rowCode(one.settings))] : []),
    ...(one.constraints === undefined ? [] : [entry('constraints', text(one.constraints))]),
    ...writeEntries(one),
    ...(one.then ? [entry('then', object(writeEntries(one.then)))] : []),
    ...(one.refused === undefined ? [] : [entry('refused', text(one.refused))]),
    ...(one.leaves === undefined ? [] : [entry('leaves', rowsCode(one.leaves))]),
    ...(one.elsewhere ? [entry('elsewhere', byTable(one.elsewhere))] : []),
    ...(one.removes
      ? [
          entry(
            'removes',
            object(Object.entries(one.removes).map(([table, n]) => entry(key(table), atom(String(n))))),
          ),
        ]
      : []),
  ])

const observedCode = ({ sentence, observed, by }: ObservedCall): Code =>
  call('t.observed', text(sentence), optionCode(observed), object([entry('by', text(by))]))

/** The calls of some triggers as text, as they stand in a list of rules. */
export const observedText = (observed: readonly ObservedTrigger[], indent = 2): string =>
  observed
    .flatMap((one) => one.calls)
    .map(
      (one) => `${' '.repeat(indent)}${layout(observedCode(one), { indent, column: indent, after: 1 })},\n`,
    )
    .join('')

export const printObserved: PrintKind = (table, { observed = [] }) => {
  const own = observed.filter((one) => one.table === table.id)
  return {
    rules: own.flatMap((one) =>
      one.calls.map((each, i) => ({ code: observedCode(each), claims: i === 0 ? one.claims : [] })),
    ),
    left: own
      .filter((one) => one.calls.length === 0)
      .map((one) => ({
        structure: one.structure,
        why: one.findings[0]?.summary ?? 'no write that was tried shows what it does',
      })),
  }
}
