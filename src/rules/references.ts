/** references: every row points to an existing row of another table (or its own), or to none; and what becomes of it when that row goes or changes. */
import type { Architecture } from '../architecture/architecture.ts'
import type { ReferencesRule, ReferentialAction } from '../architecture/kinds/references.ts'
import { referencesOf } from '../catalog/references.ts'
import { ident, identList } from '../postgres/quote.ts'
import { alterTable, deferrableText, tableText } from './ddl.ts'
import { optionalColumns } from './declared.ts'
import { standOnBaseRow } from './draft.ts'
import { foreignKeyName, foreignKeyOf, pointedTo } from './foreign-key.ts'
import { matchedAlike } from './references/both-or-none.ts'
import { addDeleteCases } from './references/delete.ts'
import { familyOf } from './references/family.ts'
import { addPointerCases } from './references/pointers.ts'
import { addTimingCases } from './references/timing.ts'
import { addUpdateCases } from './references/update.ts'
import type { RuleKind } from './rule-kind.ts'
import { listed } from './sentence.ts'

const whenDeleted: Readonly<Record<ReferentialAction, string>> = {
  'no action': 'which cannot be deleted while this stands',
  restrict: 'which cannot be deleted',
  cascade: 'and goes with it',
  'set null': 'and is emptied when that goes',
  'set default': 'and gets its default when that goes',
}

const whenChanged: Readonly<Record<ReferentialAction, string>> = {
  'no action': '',
  restrict: ', whose key cannot change',
  cascade: ', and follows its key',
  'set null': ', and is emptied when its key changes',
  'set default': ', and gets its default when its key changes',
}

/** SET NULL empties what may be empty: with a required column among the referencing ones the others are listed (PostgreSQL 15). */
const emptied = (rule: ReferencesRule, architecture: Architecture): string => {
  if (rule.onDeleteSets) return ` (${identList(rule.onDeleteSets)})`
  if (rule.onDelete !== 'set null') return ''
  const optional = optionalColumns(architecture, rule.table)
  const columns = rule.columns.filter((c) => optional.includes(c))
  return columns.length === 0 || columns.length === rule.columns.length ? '' : ` (${identList(columns)})`
}

export const references: RuleKind<ReferencesRule> = {
  kind: 'references',
  designPlace: -10,
  sentence: (rule) =>
    rule.isOverPeriod
      ? `rows of ${rule.target} with the same ${listed(rule.columns.slice(0, -1))} cover ${rule.columns.at(-1)} from end to end, and stay while this stands`
      : `${listed(rule.columns)} ${rule.columns.length === 1 ? 'points' : 'point'} to a row of ${rule.target} ${whenDeleted[rule.onDelete]}${whenChanged[rule.onUpdate]}`,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const key = await foreignKeyOf(rule, context)
    if (!key) {
      ground.draft.unsolved(
        `the key of ${rule.target} that it points to is not known`,
        'its declared primary key',
      )
      return ground.draft.written()
    }
    await addPointerCases(key, context, ground)
    const family = await familyOf(key, context, ground.world)
    if ('unsolved' in family) {
      ground.draft.unsolved(
        `no row of ${rule.target} with a row that points to it was found: ${family.unsolved}`,
        family.tried,
      )
      return ground.draft.written()
    }
    const notes = [
      ...(await addDeleteCases(key, family, context, ground)),
      ...(await addUpdateCases(key, family, context, ground)),
    ]
    await addTimingCases(key, family, context, ground)
    const indistinct = await matchedAlike(key, context)
    return {
      ...ground.draft.written(),
      ...(notes.length > 0 ? { notes } : {}),
      ...(indistinct.length > 0 ? { indistinct } : {}),
    }
  },
  design: (rule, architecture) => {
    const name = ident(foreignKeyName(rule))
    const listOf = (columns: readonly string[]): string =>
      rule.isOverPeriod
        ? `${identList(columns.slice(0, -1))}, period ${ident(columns.at(-1) ?? '')}`
        : identList(columns)
    const target = `${tableText(rule.target)}${rule.targetColumns.length > 0 ? ` (${listOf(rule.targetColumns)})` : ''}`
    const actions = [
      rule.match === 'full' ? ' match full' : '',
      rule.onDelete === 'no action' ? '' : ` on delete ${rule.onDelete}${emptied(rule, architecture)}`,
      rule.onUpdate === 'no action' ? '' : ` on update ${rule.onUpdate}`,
      deferrableText(rule.deferrable),
    ].join('')
    return [
      alterTable(
        rule.table,
        `add constraint ${name} foreign key (${listOf(rule.columns)}) references ${target}${actions}`,
      ),
    ]
  },
  claims: (rule, { catalog, architecture }) => {
    const targetColumns = pointedTo(rule, { architecture, catalog })
    const pairs = (columns: readonly string[], others: readonly string[]): string =>
      JSON.stringify(columns.map((c, i) => JSON.stringify([c, others[i]])).toSorted())
    const wanted = pairs(rule.columns, targetColumns)
    const same = referencesOf(catalog, rule.table).filter(
      ({ facts }) =>
        facts.target === rule.target &&
        facts.period === (rule.isOverPeriod ?? false) &&
        pairs(facts.columns, facts.targetColumns) === wanted,
    )
    return same.slice(0, 1).map((s) => s.id)
  },
}
