/** Rows that agree in their whole key but lack one part of it: they stand side by side unless nulls are not distinct. */
import { optionalColumns } from './declared.ts'
import { accepted, type Ground } from './draft.ts'
import { duplicateCause } from './key-cases.ts'
import { acceptedRow, keyColumns, pinned, secondRow, type Key } from './key.ts'
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
    if (part.isColumn && !part.columns.every((c) => optional.has(c))) continue
    const others = key.parts.filter((p) => p !== part).flatMap((p) => p.columns)
    const where = [`(${part.sql}) is null`, ...(key.where === null ? [] : [`(${key.where})`])]
    const kept = [...others, ...key.whereColumns].filter((c) => !part.columns.includes(c))
    const one = await makeRow(context, table, { pins: pinned(first.row, kept), family: 'a', where })
    // Other constraints may forbid the null where the rest of the key is there: then nulls make no difference.
    if ('unsolved' in one) continue
    const before = [...one.given, rows.insert(table, one.row)]
    const pins = pinned(one.row, [...keyColumns(key), ...key.whereColumns])
    const make = key.nullsNotDistinct ? secondRow : acceptedRow
    const two = await make(context, { pins, before, until: key.names })
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
