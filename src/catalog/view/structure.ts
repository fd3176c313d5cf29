/** What views and materialized views have in common: how they are read, dropped with their dependents, and named. */
import { qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { viewDdl, type ViewFacts as ViewParts } from '../dependency/dependent-ddl.ts'
import { idsOf, makeMutant } from '../make-mutant.ts'
import type { Catalog, Mutant, Structure } from '../structure.ts'
import { relationObjectId, usedIds, type Use } from '../uses.ts'
import { viewsSql } from './sql.ts'

export interface ViewFacts extends ViewParts {
  readonly schema: string
  readonly oid: number
  /** With the type of each, format_type with an empty search_path. */
  readonly columns: readonly (ViewParts['columns'][number] & { readonly type: string })[]
  /** Whole CREATE INDEX statements of a materialized view. */
  readonly indexes: readonly string[]
}

interface ViewRow extends ViewFacts {
  readonly uses: readonly Use[]
}

export const readViews = async (
  db: Session,
  kind: 'view' | 'materializedView',
): Promise<readonly Structure<ViewFacts>[]> => {
  const rows = await db.json<ViewRow>(viewsSql(kind === 'view' ? 'v' : 'm'))
  return rows.map(({ uses, ...facts }) => {
    const options = (facts.options ?? []).toSorted()
    return {
      id: relationObjectId(kind, facts),
      kind,
      table: null,
      name: facts.name,
      definition: [
        ...(options.length > 0 ? [`WITH (${options.join(', ')})`] : []),
        facts.definition.trim().replace(/;$/u, ''),
        ...facts.indexes,
      ].join('\n'),
      dependsOn: usedIds(uses).filter((id) => id !== relationObjectId(kind, facts)),
      facts,
    }
  })
}

export const createView = ({ facts }: Structure<ViewFacts>): readonly string[] => [
  ...viewDdl(qualified(facts), facts, []).create,
  ...facts.indexes,
]

/** Leaves the database without the view and without what stands on it. */
export const dropView = ({ facts }: Structure<ViewFacts>): readonly string[] => [
  `drop ${facts.materialized ? 'materialized view' : 'view'} ${qualified(facts)} cascade`,
]

export const viewRemoved = (structure: Structure<ViewFacts>, catalog: Catalog): Mutant =>
  makeMutant(structure, {
    does: 'removed',
    effect: 'removed',
    summary: `the ${structure.facts.materialized ? 'materialized view' : 'view'} is gone, and with it what stands on it`,
    ddl: dropView(structure),
    alsoRemoves: idsOf(catalog.dependents(structure.id)),
  })
