/**
 * Materialized views: a select's rows, kept. They have no row-level security and no caller's rights: what can be broken
 * is their query, and that they are there.
 */
import { relationId } from '../ground/names.ts'
import { viewQueryMutants } from './view/mutants.ts'
import type { StructureKind } from './structure.ts'
import { createView, dropView, readViews, viewRemoved, type ViewFacts } from './view/structure.ts'

export const materializedViewKind: StructureKind<ViewFacts> = {
  kind: 'materializedView',
  read: (db) => readViews(db, 'materializedView'),
  create: createView,
  drop: dropView,
  actsByName: true,
  mutants: (view, catalog) => [viewRemoved(view, catalog), ...viewQueryMutants(view, catalog)],
  declaredBy: ({ facts }) => `materializedView(${JSON.stringify(relationId(facts))}, …) with its query`,
}
