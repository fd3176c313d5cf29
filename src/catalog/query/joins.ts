/**
 * Joins broken on purpose: rows without a partner shown or left out, the condition dropped. Where keys or later
 * conditions prove that no such row can be seen, the mutant says so.
 */
import { ident } from '../../postgres/quote.ts'
import { operatorName } from '../expression/conditions.ts'
import { fieldsOf, type ParseNode } from '../expression/tree.ts'
import { aliasesOf, columnOf, kept, keysBetween } from './partners.ts'
import { wordOf, type Fields, type JoinPlace } from './tree.ts'
import type { Catalog, MutantEffect } from '../structure.ts'

export interface QueryChange {
  readonly does: string
  readonly detail: string
  readonly effect: MutantEffect
  readonly summary: string
  readonly query: ParseNode
  readonly equivalent?: string | null
}

const comparisons: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>='])

/** Kinds of tests that are unknown where what stands on their left is. */
const strictKinds: ReadonlySet<unknown> = new Set(['AEXPR_LIKE', 'AEXPR_ILIKE', 'AEXPR_IN', 'AEXPR_OP_ANY'])

/** A comparison is never true of a row that an outer join has blanked, and nothing in it is anything but null. */
const refusesBlank = (condition: ParseNode, aliases: readonly string[]): boolean => {
  const isBlank = (node: unknown): boolean => aliases.includes(columnOf(node)?.alias ?? '')
  const test = fieldsOf(condition, 'NullTest')
  if (test) return test['nulltesttype'] === 'IS_NOT_NULL' && isBlank(test['arg'])
  if (fieldsOf(condition, 'ColumnRef')) return isBlank(condition)
  const comparison = fieldsOf(condition, 'A_Expr')
  if (comparison && strictKinds.has(comparison['kind'])) return isBlank(comparison['lexpr'])
  if (comparison?.['kind'] !== 'AEXPR_OP' || !comparisons.has(operatorName(comparison))) return false
  return [comparison['lexpr'], comparison['rexpr']].some((side) =>
    aliases.includes(columnOf(side)?.alias ?? ''),
  )
}

const words: Readonly<Record<string, string>> = {
  JOIN_INNER: 'inner join',
  JOIN_LEFT: 'left join',
  JOIN_RIGHT: 'right join',
  JOIN_FULL: 'full join',
}

const exchanges: Readonly<Record<string, readonly string[]>> = {
  JOIN_INNER: ['JOIN_LEFT', 'JOIN_RIGHT'],
  JOIN_LEFT: ['JOIN_INNER'],
  JOIN_RIGHT: ['JOIN_INNER'],
  JOIN_FULL: ['JOIN_LEFT', 'JOIN_RIGHT'],
}

/** Why nobody can see rows of this side that have no partner. */
const neverAlone = (
  { fields, later, added, ctes }: JoinPlace,
  side: 'larg' | 'rarg',
  catalog: Catalog,
): string | null => {
  const other = side === 'larg' ? fields['rarg'] : fields['larg']
  const blanked = [...aliasesOf(other)]
  // From the inside outwards: what hangs on a blank row is blank itself.
  for (const { conditions, node } of added)
    if (conditions.some((condition) => refusesBlank(condition, blanked))) blanked.push(...aliasesOf(node))
  if (later.some((condition) => refusesBlank(condition, blanked)))
    return `a later condition on ${blanked.map(ident).join(', ')} leaves out rows without a partner`
  const keys = keysBetween(fields['quals'], fields[side], other, catalog, ctes)
  if (keys === null) return null
  return keys.length === 1
    ? `${keys[0]} gives every row its partner`
    : `${keys.join(' and then ')} give every row its partner`
}

const sideText = (node: unknown): string => aliasesOf(node).join(', ')

/** An INNER one may be written without ON: `cross join`. */
export const joinChanges = (join: JoinPlace, catalog: Catalog): readonly QueryChange[] => {
  const { fields, put } = join
  const type = wordOf(fields['jointype'])
  const quals = fields['quals']
  if (quals === undefined || fields['isNatural'] === true) return []
  const where = `of ${sideText(fields['rarg'])}`
  const exchanged = (exchanges[type] ?? []).map((other): QueryChange => {
    const before = kept[type] ?? []
    const after = kept[other] ?? []
    const sides = [...before.filter((s) => !after.includes(s)), ...after.filter((s) => !before.includes(s))]
    const reasons = sides.map((side) => neverAlone(join, side, catalog))
    return {
      does: 'join-exchanged',
      detail: (words[other] ?? other).replace(' join', ''),
      effect: after.length > before.length ? 'weakened' : 'strengthened',
      summary: `the ${words[type] ?? type} ${where} becomes a ${words[other] ?? other}`,
      query: put({ ...fields, jointype: other }),
      equivalent: reasons.every((reason) => reason !== null) ? reasons.join('; ') : null,
    }
  })
  const always: Fields = { ...fields, quals: { A_Const: { boolval: { boolval: true } } } }
  return [
    ...exchanged,
    {
      does: 'join-condition-dropped',
      detail: '',
      effect: 'weakened',
      summary: `the ${words[type] ?? type} ${where} takes every pair of rows`,
      query: put(always),
    },
  ]
}
