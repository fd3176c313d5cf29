/** Rows that agree in their whole key but lack one part of it: they stand side by side unless nulls are not distinct. */
import { optionalColumns } from '../declared.ts'
import { accepted, type Ground } from '../draft.ts'
import { duplicateCause } from './cases.ts'
import { acceptedRow, keyColumns, pinned, secondRow, type Key, type KeyPart } from './key.ts'
import { makeRow, type MadeRow } from '../make-row.ts'
import { checksThatRefuseNull } from '../nulls/refusing-checks.ts'
import type { Indistinct, RuleContext } from '../rule-kind.ts'
import { listed } from '../sentence.ts'

export const addNullKeyCases = async (
  context: RuleContext,
  ground: Ground,
  key: Key,
  first: MadeRow,
): Promise<readonly Indistinct[]> => {
  const { rows, table, architecture } = context
  const optional = new Set(optionalColumns(architecture, table.id))
  const mayBeNull = (part: KeyPart): boolean =>
    !part.isColumn || part.columns.every((column) => optional.has(column))
  const open = key.parts.filter(mayBeNull)
  let isShown = false
  const neverNull = new Set<KeyPart>()
  // CHECKs may want all of them null, or none: then they are null together.
  for (const parts of [...open.map((part) => [part]), ...(open.length > 1 ? [open] : [])]) {
    if (parts.length > 1 && isShown) break
    const own = parts.flatMap((part) => part.columns)
    const others = key.parts.filter((p) => !parts.includes(p)).flatMap((p) => p.columns)
    const where = [
      ...parts.map((part) => `(${part.sql}) is null`),
      ...(key.where === null ? [] : [`(${key.where})`]),
    ]
    const kept = [...others, ...key.whereColumns].filter((c) => !own.includes(c))
    const shown = listed(parts.map((part) => part.shown))
    const one = await makeRow(context, table, { pins: pinned(first.row, kept), family: 'a', where })
    // Other constraints may forbid the null where the rest of the key is there: then nulls make no difference.
    if ('unsolved' in one) {
      if (parts.length === 1 && (await isRefusedByChecks(context, parts[0]!))) neverNull.add(parts[0]!)
      continue
    }
    const before = [...one.given, rows.insert(table, one.row)]
    const pins = pinned(one.row, [...keyColumns(key), ...key.whereColumns])
    const make = key.nullsNotDistinct ? secondRow : acceptedRow
    const two = await make(context, { pins, before, until: key.names })
    if ('unsolved' in two) {
      ground.draft.unsolved(`no second row without ${shown} was found: ${two.unsolved}`, two.tried)
      continue
    }
    isShown = true
    ground.draft.add({
      title: `two rows without ${shown} ${key.parts.length > parts.length ? 'but else of the same key ' : ''}${key.nullsNotDistinct ? 'are refused' : 'are accepted'}`,
      given: [...before, ...two.given],
      when: [rows.insert(table, two.row)],
      then: key.nullsNotDistinct ? { kind: 'rejected', by: duplicateCause(key, two.refusedBy) } : accepted,
    })
  }
  const isIdle = key.claimed !== null && open.length > 0 && open.every((part) => neverNull.has(part))
  return isIdle
    ? [
        {
          structure: key.claimed.id,
          mutant: `${key.claimed.id}~nulls-not-distinct-flipped`,
          why: 'no row is without a part of the key: CHECKs refuse null in each that may be null',
        },
      ]
    : []
}

/** What its functions answer for null, no text says. */
const isRefusedByChecks = async (context: RuleContext, { isColumn, columns }: KeyPart): Promise<boolean> => {
  const [column, ...more] = columns
  if (!isColumn || column === undefined || more.length > 0) return false
  return (await checksThatRefuseNull(context, column)).length > 0
}
