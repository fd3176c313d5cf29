/** primaryKey: rows are told apart by these columns, which are never null. */
import type { PrimaryKeyRule } from '../architecture/kinds/primary-key.ts'
import { primaryKeysOf } from '../catalog/primary-key.ts'
import { ident, identList } from '../postgres/quote.ts'
import { claimedOf } from './claimed.ts'
import { alterTable, deferrableText, structureName } from './ddl.ts'
import { standOnBaseRow } from './draft.ts'
import { ownOrInherited } from './inherited.ts'
import { addKeyCases } from './key/cases.ts'
import { addExpressionCases } from './key/expressions.ts'
import { makeKeyPart, type Key } from './key/key.ts'
import { addNullInsertCase } from './nulls/cases.ts'
import { reportedNames } from './reported-names.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { listed } from './sentence.ts'
import {
  claimPeriodKey,
  designPeriodKey,
  overlapsSince,
  periodSentence,
  writePeriodKey,
  type PeriodKey,
} from './without-overlaps.ts'

const keyName = (rule: PrimaryKeyRule): string => structureName(rule.table, 'pkey')

const periodKeyOf = (rule: PrimaryKeyRule): PeriodKey | null =>
  rule.withoutOverlaps === undefined
    ? null
    : {
        rule,
        columns: rule.columns,
        deferrable: rule.deferrable ?? 'no',
        word: 'primary key',
        name: keyName(rule),
      }

const keyOf = async (rule: PrimaryKeyRule, context: RuleContext): Promise<Key> => ({
  parts: await Promise.all(rule.columns.map((c) => makeKeyPart(context, { column: c, expression: c }))),
  where: null,
  whereColumns: [],
  claimed: null,
  nullsNotDistinct: false,
  deferrable: rule.deferrable ?? 'no',
  sqlstate: '23505',
  partners: {},
  names: await reportedNames(context.db, context.table, claimedOf(context, 'primaryKey'), keyName(rule)),
})

export const primaryKey: RuleKind<PrimaryKeyRule> = {
  kind: 'primaryKey',
  designPlace: -30,
  sentence: (rule) => {
    const period = periodKeyOf(rule)
    if (period) return `${periodSentence(period)}, and none of these is ever missing`
    return rule.columns.length === 1
      ? `${rule.columns[0]} tells rows apart: never missing, never twice`
      : `${listed(rule.columns)} together tell rows apart: never missing, never twice`
  },
  async experiments(rule, context) {
    const period = periodKeyOf(rule)
    if (period)
      return writePeriodKey(period, context, async (ground) => {
        for (const column of rule.columns) await addNullInsertCase(column, context, ground)
      })
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const first = { row: ground.base, given: [], refusedBy: null }
    const key = await keyOf(rule, context)
    await addKeyCases(context, ground, key, first)
    await addExpressionCases(context, ground, key, first)
    for (const column of rule.columns) await addNullInsertCase(column, context, ground)
    return ground.draft.written()
  },
  design: (rule, _architecture, major = overlapsSince) => {
    const period = periodKeyOf(rule)
    if (period) return designPeriodKey(period, deferrableText(rule.deferrable ?? 'no'), major)
    return [
      alterTable(
        rule.table,
        `add constraint ${ident(keyName(rule))} primary key (${identList(rule.columns)})${deferrableText(rule.deferrable ?? 'no')}`,
      ),
    ]
  },
  claims: (rule, { catalog }) => {
    const wanted = JSON.stringify(rule.columns.toSorted())
    const all = primaryKeysOf(catalog, rule.table)
    const period = periodKeyOf(rule)
    const keys = all
      .filter(({ facts }) => JSON.stringify(facts.keys.map((k) => k.column ?? '').toSorted()) === wanted)
      .map((s) => s.id)
    const notNull = rule.columns.flatMap((c) => ownOrInherited(catalog, rule.table, 'required', c) ?? [])
    const own = period ? claimPeriodKey(period, catalog, all) : keys
    return [...own, ...notNull]
  },
}
