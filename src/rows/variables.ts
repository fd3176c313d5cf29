/** What may vary in a table's row around a family's base row: single columns, and foreign keys over the parents that stand. */
import type { Column } from '../catalog/table.ts'
import type { TableFacts } from './facts.ts'
import { groupOptions, groupReferences, type ParentKeys } from './reference-groups.ts'
import { judgeColumns } from './judge-columns.ts'
import { type RowConstraint, type RowGround, writableColumns } from './row-ground.ts'
import type { Row } from './rows.ts'
import type { Variable } from './search.ts'
import { families } from './world.ts'

export interface Surroundings {
  readonly facts: TableFacts
  /** Base rows of the families that there are, the wanted one first. */
  readonly bases: readonly Row[]
  /** Keys of the parents that stand in the table's world. */
  readonly keys: ParentKeys
}

export interface VariableWish {
  /** Columns that must not vary. */
  readonly still: ReadonlySet<string>
  readonly expressions: readonly string[]
  readonly constraints: readonly RowConstraint[]
  /** More values by column, tried first. */
  readonly extra?: ReadonlyMap<string, readonly string[]>
  /** Only these columns. */
  readonly only?: ReadonlySet<string>
  /** What the expressions speak of comes before the typical values. */
  readonly nearFirst?: boolean
}

const once = <T>(items: readonly T[]): T[] => [...new Map(items.map((o) => [JSON.stringify(o), o])).values()]

/** Foreign key columns take the keys of the parents that stand in the world, or null; the others their judged options. */
export const variablesAround = async (
  ground: RowGround,
  { facts, bases, keys }: Surroundings,
  wish: VariableWish,
): Promise<readonly Variable[]> => {
  const wanted = (c: Column): boolean => !wish.still.has(c.name) && (wish.only?.has(c.name) ?? true)
  const own = facts.references.filter((r) => r.target === facts.table.id)
  const groups = groupReferences(
    facts,
    facts.references.filter((r) => !own.includes(r)),
  )
  const outward = new Set(groups.flatMap((g) => g.columns.map((c) => c.name)))
  const toItself = groupReferences(facts, own).map((g) => ({
    ...g,
    columns: g.columns.filter((c) => !outward.has(c.name)),
  }))
  const grouped = new Set([...outward, ...toItself.flatMap((g) => g.columns.map((c) => c.name))])
  const free = writableColumns(facts.table).filter((c) => !grouped.has(c.name) && wanted(c))
  const judged = await judgeColumns(ground, facts, free, {
    expressions: wish.expressions,
    constraints: wish.constraints,
    ...(wish.extra ? { extra: wish.extra } : {}),
    ...(wish.nearFirst ? { nearFirst: true } : {}),
  })
  const present = bases[0] ?? {}
  const keyed = groups.flatMap((g): Variable[] => {
    const columns = g.columns.filter(wanted)
    if (columns.length === 0) return []
    const still = g.columns.filter((c) => wish.still.has(c.name))
    // A tuple of another family only where the columns that stand still are the same in it.
    const tuples = bases
      .filter((b) => still.every((c) => b[c.name] === present[c.name]))
      .map((b) => columns.map((c) => b[c.name] ?? 'null'))
    const ofParents = groupOptions(g, 0, families, keys)
      .filter((o) => still.every((c) => o[g.columns.indexOf(c)] === present[c.name]))
      .map((o) => columns.map((c) => o[g.columns.indexOf(c)]!))
    const nullable = columns.filter((c) => !c.notNull)
    const nulled = (which: readonly Column[]): string[] =>
      columns.map((c) => (which.includes(c) ? 'null' : (present[c.name] ?? 'null')))
    const partly = nullable.length > 1 ? nullable.map((c) => nulled([c])) : []
    return [
      {
        columns,
        options: once([
          ...tuples,
          ...ofParents,
          ...(nullable.length > 0 ? [nulled(nullable)] : []),
          ...partly,
        ]),
        points: true,
      },
    ]
  })
  const ownKeys = toItself.flatMap((g): Variable[] => {
    const columns = g.columns.filter(wanted)
    if (columns.length === 0) return []
    const pointingTo = (row: Row): readonly string[] =>
      columns.map((c) => {
        const ref = g.references.find((r) => r.columns.includes(c.name))
        return row[ref?.targetColumns[ref.columns.indexOf(c.name)] ?? ''] ?? 'null'
      })
    const nulls = columns.every((c) => !c.notNull) ? [columns.map(() => 'null')] : []
    const pointing = bases.map(pointingTo)
    const partly = columns.length < 2 ? [] : columns.filter((c) => !c.notNull)
    // Itself, then rows of its own table that whoever inserts it puts before it, then what points nowhere.
    return [
      {
        columns,
        options: once([
          columns.map((c) => present[c.name] ?? 'null'),
          ...pointing,
          ...nulls,
          ...partly.flatMap((empty) =>
            pointing.slice(0, 1).map((o) => columns.map((c, i) => (c === empty ? 'null' : o[i]!))),
          ),
        ]),
        isOwnKey: true,
      },
    ]
  })
  const single = free.map((column): Variable => {
    const accepted = judged.get(column.name)?.accepted ?? []
    const fromBases = bases.map((b) => b[column.name]).filter((v) => v !== undefined && v !== 'default')
    const nulls = accepted.includes('null') ? ['null'] : []
    return { columns: [column], options: once([...fromBases, ...nulls, ...accepted].map((o) => [o!])) }
  })
  return [...keyed, ...ownKeys, ...single].filter((v) => v.options.length > 0)
}
