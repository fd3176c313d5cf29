/** Foreign keys that share columns are one group: their columns take their values together, from rows of one family where that can be. */
import type { Column } from '../catalog/table.ts'
import type { ReferenceFact, TableFacts } from './facts.ts'

export interface ReferenceGroup {
  readonly references: readonly ReferenceFact[]
  readonly columns: readonly Column[]
}

/** The sibling of family f is asked for as family f + 6, behind the families and their roots. */
export const firstSibling = 6
/** The parent that the table's own constraints refuse, where a fitting one stands for family f, is asked for as family f + 9. */
export const firstUnfit = 9

/** A parent's key for a reference in a family, by referencing column; null when it has no such row. */
export type ParentKeys = (reference: ReferenceFact, family: number) => Readonly<Record<string, string>> | null

export const groupReferences = (
  facts: TableFacts,
  references: readonly ReferenceFact[],
): readonly ReferenceGroup[] => {
  const groups: ReferenceFact[][] = []
  for (const ref of references) {
    const touching = groups.filter((g) => g.some((r) => r.columns.some((c) => ref.columns.includes(c))))
    for (const g of touching) groups.splice(groups.indexOf(g), 1)
    groups.push([...touching.flat(), ref])
  }
  return groups.map((group) => {
    const names = new Set(group.flatMap((r) => r.columns))
    return {
      references: group,
      columns: facts.table.columns.filter((c) => names.has(c.name) && c.generated === null),
    }
  })
}

/** One assignment of the group's columns in which each reference takes the family that is given for it; null when they disagree. */
const assignment = (
  group: ReferenceGroup,
  families: readonly number[],
  keys: ParentKeys,
): Readonly<Record<string, string>> | null => {
  const values: Record<string, string> = {}
  for (const [i, ref] of group.references.entries()) {
    const key = keys(ref, families[i]!)
    if (!key) return null
    for (const [column, value] of Object.entries(key)) {
      if (values[column] !== undefined && values[column] !== value) return null
      values[column] = value
    }
  }
  return values
}

const everyChoice = (count: number, families: readonly number[]): number[][] =>
  Array.from({ length: count }).reduce<number[][]>(
    (rows) => rows.flatMap((r) => families.map((f) => [...r, f])),
    [[]],
  )

/** Values for the group's columns, the wanted family's own first, then those of other families, then with nulls where they may be. */
export const groupOptions = (
  group: ReferenceGroup,
  family: number,
  families: readonly number[],
  keys: ParentKeys,
): readonly (readonly string[])[] => {
  const order = [family, ...families.filter((f) => f !== family)]
  const same = order.map((f) => group.references.map(() => f))
  const mixed =
    group.references.length > 1 && group.references.length <= 4
      ? everyChoice(group.references.length, [...order.slice(0, 1), family + firstSibling, ...order.slice(1)])
      : []
  const unfit = families.map((f) => group.references.map(() => f + firstUnfit))
  const found = [...same, ...mixed, ...unfit].flatMap((choice) => {
    const values = assignment(group, choice, keys)
    return values ? [group.columns.map((c) => values[c.name] ?? 'null')] : []
  })
  const nullable = group.columns.filter((c) => !c.notNull)
  const first = found[0] ?? group.columns.map(() => 'null')
  const nulled = (which: readonly Column[]): readonly string[] =>
    first.map((v, i) => (which.includes(group.columns[i]!) ? 'null' : v))
  const partly =
    nullable.length > 0
      ? [...(nullable.length > 1 ? nullable.map((c) => nulled([c])) : []), nulled(nullable)]
      : []
  const all = [...found, ...partly]
  return [...new Map(all.map((o) => [JSON.stringify(o), o])).values()]
}
