/** What a deleted row leaves behind is free: its unique keys may be used again, and then it cannot come back. */
import type { UniqueRule } from '../../architecture/kinds/unique.ts'
import { ident } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { tableText } from '../ddl.ts'
import { rulesOf } from '../declared.ts'
import { accepted } from '../draft.ts'
import { columnsIn } from '../expression-columns.ts'
import { makeRow } from '../make-row.ts'
import { without } from '../aged-row.ts'
import { listed } from '../sentence.ts'
import type { SoftStage } from './stage.ts'

const shownKey = (unique: UniqueRule): string => listed(unique.keys.map((k) => k.column ?? k.expression))

/** Every column of the key and of its predicate but the one that tells the living. */
const columnsOf = async ({ rule, context }: SoftStage, unique: UniqueRule): Promise<readonly string[]> => {
  const parts = await Promise.all(
    unique.keys.map(async (k) => (k.column === null ? columnsIn(context.table, k.expression) : [k.column])),
  )
  const predicate = unique.where === null ? [] : await columnsIn(context.table, unique.where)
  return [...new Set([...parts.flat(), ...predicate])].filter((c) => c !== rule.column)
}

const addUniqueCases = async (stage: SoftStage, unique: UniqueRule): Promise<void> => {
  const { rule, context, ground, relation, place } = stage
  const deleted = await place('a', 'now()')
  if (!deleted) return
  const shown = shownKey(unique)
  const columns = await columnsOf(stage, unique)
  const pins: Row = Object.fromEntries(columns.map((c) => [c, deleted.row[c] ?? 'null']))
  // A key with a null in it is shared by anybody: nothing would be shown.
  if (columns.some((c) => pins[c] === 'null')) return
  const made = await makeRow(context, context.table, {
    pins: { ...pins, [rule.column]: 'null' },
    family: 'b',
    before: deleted.given,
    until: [],
  })
  const mend = `-- unique among the living alone:\n-- t.unique(${unique.keys.map((k) => JSON.stringify(k.column ?? k.expression)).join(', ')}, { where: ${JSON.stringify(`${ident(rule.column)} is null`)} })`
  // Where PostgreSQL takes no such row, the row itself shows who refuses it.
  const row =
    'row' in made
      ? made
      : {
          row: { ...(await context.rows.base(context.table, 'b')), ...pins, [rule.column]: 'null' },
          given: [],
        }
  const insert = context.rows.insert(context.table, row.row)
  ground.draft.add({
    title: `a living row takes the ${shown} of a deleted one`,
    given: [...deleted.given, ...row.given],
    when: [insert],
    then: accepted,
    mend,
  })
  if (!('row' in made)) return
  const key = context.rows.where(context.table, without(deleted.row, rule.column))
  ground.draft.add({
    title: `a deleted row whose ${shown} is taken is not brought back`,
    given: [...deleted.given, ...row.given, insert],
    when: [`update ${relation} set ${ident(rule.column)} = null where ${key}`],
    then: { kind: 'rejected', by: { sqlstate: '23505' } },
    mend: `-- the key has to hold among the living: see ${tableText(rule.table)}`,
  })
}

export const addUniques = async (stage: SoftStage): Promise<void> => {
  for (const unique of rulesOf<UniqueRule>(stage.context.architecture, stage.rule.table, 'unique'))
    await addUniqueCases(stage, unique)
}
