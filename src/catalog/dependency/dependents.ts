/**
 * DDL around DDL: what stands on a column, key or view and forbids its change is dropped before it and made again
 * after it, views of views in order. What cannot come back is named.
 */
import { literal } from '../../postgres/quote.ts'
import type { Dependent, DependencyKey } from './dependency.ts'
import { parentsOf } from '../parents.ts'
import type { Catalog } from '../structure.ts'

/**
 * What becomes of an object that stands on the changed one: `keep` leaves it to PostgreSQL, `remake` drops it and
 * makes it again, `try` makes it again only if PostgreSQL still takes it, `lose` does not.
 */
export type Fate = 'keep' | 'remake' | 'try' | 'lose'

export interface Around {
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** Ids of structures that the DDL takes away for good, or may take away. */
  readonly removes: readonly string[]
}

const children = new WeakMap<Catalog, ReadonlyMap<string, readonly string[]>>()

/** Parent → those directly below it: asked for every column, so that looking through all tables would tell in a large database. */
const childrenIn = (catalog: Catalog): ReadonlyMap<string, readonly string[]> => {
  const known = children.get(catalog)
  if (known) return known
  const found = new Map<string, string[]>()
  for (const table of catalog.tables.values()) {
    for (const parent of parentsOf(table)) {
      const below = found.get(parent)
      if (below) below.push(table.id)
      else found.set(parent, [table.id])
    }
  }
  children.set(catalog, found)
  return found
}

/** The table and its partitions and inheritance children, to which DDL on it reaches down. */
export const withChildren = (catalog: Catalog, table: string): readonly string[] => [
  table,
  ...(childrenIn(catalog).get(table) ?? []).flatMap((child) => withChildren(catalog, child)),
]

/** The column in the table and in its partitions and inheritance children. */
export const columnKeys = (catalog: Catalog, table: string, column: string): readonly DependencyKey[] =>
  withChildren(catalog, table).flatMap((id) => {
    const relation = catalog.tables.get(id)
    const at = relation?.columns.find((c) => c.name === column)
    return relation && at ? [`column:${relation.oid}.${at.position}`] : []
  })

/** Kinds of structure under which a dependent that stands on a relation may be listed. */
export const listedAs: Readonly<Partial<Record<Dependent['kind'], readonly string[]>>> = {
  policy: ['policy'],
  trigger: ['trigger'],
  rule: ['rule'],
  statistics: ['statistics'],
  index: ['index', 'unique'],
  check: ['check'],
  unique: ['unique'],
  'primary key': ['primaryKey'],
  exclusion: ['excludes'],
  'foreign key': ['references'],
  'generated column': ['generated'],
  default: ['default'],
}

/** Ids under which a dependent is listed; none for what is not a structure. */
const structuresOf = (catalog: Catalog, dependent: Dependent): readonly string[] => {
  const { kind, relation, name, structure } = dependent
  if (structure !== undefined) return catalog.structures.has(structure) ? [structure] : []
  return (listedAs[kind] ?? []).flatMap((listed) =>
    catalog
      .of(relation ?? '', listed)
      .filter((s) => s.name === name)
      .map((s) => s.id),
  )
}

const worse: readonly Fate[] = ['keep', 'remake', 'try', 'lose']

/** What stands on something that may be gone may be gone too. */
const inherited = (fate: Fate): Fate => (fate === 'lose' ? 'try' : fate)

const rank = (fate: Fate | undefined): number => (fate === undefined ? 0 : worse.indexOf(fate))

const fatesOver = (
  catalog: Catalog,
  roots: readonly DependencyKey[],
  choose: (dependent: Dependent) => Fate,
): ReadonlyMap<Dependent, Fate> => {
  const fates = new Map<Dependent, Fate>()
  const visit = (dependent: Dependent, fate: Fate): void => {
    if (rank(fate) <= rank(fates.get(dependent))) return
    fates.set(dependent, fate)
    const keys = dependent.column?.readded ? [dependent.key, dependent.column.key] : [dependent.key]
    for (const key of keys) for (const over of catalog.dependencies.on(key)) visit(over, inherited(fate))
  }
  for (const root of roots)
    for (const dependent of catalog.dependencies.on(root)) visit(dependent, choose(dependent))
  return fates
}

/** Each after everything that it stands on. */
const inOrder = (chosen: ReadonlySet<Dependent>, catalog: Catalog): readonly Dependent[] => {
  const ordered = new Set<Dependent>()
  const readdedBy = new Map(
    [...chosen].flatMap((d) => (d.column?.readded ? [[d.column.key, d] as const] : [])),
  )
  const place = (dependent: Dependent): void => {
    if (ordered.has(dependent) || !chosen.has(dependent)) return
    for (const key of dependent.on) {
      const below = catalog.dependencies.get(key) ?? readdedBy.get(key)
      if (below && below !== dependent) place(below)
    }
    ordered.add(dependent)
  }
  for (const dependent of chosen) place(dependent)
  return [...ordered]
}

const executed = (statements: readonly string[]): string =>
  statements.length === 0 ? 'null;' : statements.map((sql) => `execute ${literal(sql)};`).join(' ')

/** Runs the statements if PostgreSQL takes them all, else the others. */
const ifItStillFits = (statements: readonly string[], otherwise: readonly string[]): string =>
  `do ${literal(`begin ${executed(statements)} exception when others then ${executed(otherwise)} end`)}`

/** What has to run before and after a change of these columns, keys or views. */
export const aroundChange = (
  catalog: Catalog,
  roots: readonly DependencyKey[],
  choose: (dependent: Dependent) => Fate,
): Around => {
  const fates = fatesOver(catalog, roots, choose)
  const chosen = new Set([...fates].filter(([, fate]) => fate !== 'keep').map(([dependent]) => dependent))
  const order = inOrder(chosen, catalog)
  return {
    before: order.toReversed().flatMap((dependent) => dependent.drop),
    after: order.flatMap((dependent) => {
      const fate = fates.get(dependent)
      if (fate === 'lose') return []
      if (fate !== 'try') return dependent.create
      return [ifItStillFits(dependent.create, dependent.column?.plain ?? [])]
    }),
    removes: order
      .filter((dependent) => fates.get(dependent) !== 'remake')
      .flatMap((dependent) => structuresOf(catalog, dependent)),
  }
}

/**
 * One statement that takes away what stands on these columns, keys or views as far as it is there, runs the DDL, and
 * makes again what it took. For a database in which some of it may be missing.
 */
export const whileAway = (
  catalog: Catalog,
  roots: readonly DependencyKey[],
  isTaken: (dependent: Dependent) => boolean,
  ddl: readonly string[],
): string => {
  const fates = fatesOver(catalog, roots, (dependent) => (isTaken(dependent) ? 'remake' : 'keep'))
  const chosen = new Set([...fates].filter(([, fate]) => fate !== 'keep').map(([dependent]) => dependent))
  const order = inOrder(chosen, catalog)
  const take = order.map(
    ({ drop }, i) =>
      `begin ${executed(drop)} taken[${i}] := true; exception when others then taken[${i}] := false; end;`,
  )
  const give = order.map(({ create }, i) => `if taken[${i}] then ${executed(create)} end if;`)
  const body = [...take.toReversed(), executed(ddl), ...give].join(' ')
  return `do ${literal(`declare taken boolean[]; begin ${body} end`)}`
}
