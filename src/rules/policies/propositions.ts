/**
 * Whether policies say the same though their texts differ, by the truth of their parts alone: what one policy leaves
 * out may be what a policy beside it says. Only what is true counts, so that AND and OR can be reckoned with; anything
 * else, NOT too, is a part that is true or is not.
 */
import { deparseExpression, parseExpression, type ParseNode } from '../../postgres/parse.ts'
import { nodeParts } from '../../rows/tree.ts'
import type { Asked } from './policy-set.ts'

type Proposition =
  | { readonly part: string }
  | { readonly every: readonly Proposition[] }
  | { readonly some: readonly Proposition[] }

/** Parts of which every combination is tried. */
const mostParts = 12

const toProposition = (node: unknown): Proposition => {
  const [kind, body] = nodeParts(node) ?? ['', {}]
  const args = (): readonly Proposition[] => (body['args'] as readonly unknown[]).map(toProposition)
  if (kind === 'BoolExpr' && body['boolop'] === 'AND_EXPR') return { every: args() }
  if (kind === 'BoolExpr' && body['boolop'] === 'OR_EXPR') return { some: args() }
  const text = deparseExpression(node as ParseNode)
  if (/^true$/iu.test(text)) return { every: [] }
  return /^false$/iu.test(text) ? { some: [] } : { part: text }
}

const ofAsked = (asked: Asked | null): Proposition | null => {
  if (asked === null) return { every: [] }
  try {
    const of = (texts: readonly string[]) => texts.map((sql) => toProposition(parseExpression(sql)))
    return { every: [...of(asked.restrictive), { some: of(asked.permissive) }] }
  } catch {
    return null
  }
}

const partsOf = (one: Proposition): readonly string[] =>
  'part' in one ? [one.part] : ('every' in one ? one.every : one.some).flatMap(partsOf)

const isTrue = (one: Proposition, holding: ReadonlySet<string>): boolean => {
  if ('part' in one) return holding.has(one.part)
  return 'every' in one
    ? one.every.every((part) => isTrue(part, holding))
    : one.some.some((part) => isTrue(part, holding))
}

/** `after` asks nothing that `before` does not ask, and lets the same through. The parser must be loaded. */
export const saysNoMore = (before: Asked | null, after: Asked | null): boolean => {
  const [one, other] = [ofAsked(before), ofAsked(after)]
  if (!one || !other) return false
  const parts = [...new Set(partsOf(one))]
  // A further part may break where the others do not.
  if (parts.length > mostParts || partsOf(other).some((part) => !parts.includes(part))) return false
  for (let which = 0; which < 2 ** parts.length; which++) {
    const holding = new Set(parts.filter((_, i) => (which >> i) % 2 === 1))
    if (isTrue(one, holding) !== isTrue(other, holding)) return false
  }
  return true
}
