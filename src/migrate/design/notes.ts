/** What a person should know before a designed migration meets a table with rows, as the kinds of its changes tell it. */
import type { Finding } from '../../prove/result.ts'
import { isNewTable, type Change, type ChangeContext } from '../changes/change.ts'
import { changeKindOf } from '../changes/kinds.ts'
import type { Note } from '../changes/note.ts'

export const notesOf = (changes: readonly Change[], context: ChangeContext): readonly Note[] =>
  changes.flatMap((change) =>
    context.online && !isNewTable(change.table, context)
      ? (changeKindOf(change.kind)?.notes?.(change, context) ?? [])
      : [],
  )

export const noteFinding = ({ code, structure, text, why, fix }: Note): Finding => ({
  code,
  severity: 'warning',
  structure,
  summary: text,
  why,
  fix,
})
