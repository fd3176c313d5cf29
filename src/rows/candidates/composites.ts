/** Values of composite types, put together from values of their attributes: typical ones, then one attribute at a time otherwise. */
import type { CompositeFacts } from '../../catalog/composite.ts'
import type { DomainFacts } from '../../catalog/domain.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Column } from '../../catalog/table.ts'
import { parseSqlType } from '../../catalog/type/sql-type.ts'
import { typeId } from '../../catalog/uses.ts'
import { qualified } from '../../postgres/quote.ts'
import type { ValueClues } from '../constants.ts'
import { typeFamily } from './families.ts'
import type { Slot } from './family.ts'

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
const mostNear = 12
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

/** Of all pairs of attributes together. */
const mostPaired = 150

/** What expressions speak of may be meant of any attribute: each otherwise alone, then two together. */
export const nearComposites = (composite: Composite, clues: ValueClues): readonly string[] => {
  const asked = composite.attributes.map((one) => {
    const { slot, isArray } = slotOf(one)
    const family = typeFamily(slot, isArray)
    const near = family.near(slot, clues).slice(0, mostNear)
    return {
      typical: family.typical(slot, 0),
      near,
      values: [...near, ...family.edges(slot).slice(0, mostEdges), 'null'],
    }
  })
  const typical = asked.map((one) => one.typical)
  const pairs = (asked.length * (asked.length - 1)) / 2
  const each = Math.max(2, Math.floor(Math.sqrt(mostPaired / Math.max(1, pairs))))
  const alone = asked.flatMap(({ values }, i) =>
    values.map((value) => rowOf(composite, typical.with(i, value))),
  )
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
  return [...alone, ...paired.slice(0, mostPaired)]
}
