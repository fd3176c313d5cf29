/** The declared queries on a clone that is filled with as many rows as are wished, every constraint live. */
import type { QueryRule } from '../architecture/kinds/query.ts'
import type { ReferencesFacts } from '../catalog/foreign-key.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import { qualified } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import type { BoundRule } from '../prove/bind.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { fillDatabase } from '../rows/volume/fill-database.ts'
import { rowsThatStand } from '../rules/query/sample.ts'
import { writeQuery } from '../rules/query.ts'
import type { LoadedQuery } from './loaded-query.ts'

export interface FillWish {
  readonly architecture: Architecture
  readonly server: Server
  readonly template: string
  readonly catalog: Catalog
  /** By relation id. */
  readonly sizes: ReadonlyMap<string, number>
  readonly onProgress?: (stage: string, done: number, of: number) => void
}

export interface FilledQueries {
  readonly database: string
  readonly queries: readonly LoadedQuery[]
  readonly rows: ReadonlyMap<string, number>
}

const isQuery = (bound: BoundRule): bound is BoundRule & { readonly rule: QueryRule } =>
  bound.rule.kind === 'query'

/** Of tables that a query reads and nobody says a size for: as many as a proof loads. */
const usualRows = 10_000

/** With the tables that these point to, and which are filled for them. */
const withParents = (ids: Iterable<string>, catalog: Catalog): ReadonlySet<string> => {
  const all = new Set(ids)
  for (const id of all)
    for (const { facts } of catalog.of(id, 'references') as readonly Structure<ReferencesFacts>[])
      all.add(facts.target)
  return all
}

/** A query over an empty table says nothing. */
const withReads = (
  queries: readonly QueryRule[],
  { sizes, catalog }: Pick<FillWish, 'sizes' | 'catalog'>,
): ReadonlyMap<string, number> => {
  const filled = withParents(sizes.keys(), catalog)
  const others = queries
    .flatMap(({ reads }) => reads)
    .filter((id) => catalog.tables.has(id) && !filled.has(id))
  return new Map([...[...new Set(others)].map((id) => [id, usualRows] as const), ...sizes])
}

/** The clone is the caller's to drop. */
export const fillQueries = async (rules: readonly BoundRule[], wish: FillWish): Promise<FilledQueries> => {
  const { architecture, server, template, catalog, onProgress } = wish
  const sizes = withReads(
    rules.filter(isQuery).map(({ rule }) => rule),
    wish,
  )
  const database = await server.clone(template, 'filled')
  try {
    const first = await server.connect(database, 'prover')
    const second = await server.connect(database, 'prover')
    try {
      const columns = new Map(
        Object.entries(architecture.volumes ?? {}).map(([id, volume]) => [id, volume.columns ?? {}]),
      )
      const { plan, problems } = await fillDatabase(
        [first, second],
        catalog,
        { sizes, columns },
        onProgress ? { onProgress: ({ table, rows, of }) => onProgress(`filling ${table}`, rows, of) } : {},
      )
      onProgress?.('statistics', 0, 1)
      const administrator = await server.connect(database, 'administrator')
      try {
        for (const table of plan.tables) await administrator.query(`vacuum analyze ${qualified(table)}`)
      } finally {
        await administrator.end()
      }
      const rows = new Map(plan.tables.map(({ id, count }) => [id, count]))
      const queries: LoadedQuery[] = []
      for (const bound of rules.filter(isQuery)) {
        if (bound.missing !== null) {
          queries.push({ ...bound, experiments: [], unsolved: [] })
          continue
        }
        onProgress?.(`choosing values for "${bound.rule.sentence}"`, queries.length, rules.length)
        await first.query('begin')
        try {
          const written = await writeQuery(bound.rule, {
            architecture,
            catalog,
            db: first,
            source: rowsThatStand(rows),
          })
          const empty = problems.filter(
            ({ table, kind }) => kind === 'refused' && bound.rule.reads.includes(table),
          )
          const unsolved = empty.map(({ table, summary }) => ({
            rule: bound.rule.id,
            summary: `${table} could not be filled: ${summary}`,
            tried: 'rows of the wished number, by COPY',
          }))
          queries.push({ ...bound, ...written, unsolved: [...written.unsolved, ...unsolved] })
        } finally {
          await first.batch(['rollback'])
        }
      }
      return { database, queries, rows }
    } finally {
      await Promise.all([first.end(), second.end()])
    }
  } catch (cause) {
    await server.dropDatabase(database)
    throw cause
  }
}
