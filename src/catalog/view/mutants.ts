/**
 * Views whose query is another one. A plain view is replaced in place, which keeps its grants and what stands on it;
 * a materialized one is made anew, and what stands on it with it.
 */
import { literal, qualified } from '../../postgres/quote.ts'
import { viewDdl } from '../dependency/dependent-ddl.ts'
import { aroundChange } from '../dependency/dependents.ts'
import { makeMutant } from '../make-mutant.ts'
import { queryMutants, type QueryMutant } from '../query/mutants.ts'
import type { Catalog, Mutant, Structure } from '../structure.ts'
import type { ViewFacts } from './structure.ts'

const optionsText = ({ options }: ViewFacts): string =>
  options === null || options.length === 0
    ? ''
    : ` with (${options
        .map((option) => {
          const equals = option.indexOf('=')
          return `${option.slice(0, equals)} = ${literal(option.slice(equals + 1))}`
        })
        .join(', ')})`

const replaced = (facts: ViewFacts, sql: string): readonly string[] => [
  `create or replace view ${qualified(facts)}${optionsText(facts)} as ${sql}`,
]

const madeAnew = (facts: ViewFacts, sql: string, catalog: Catalog): readonly string[] => {
  const { drop, create } = viewDdl(
    qualified(facts),
    { ...facts, definition: sql },
    catalog.dependencies.tableGrantees,
  )
  const around = aroundChange(catalog, [`view:${facts.oid}`], () => 'remake')
  // Its indexes stand on it, and come back with what else does.
  return [...around.before, ...drop, ...create, ...around.after]
}

/** Every mutant of a view is asked for several times in a run; its query is taken apart once. */
const known = new WeakMap<ViewFacts, readonly QueryMutant[]>()

/** The broken queries themselves. The parser must be loaded (readCatalog loads it). */
export const brokenQueries = ({ facts }: Structure<ViewFacts>, catalog: Catalog): readonly QueryMutant[] => {
  const found = known.get(facts) ?? queryMutants(facts.definition, catalog)
  known.set(facts, found)
  return found
}

export const viewQueryMutants = (view: Structure<ViewFacts>, catalog: Catalog): readonly Mutant[] =>
  brokenQueries(view, catalog).map(({ does, detail, effect, summary, sql, equivalent }) =>
    makeMutant(view, {
      does,
      details: detail === '' ? [] : [detail],
      effect,
      summary,
      ddl: view.facts.materialized ? madeAnew(view.facts, sql, catalog) : replaced(view.facts, sql),
      equivalent: equivalent ?? null,
    }),
  )
