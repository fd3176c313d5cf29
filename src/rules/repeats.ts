/**
 * repeats: two rows with the same value in a column stand side by side. A control only: as many columns as can be the
 * same at once are shown by one pair of rows, the others each by a pair of its own.
 */
import type { RepeatsRule } from '../architecture/kinds/repeats.ts'
import { primaryKeysOf } from '../catalog/primary-key.ts'
import { uniquesOf } from '../catalog/unique.ts'
import { ident } from '../postgres/quote.ts'
import type { Row } from '../rows/rows.ts'
import { accepted, standOnBaseRow, type Ground } from './draft.ts'
import { ownOrInherited } from './inherited.ts'
import { pinned } from './key/key.ts'
import { makeRow, type MadeRow, type UnmadeRow } from './make-row.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { listed } from './sentence.ts'

interface Pair {
  readonly first: MadeRow
  readonly second: MadeRow
}

/** Null is never the same as null: a pair shows something only where there are values. */
const rowWithValues = async (
  context: RuleContext,
  base: Row,
  columns: readonly string[],
): Promise<MadeRow | UnmadeRow> => {
  const conditions = columns.map((column) => `(${ident(column)}) is not null`)
  const [judged] = await context.rows.judge(context.table, [base], conditions)
  if (judged?.every((answer) => answer === 't')) return { row: base, given: [], refusedBy: null }
  return makeRow(context, context.table, { pins: {}, family: 'a', where: conditions })
}

const makePair = async (
  context: RuleContext,
  base: Row,
  columns: readonly string[],
): Promise<Pair | UnmadeRow> => {
  const first = await rowWithValues(context, base, columns)
  if ('unsolved' in first) return first
  const second = await makeRow(context, context.table, {
    pins: pinned(first.row, columns),
    before: [...first.given, context.rows.insert(context.table, first.row)],
  })
  return 'unsolved' in second ? second : { first, second }
}

const addPair = (context: RuleContext, { draft }: Ground, columns: readonly string[], pair: Pair): void => {
  const { rows, table } = context
  const { first, second } = pair
  draft.add({
    title: `a second row with the same ${listed(columns)} is accepted`,
    given: [...first.given, rows.insert(table, first.row), ...second.given],
    when: [rows.insert(table, second.row)],
    then: accepted,
  })
}

/** Parts of keys are rarely the same all at once. */
const keyParts = ({ catalog, table }: RuleContext): ReadonlySet<string> =>
  new Set(
    [...primaryKeysOf(catalog, table.id), ...uniquesOf(catalog, table.id)].flatMap(({ facts }) =>
      facts.keys.flatMap(({ column }) => (column === null ? [] : [column])),
    ),
  )

export const repeats: RuleKind<RepeatsRule> = {
  kind: 'repeats',
  heedsTriggers: true,
  isWithoutKey: true,
  sentence: (rule) => `two rows may have the same ${listed(rule.columns)}`,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const inKeys = keyParts(context)
    const together = rule.columns.filter((column) => !inKeys.has(column))
    const all = together.length > 1 ? await makePair(context, ground.base, together) : null
    if (all && 'first' in all) addPair(context, ground, together, all)
    const alone = all && 'first' in all ? rule.columns.filter((c) => inKeys.has(c)) : rule.columns
    for (const column of alone) {
      const pair = await makePair(context, ground.base, [column])
      if ('first' in pair) addPair(context, ground, [column], pair)
      else {
        const { unsolved, tried } = pair
        ground.draft.unsolved(`no second row with the same ${column} was found: ${unsolved}`, tried)
      }
    }
    return ground.draft.written()
  },
  // What would break it is not there: no DDL makes it hold but the removal of a key that a person has to choose.
  design: () => [],
  claims: (rule, { catalog }) =>
    rule.columns.flatMap((column) => ownOrInherited(catalog, rule.table, 'column', column) ?? []),
}
