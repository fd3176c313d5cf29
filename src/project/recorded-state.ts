/**
 * What the ledger was proven with, where git still has it: the schema of the commit that wrote the ledger, made on a
 * server of its own and read, and the exported statistics. Nothing of it counts unless its digests are the ledger's.
 */
import { basename, dirname, resolve } from 'node:path'
import { fingerprint } from '../catalog/fingerprint.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import { AssayError, AssayErrors } from '../ground/errors.ts'
import { PgError } from '../postgres/fault.ts'
import type { Server } from '../postgres/server.ts'
import { git } from '../prove/ledger/at-ref.ts'
import type { Ledger } from '../prove/ledger/page.ts'
import { digest } from '../prove/digest.ts'
import type { GivenStatistics } from '../queries/planned-elsewhere.ts'
import { parseStatistics } from '../rows/projected/parse-statistics.ts'
import { applySchema } from './migrations.ts'
import type { ProjectArchitecture } from './project.ts'
import { withSchemaAtRef } from './schema-at-ref.ts'

const answer = async (directory: string, args: readonly string[]): Promise<string | null> => {
  const { code, out } = await git(directory, args)
  return code === 0 ? out.toString('utf8').trim() : null
}

/** The commit that last wrote the ledger; null: git has none, or the ledger stands there otherwise than it does now. */
export const commitOfLedger = async (ledger: string): Promise<string | null> => {
  const directory = resolve(ledger)
  if ((await answer(directory, ['diff', '--quiet', 'HEAD', '--', '.'])) === null) return null
  const commit = await answer(directory, ['log', '-1', '--format=%H', '--', '.'])
  return commit === null || commit === '' ? null : commit
}

/** What is told to people, and no fault of Assay's. */
export const isRefusal = (cause: unknown): boolean =>
  cause instanceof AssayError || cause instanceof AssayErrors || cause instanceof PgError

/** Null: it cannot be made again. `server`: where roles of the same names are not yet. */
export const recordedCatalog = async (
  server: Server,
  { schema, architecture }: ProjectArchitecture,
  commit: string,
): Promise<Catalog | null> => {
  try {
    return await withSchemaAtRef(schema, commit, async (then) => {
      if (then === null) return null
      const database = await server.createDatabase(`${architecture.name}_recorded`)
      await applySchema(server, database, then)
      const reader = await server.connect(database, 'prover')
      try {
        return await readCatalog(reader)
      } finally {
        await reader.end()
      }
    })
  } catch (cause) {
    if (isRefusal(cause)) return null
    throw cause
  }
}

/** The structures of that catalog that are as the ledger recorded them. */
export const asRecorded = (catalog: Catalog, ledger: Ledger): ReadonlySet<string> => {
  const recorded = new Map(ledger.pages.flatMap((p) => p.structures).map((s) => [s.id, s.fingerprint]))
  return new Set(
    [...catalog.structures.values()]
      .filter((structure) => recorded.get(structure.id) === fingerprint(structure, catalog))
      .map(({ id }) => id),
  )
}

/** Null: git does not have those that the ledger names. */
export const recordedStatistics = async (
  file: string,
  commit: string,
  wanted: string,
): Promise<GivenStatistics | null> => {
  const text = await answer(dirname(file), ['show', `${commit}:./${basename(file)}`])
  if (text === null) return null
  try {
    const statistics = parseStatistics(text, file)
    const own = digest(JSON.stringify(statistics))
    return own === wanted ? { statistics, digest: own } : null
  } catch (cause) {
    if (isRefusal(cause)) return null
    throw cause
  }
}
