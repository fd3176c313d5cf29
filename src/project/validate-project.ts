/** Use case: the declared queries and writes of a project, run and measured on rows. */
import type { Architecture } from '../architecture/architecture.ts'
import { queriesOf } from '../architecture/kinds/query.ts'
import { writesOf } from '../architecture/kinds/write.ts'
import type { Catalog } from '../catalog/structure.ts'
import { AssayError } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import type { ValidateResult } from '../queries/result.ts'
import { validateQueries } from '../queries/validate.ts'
import { isAskedFor } from '../prove/asked.ts'
import { loadProject } from './config.ts'
import { parseSizes, resolveSizes, type NamedSizes } from './fill-sizes.ts'
import { withMigrated, type ServerWish } from './migrated.ts'

export interface ValidateSettings extends ServerWish {
  /** Where the config is looked for, upwards. */
  readonly directory: string
  /** Ids of queries and writes, or tables; empty: all. */
  readonly only: readonly string[]
  /** `orders=5e6`, or a number for all: how many rows to fill its tables with; empty: those that proofs load. */
  readonly rows: readonly string[]
  /** Also: which size of its tables flips the plan of each query. */
  readonly sweep?: boolean
}

/** `known`: ids of what is declared. */
export const noQueries = (
  names: readonly string[],
  only: readonly string[],
  known: readonly string[] = [],
): AssayError =>
  new AssayError(
    only.length === 0
      ? `No query or write is declared over ${names.join(', ')}.`
      : `No declared query or write is called ${only.join(', ')}.`,
    {
      code: only.length === 0 ? 'validate.no-queries' : 'usage.unknown-id',
      exit: 2,
      asked: only.length === 0 ? 'the declared queries and writes, measured' : only.join(', '),
      why: 'measuring nothing says nothing',
      ...(known.length === 0 ? {} : { found: `${known.join(', ')}.${didYouMean(only[0] ?? '', known)}` }),
      mend:
        known.length > 0
          ? 'Name one of these, or a table; or leave --only out.'
          : "Declare one beside the architecture, in a file that the configuration imports:\ncommerce.query('recent orders of a user', ['orders'], (db, p: { user: string }) => db.selectFrom('orders')…)",
    },
  )

/** A number alone is for every table that a query or a write names. */
export const sizesOf = (
  architecture: Architecture,
  catalog: Catalog,
  { named, usual }: NamedSizes,
): ReadonlyMap<string, number> => {
  const read =
    usual === null
      ? []
      : [...queriesOf(architecture), ...writesOf(architecture)].flatMap(({ reads }) => reads)
  const all = read.filter((id) => catalog.tables.has(id)).map((id) => [id, usual!] as const)
  return new Map([...all, ...resolveSizes(catalog, named)])
}

export const validateProject = async (settings: ValidateSettings): Promise<readonly ValidateResult[]> => {
  const named = settings.rows.length === 0 ? null : parseSizes(settings.rows)
  const project = await loadProject(settings.directory)
  const declared = project.architectures.filter(({ architecture }) => architecture.queries !== undefined)
  if (declared.length === 0)
    throw noQueries(
      project.architectures.map((one) => one.architecture.name),
      [],
    )
  const known = declared.flatMap(({ architecture }) => architecture.queries ?? [])
  const unknown = settings.only.filter((one) => !known.some(({ id, table }) => isAskedFor(id, table, [one])))
  if (unknown.length > 0)
    throw noQueries(
      [],
      unknown,
      known.map(({ id }) => id),
    )
  return withMigrated({ ...project, architectures: declared }, settings, async (all) => {
    const found: ValidateResult[] = []
    for (const { server, template, part } of all) {
      const { only, onProgress } = settings
      const { architecture } = part
      const sizes = named === null ? null : (catalog: Catalog) => sizesOf(architecture, catalog, named)
      found.push(
        await validateQueries({
          architecture,
          server,
          template,
          only,
          sizes,
          sweep: settings.sweep ?? false,
          ...(onProgress ? { onProgress } : {}),
        }),
      )
    }
    return found
  })
}
