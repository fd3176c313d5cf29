/** Pairs of tables between which columns may move: one that stays, and one with the same key that comes or goes. */
import type { Architecture, DeclaredTable } from '../../../architecture/architecture.ts'
import type { ReferencesRule } from '../../../architecture/kinds/references.ts'
import type { ReferencesFacts } from '../../../catalog/foreign-key.ts'
import type { Catalog } from '../../../catalog/structure.ts'
import type { Table } from '../../../catalog/table.ts'
import { relationId, type RelationName } from '../../../ground/names.ts'
import type { MoveShape } from '../shape.ts'

export interface MoveCandidate {
  readonly direction: MoveShape['direction']
  /** The table that stays, as it stands and as it is declared. */
  readonly home: Table
  readonly declared: DeclaredTable
  readonly other: RelationName & { readonly id: string }
  readonly key: MoveShape['key']
  readonly mayComeFirst: boolean
  readonly isTakenAlong: boolean
  /** Columns that stand and are declared no more, and those that are declared and do not stand. */
  readonly leaving: readonly string[]
  readonly coming: readonly string[]
}

export interface Declaration {
  readonly architecture: Architecture
  readonly catalog: Catalog
}

const primaryKey = (catalog: Catalog, table: string): readonly string[] =>
  catalog
    .of(table, 'primaryKey')
    .flatMap(({ facts }) => (facts as { readonly columns: readonly string[] }).columns)

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length > 0 && a.length === b.length && a.every((one) => b.includes(one))

/** The columns of a foreign key that is the primary key of both sides; null: it is another one. */
const sharedKey = (
  catalog: Catalog,
  own: readonly string[],
  { columns, target, targetColumns }: Pick<ReferencesFacts, 'columns' | 'target' | 'targetColumns'>,
): MoveShape['key'] | null => {
  const theirs = primaryKey(catalog, target)
  const meant = targetColumns.length > 0 ? targetColumns : theirs
  if (!sameSet(columns, own) || !sameSet(meant, theirs)) return null
  return columns.map((other, i) => ({ home: meant[i] ?? '', other }))
}

const renamedColumns = ({ renamedFrom = [] }: DeclaredTable): ReadonlySet<string> =>
  new Set(renamedFrom.flatMap((one) => (one.of === 'column' ? [one.from, one.column] : [])))

const namesOf = (
  columns: readonly { readonly name: string }[],
  without: readonly string[],
): readonly string[] => columns.map(({ name }) => name).filter((name) => !without.includes(name))

const splits = ({ architecture, catalog }: Declaration, other: DeclaredTable): readonly MoveCandidate[] => {
  const isFormer = (other.renamedFrom ?? []).some(({ of }) => of === 'table')
  if (catalog.tables.has(other.id) || isFormer) return []
  const own = other.rules.find(({ kind }) => kind === 'primaryKey')?.columns ?? []
  return other.rules
    .filter((rule): rule is ReferencesRule => rule.kind === 'references')
    .flatMap((rule) => {
      const home = catalog.tables.get(rule.target)
      const declared = architecture.tables.find(({ id }) => id === rule.target)
      const key = sharedKey(catalog, own, rule)
      if (!home || !declared || key === null) return []
      const named = [...declared.columns.map(({ name }) => name), ...renamedColumns(declared)]
      return [
        {
          direction: 'out' as const,
          home,
          declared,
          other,
          key,
          mayComeFirst: rule.deferrable !== 'no',
          isTakenAlong: rule.onDelete === 'cascade',
          leaving: namesOf(home.columns, named),
          coming: namesOf(other.columns, own),
        },
      ]
    })
}

const merges = ({ architecture, catalog }: Declaration, other: Table): readonly MoveCandidate[] => {
  const isWanted = architecture.tables.some(
    ({ id, renamedFrom = [] }) =>
      id === other.id || renamedFrom.some((one) => one.of === 'table' && relationId(one.from) === other.id),
  )
  if (isWanted) return []
  const own = primaryKey(catalog, other.id)
  return catalog.of(other.id, 'references').flatMap(({ facts }) => {
    const home = catalog.tables.get((facts as ReferencesFacts).target)
    const declared = architecture.tables.find(({ id }) => id === home?.id)
    const key = sharedKey(catalog, own, facts as ReferencesFacts)
    if (!home || !declared || key === null) return []
    const standing = [...home.columns.map(({ name }) => name), ...renamedColumns(declared)]
    return [
      {
        direction: 'in' as const,
        home,
        declared,
        other,
        key,
        mayComeFirst: (facts as ReferencesFacts).deferrable !== 'no',
        // The foreign key is put aside with its table.
        isTakenAlong: false,
        leaving: namesOf(other.columns, own),
        coming: namesOf(declared.columns, standing),
      },
    ]
  })
}

/** Those between which a column could move; what the columns are called is not asked. */
export const moveCandidates = (ground: Declaration): readonly MoveCandidate[] =>
  [
    ...ground.architecture.tables.flatMap((other) => splits(ground, other)),
    ...[...ground.catalog.tables.values()].flatMap((other) => merges(ground, other)),
  ].filter(({ leaving, coming }) => leaving.length > 0 && coming.length > 0)
