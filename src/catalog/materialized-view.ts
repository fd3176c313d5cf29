/**
 * Materialized views: a select's rows, kept. They have no row-level security and no caller's rights, so that the one
 * thing to break is that they are there; whether their rows are fresh is a rule of its own.
 */
import type { StructureKind } from './structure.ts'
import { createView, dropView, readViews, viewRemoved, type ViewFacts } from './view-structure.ts'

export const materializedViewKind: StructureKind<ViewFacts> = {
  kind: 'materializedView',
  read: (db) => readViews(db, 'materializedView'),
  create: createView,
  drop: dropView,
  mutants: (view, catalog) => [viewRemoved(view, catalog)],
  declaredBy: ({ id }) => `the rule that reads it, with { by: [${JSON.stringify(id)}] }`,
}
