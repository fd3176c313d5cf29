/** unique: no two rows (that satisfy the predicate) agree on all keys. */
import type { UniqueRule } from '../architecture/kinds/unique.ts'
import { uniquesOf } from '../catalog/unique.ts'
import { loadParser } from '../postgres/parse.ts'
import { ident, identList } from '../postgres/quote.ts'
import { tableText, alterTable, deferrableText, structureName } from './ddl.ts'
import { claimedOf } from './claimed.ts'
import { standOnBaseRow } from './draft.ts'
import { addKeyCases } from './key/cases.ts'
import { addExpressionCases } from './key/expressions.ts'
import { addNullKeyCases } from './key/nulls.ts'
import { addPredicateCases } from './key/predicate.ts'
import { claimedPredicate, firstRow, makeKeyPart, writtenColumnsIn, type Key } from './key/key.ts'
import { reportedNames } from './reported-names.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { listed, noun } from './sentence.ts'
import {
  claimPeriodKey,
  designPeriodKey,
  overlapsSince,
  periodSentence,
  writePeriodKey,
  type PeriodKey,
} from './without-overlaps.ts'

/** Two keys over the same parts under different predicates need names of their own. */
const keyName = (rule: UniqueRule): string =>
  structureName(
    rule.table,
    ...rule.keys.map((k) => k.column ?? k.expression),
    ...(rule.where === null ? [] : [rule.where]),
    'key',
  )

const periodKeyOf = (rule: UniqueRule): PeriodKey | null =>
  rule.withoutOverlaps === undefined
    ? null
    : {
        rule,
        columns: rule.keys.map((k) => k.column ?? ''),
        deferrable: rule.deferrable,
        word: 'unique',
        name: keyName(rule),
      }

const keyOf = async (rule: UniqueRule, context: RuleContext): Promise<Key> => ({
  parts: await Promise.all(rule.keys.map((k) => makeKeyPart(context, k))),
  where: rule.where,
  whereColumns: rule.where === null ? [] : await writtenColumnsIn(context, rule.where),
  claimed: claimedPredicate(uniquesOf(context.catalog, rule.table), context),
  nullsNotDistinct: rule.nullsNotDistinct,
  deferrable: rule.deferrable,
  sqlstate: '23505',
  partners: {},
  names: await reportedNames(context.db, context.table, claimedOf(context, 'unique'), keyName(rule)),
})

/** A unique constraint cannot have a predicate or an expression; an index cannot be deferred. */
const isConstraint = (rule: UniqueRule): boolean =>
  rule.where === null && rule.keys.every((k) => k.column !== null)

export const unique: RuleKind<UniqueRule> = {
  kind: 'unique',
  designPlace: -20,
  sentence: (rule) => {
    const period = periodKeyOf(rule)
    if (period) return periodSentence(period)
    const shown = rule.keys.map((k) => k.column ?? k.expression)
    const among = rule.where === null ? '' : ` among those with ${rule.where}`
    const nulls = rule.nullsNotDistinct ? ', missing values being equal' : ''
    const of = shown.length === 1 ? '' : ` of the same ${listed(shown.slice(0, -1))}`
    return `two ${noun(rule.table)}${of} never share ${shown.at(-1)}${among}${nulls}`
  },
  async experiments(rule, context) {
    const period = periodKeyOf(rule)
    if (period) return writePeriodKey(period, context)
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    await loadParser()
    const key = await keyOf(rule, context)
    const first = await firstRow(context, key, ground.base)
    if ('unsolved' in first) {
      ground.draft.unsolved(`no row was found that has all of its key: ${first.unsolved}`, first.tried)
      return ground.draft.written()
    }
    await addKeyCases(context, ground, key, first)
    const neverNull = await addNullKeyCases(context, ground, key, first)
    await addExpressionCases(context, ground, key, first)
    await addPredicateCases(context, ground, key, first)
    const written = ground.draft.written()
    return neverNull.length === 0
      ? written
      : { ...written, indistinct: [...(written.indistinct ?? []), ...neverNull] }
  },
  design: (rule, _architecture, major = overlapsSince) => {
    const period = periodKeyOf(rule)
    if (period) return designPeriodKey(period, deferrableText(rule.deferrable), major)
    const nulls = rule.nullsNotDistinct ? ' nulls not distinct' : ''
    const name = ident(keyName(rule))
    if (isConstraint(rule)) {
      const columns = identList(rule.keys.map((k) => k.column ?? ''))
      return [
        alterTable(
          rule.table,
          `add constraint ${name} unique${nulls} (${columns})${deferrableText(rule.deferrable)}`,
        ),
      ]
    }
    const parts = rule.keys.map((k) => (k.column === null ? `(${k.expression})` : ident(k.column)))
    const where = rule.where === null ? '' : ` where ${rule.where}`
    return [`create unique index ${name} on ${tableText(rule.table)} (${parts.join(', ')})${nulls}${where};`]
  },
  claims: (rule, { catalog, normal }) => {
    const period = periodKeyOf(rule)
    if (period) return claimPeriodKey(period, catalog, uniquesOf(catalog, rule.table))
    const part = (k: { column: string | null; expression: string }): string =>
      k.column === null ? `(${normal.expression(rule.table, k.expression)})` : ident(k.column)
    const shape = (
      keys: readonly { column: string | null; expression: string }[],
      where: string | null,
    ): string =>
      JSON.stringify([
        keys.map(part).toSorted(),
        where === null ? null : normal.expression(rule.table, where),
      ])
    const wanted = shape(rule.keys, rule.where)
    const same = uniquesOf(catalog, rule.table).filter(
      ({ facts }) => shape(facts.keys, facts.predicate) === wanted,
    )
    const exact = same.filter(
      ({ facts }) => facts.nullsNotDistinct === rule.nullsNotDistinct && facts.deferrable === rule.deferrable,
    )
    const found = exact[0] ?? same[0]
    return found ? [found.id] : []
  },
}
