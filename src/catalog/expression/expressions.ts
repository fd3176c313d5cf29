/**
 * An SQL expression broken on purpose, one place at a time: what CHECKs, predicates, policies and generated columns
 * are tested with. Trees are rewritten with PostgreSQL's own grammar; whether the result means anything PostgreSQL says.
 */
import { parseExpression } from '../../postgres/parse.ts'
import { conditionOperators } from './conditions.ts'
import { constantOperators } from './constants.ts'
import type { ExpressionOperator, Replacement } from './operator.ts'
import { spliceExpression } from './splice.ts'
import { printExpression, readableIfPossible } from './text.ts'
import { placesOf, type Place, type Polarity } from './tree.ts'
import { valueOperators } from './values.ts'
import { withoutBetween } from './between.ts'
import type { MutantEffect } from '../structure.ts'

export interface ExpressionMutant {
  /** `relational-operator-exchanged`. */
  readonly operator: string
  /** What stands there now: `>`, and `>@2` at the second such place. */
  readonly detail: string
  /** The whole expression, broken. */
  readonly sql: string
  /** "price >= 0 becomes price > 0". */
  readonly summary: string
  /** Whether more or fewer rows satisfy it, where the tree alone tells. */
  readonly effect: MutantEffect
}

const opposite: Readonly<Record<MutantEffect, MutantEffect>> = {
  weakened: 'strengthened',
  strengthened: 'weakened',
  changed: 'changed',
  removed: 'removed',
}

const effectAsAWhole = (effect: MutantEffect, polarity: Polarity): MutantEffect => {
  if (polarity === null) return 'changed'
  return polarity === 'positive' ? effect : opposite[effect]
}

const summaryOf = (place: Place, { node, detail }: Replacement): string => {
  const [before, after] = [
    readableIfPossible(place.condition),
    readableIfPossible(place.putInCondition(node)),
  ]
  return before === null || after === null ? `an expression with ${detail}` : `${before} becomes ${after}`
}

/** In the order of the text; none equal to the expression itself or to each other. */
const mutantsWith = (sql: string, operators: readonly ExpressionOperator[]): readonly ExpressionMutant[] => {
  const tree = withoutBetween(parseExpression(sql))
  const places = placesOf(tree)
  const seen = new Set([printExpression(tree)])
  return operators.flatMap((way) => {
    const { operator, tellsOf } = way
    const fitting = places
      .map((place) => ({ place, found: way.at(place) }))
      .filter(({ found }) => found.length > 0)
    return fitting.flatMap(({ place, found }, i) =>
      found.flatMap((replacement): ExpressionMutant[] => {
        const text =
          printExpression(place.put(replacement.node)) ?? spliceExpression(sql, place.node, replacement.node)
        if (text === null || seen.has(text)) return []
        seen.add(text)
        const detail = i === 0 ? replacement.detail : `${replacement.detail}@${i + 1}`
        const polarity = tellsOf === 'condition' ? place.conditionPolarity : place.polarity
        const effect = effectAsAWhole(replacement.effect, polarity)
        const summary = replacement.summary ?? summaryOf(place, replacement)
        return [{ operator, detail, sql: text, summary, effect }]
      }),
    )
  })
}

/** More texts than are asked about at one time. */
const mostKept = 2_000

/** Tests are written, leaders chosen and mutants made of the same text: it is broken once. */
const once = (
  make: (sql: string) => readonly ExpressionMutant[],
): ((sql: string) => readonly ExpressionMutant[]) => {
  const known = new Map<string, readonly ExpressionMutant[]>()
  return (sql) => {
    const found = known.get(sql) ?? make(sql)
    if (known.size >= mostKept) known.clear()
    known.set(sql, found)
    return found
  }
}

/** Mutants of a condition: a CHECK, a predicate, a policy. The parser must be loaded (readCatalog loads it). */
export const expressionMutants = once((sql) =>
  mutantsWith(sql, [...conditionOperators, ...constantOperators]),
)

/** Mutants of an expression that is a value: a generated column, a key part. */
export const valueMutants = once((sql) =>
  mutantsWith(sql, [...valueOperators, ...conditionOperators, ...constantOperators]),
)
