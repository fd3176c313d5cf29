/** Values of composite types, put together from values of their attributes: typical ones, then one attribute at a time otherwise. */
import type { CompositeFacts } from '../../catalog/composite.ts'
import type { DomainFacts } from '../../catalog/domain.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Column } from '../../catalog/table.ts'
import { parseSqlType } from '../../catalog/type/sql-type.ts'
import { typeId } from '../../catalog/uses.ts'
import { literal, qualified } from '../../postgres/quote.ts'
import { cluesOfField, type ValueClues } from '../constants.ts'
import { typeFamily } from './families.ts'
import { matchingStrings } from '../pattern.ts'
import type { Slot } from './family.ts'
import { isText } from './text.ts'

export interface Composite {
  /** As a cast takes it. */
  readonly sql: string
  readonly attributes: readonly { readonly name: string; readonly type: string }[]
}

/** The composite type of a column, also below a domain; null when it is of another type. */
export const compositeOf = (column: Column, catalog: Catalog): Composite | null => {
  const { typeKind, typeSchema, typeName } = column
  const name = { schema: typeSchema, name: typeName }
  const domain = typeKind === 'domain' ? catalog.structures.get(typeId('domain', name)) : undefined
  const ids =
    typeKind === 'composite'
      ? [typeId('composite', name)]
      : (domain?.facts as DomainFacts | undefined)?.base.endsWith('[]') === false
        ? domain!.dependsOn
        : []
  const found = ids.map((id) => catalog.structures.get(id)).find((one) => one?.kind === 'composite')
  if (!found) return null
  const facts = found.facts as CompositeFacts
  return { sql: qualified(facts), attributes: facts.attributes }
}

const modifierOf = (name: string, [first, second = 0]: readonly number[]): number => {
  if (first === undefined) return -1
  if (name === 'numeric') return ((first << 16) | second) + 4
  return name.startsWith('character') ? first + 4 : first
}

const slotOf = ({ name, type }: Composite['attributes'][number]): { slot: Slot; isArray: boolean } => {
  const parsed = parseSqlType(type)
  return {
    slot: {
      name,
      type: parsed.name,
      modifier: modifierOf(parsed.name, parsed.modifiers),
      labels: null,
      key: false,
    },
    isArray: parsed.array !== '',
  }
}

const rowOf = ({ sql, attributes }: Composite, values: readonly string[]): string =>
  `cast(row(${attributes.map(({ type }, i) => `cast(${values[i]!} as ${type})`).join(', ')}) as ${sql})`

/** Of one attribute; the others stay typical. */
const leastNear = 12
const mostNearOfAll = 72
/** What another attribute of the same type is compared with. */
const mostBorrowed = 3
const mostEdges = 4

/** The readable value of the nth family of rows. */
export const typicalComposite = (composite: Composite, family: number): string =>
  rowOf(
    composite,
    composite.attributes.map((one) => {
      const { slot, isArray } = slotOf(one)
      return typeFamily(slot, isArray).typical(slot, family)
    }),
  )

/** What a text is compared with and what matches its patterns in turn: of either the first few. */
const nearOf = (
  { slot, isArray }: ReturnType<typeof slotOf>,
  clues: ValueClues,
  most: number,
): readonly string[] => {
  const family = typeFamily(slot, isArray)
  if (isArray || !isText(slot)) return family.near(slot, clues).slice(0, most)
  const spoken = family.near(slot, { ...clues, patterns: [] }).slice(0, most / 2)
  const matching = clues.patterns.flatMap((one) => matchingStrings(one, []).slice(0, 2)).map(literal)
  return [...new Set(spoken.flatMap((one, n) => [one, ...matching.slice(n, n + 1)]))]
    .concat(matching.slice(spoken.length))
    .slice(0, most)
}

/** Of all pairs of attributes together. */
const mostPaired = 150
/** Values of all attributes together: the first of what is asked of each, then the second. */
const mostTogether = 4

/** What is asked of each attribute, all at once; then each otherwise alone, then two together. */
export const nearComposites = (composite: Composite, clues: ValueClues): readonly string[] => {
  const { attributes } = composite
  const most = Math.max(leastNear, Math.floor(mostNearOfAll / Math.max(1, attributes.length)))
  const spoken = attributes.map((one) => nearOf(slotOf(one), cluesOfField(clues, one.name), most))
  const asked = attributes.map((one, i) => {
    const { slot, isArray } = slotOf(one)
    const family = typeFamily(slot, isArray)
    const borrowed = attributes.flatMap(({ type }, k) =>
      k !== i && type === one.type ? spoken[k]!.slice(0, mostBorrowed) : [],
    )
    const near = spoken[i]!
    return {
      typical: family.typical(slot, 0),
      near,
      values: [...new Set([...near, ...borrowed, ...family.edges(slot).slice(0, mostEdges), 'null'])],
    }
  })
  const typical = asked.map((one) => one.typical)
  const together = Array.from({ length: mostTogether }, (_, n) =>
    asked.map((one) => one.near[Math.min(n, one.near.length - 1)] ?? one.typical),
  )
  const pairs = (asked.length * (asked.length - 1)) / 2
  const each = Math.max(2, Math.floor(Math.sqrt(mostPaired / Math.max(1, pairs))))
  const aloneIn = (base: readonly string[]): readonly string[] =>
    asked.flatMap(({ values }, i) => values.map((value) => rowOf(composite, base.with(i, value))))
  const paired = asked.flatMap((one, i) =>
    asked
      .slice(i + 1)
      .flatMap((two, k) =>
        one.near
          .slice(0, each)
          .flatMap((a) =>
            two.near.slice(0, each).map((b) => rowOf(composite, typical.with(i, a).with(i + 1 + k, b))),
          ),
      ),
  )
  const all = [
    ...together.map((values) => rowOf(composite, values)),
    ...aloneIn(together[0]!),
    ...aloneIn(typical),
    ...aloneIn(together[1]!),
    ...paired.slice(0, mostPaired),
  ]
  return [...new Set(all)]
}
