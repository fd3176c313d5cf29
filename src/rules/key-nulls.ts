/** Rows that agree in their whole key but lack one part of it: they stand side by side unless nulls are not distinct. */
import { optionalColumns } from './declared.ts'
import { accepted, type Ground } from './draft.ts'
import { duplicateCause } from './key-cases.ts'
import { keyColumns, pinned, secondRow, type Key } from './key.ts'
import { makeRow, type MadeRow } from './make-row.ts'
import type { RuleContext } from './rule-kind.ts'

export const addNullKeyCases = async (
  context: RuleContext,
  ground: Ground,
  key: Key,
  first: MadeRow,
): Promise<void> => {
  const { rows, table, architecture } = context
  const optional = new Set(optionalColumns(architecture, table.id))
  for (const part of key.parts) {
    const column = part.columns[0]
    if (!part.isColumn || column === undefined || !optional.has(column) || key.whereColumns.includes(column))
      continue
    const pins = { ...pinned(first.row, [...keyColumns(key), ...key.whereColumns]), [column]: 'null' }
    const one = await makeRow(context, table, { pins, family: 'a' })
    // Other constraints may forbid the null where the rest of the key is there: then nulls make no difference.
    if ('unsolved' in one) continue
    const before = [...one.given, rows.insert(table, one.row)]
    const two = await secondRow(context, { pins, before, until: key.names })
    if ('unsolved' in two) {
      ground.draft.unsolved(`no second row without ${part.shown} was found: ${two.unsolved}`, two.tried)
      continue
    }
    ground.draft.add({
      title: `two rows without ${part.shown} ${key.parts.length > 1 ? 'but else of the same key ' : ''}${key.nullsNotDistinct ? 'are refused' : 'are accepted'}`,
      given: [...before, ...two.given],
      when: [rows.insert(table, two.row)],
      then: key.nullsNotDistinct ? { kind: 'rejected', by: duplicateCause(key, two.refusedBy) } : accepted,
    })
  }
}
