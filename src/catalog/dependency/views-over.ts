/** The views over a table's columns, all of them at once: what takes them away, and the catalog as it is without them. */
import type { Catalog, Structure } from '../structure.ts'
import type { Dependent, DependencyKey } from './dependency.ts'
import { aroundChange, columnKeys } from './dependents.ts'

export interface ViewsOver {
  /** `drop view …`, those over others first. */
  readonly drops: readonly string[]
  /** They, and what goes with them, as far as it is listed. */
  readonly structures: readonly Structure[]
  /** DDL that is written from it is written as if they did not stand. */
  readonly catalog: Catalog
}

const isView = ({ kind }: Dependent): boolean => kind === 'view' || kind === 'materialized view'

/** All that stands on the views that stand on these columns, those included. */
const standingOn = (catalog: Catalog, roots: readonly DependencyKey[]): ReadonlySet<Dependent> => {
  const found = new Set<Dependent>()
  const visit = (dependent: Dependent): void => {
    if (found.has(dependent)) return
    found.add(dependent)
    for (const over of catalog.dependencies.on(dependent.key)) visit(over)
  }
  for (const root of roots) catalog.dependencies.on(root).filter(isView).forEach(visit)
  return found
}

const without = (catalog: Catalog, gone: ReadonlySet<Dependent>): Catalog => ({
  ...catalog,
  dependencies: {
    ...catalog.dependencies,
    on: (key) => catalog.dependencies.on(key).filter((dependent) => !gone.has(dependent)),
  },
})

const dropForm = /^drop (?:materialized )?view /u

/** Null where none stands on a column of the table, or more than views and their indexes would go. */
export const viewsOver = (catalog: Catalog, table: string): ViewsOver | null => {
  const columns = catalog.tables.get(table)?.columns ?? []
  const roots = columns.flatMap(({ name }) => columnKeys(catalog, table, name))
  const gone = standingOn(catalog, roots)
  // An index goes with its view.
  if (gone.size === 0 || ![...gone].every((one) => isView(one) || one.kind === 'index')) return null
  const { before } = aroundChange(catalog, roots, (one) => (isView(one) ? 'lose' : 'keep'))
  return {
    drops: before.filter((sql) => dropForm.test(sql)),
    structures: [...gone].flatMap(({ structure }) => catalog.structures.get(structure ?? '') ?? []),
    catalog: without(catalog, gone),
  }
}
