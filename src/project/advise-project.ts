/** Use case: which structures would bring the broken budgets of a project's declared queries back. */
import type { Catalog } from '../catalog/structure.ts'
import { AssayError } from '../ground/errors.ts'
import { adviseQueries } from '../queries/advise/advise.ts'
import type { AdviceLimits } from '../queries/advise/limits.ts'
import type { AdviceResult } from '../queries/advise/result.ts'
import { loadProject } from './config.ts'
import { parseSizes } from './fill-sizes.ts'
import { withMigrated, type OnProgress } from './migrated.ts'
import { noQueries, sizesOf } from './validate-project.ts'

export interface AdviseSettings {
  /** Where the config is looked for, upwards. */
  readonly directory: string
  /** Ids of queries, or tables; empty: all. */
  readonly only: readonly string[]
  /** `orders=5e6`, or a number for all: how many rows to fill its tables with; empty: those that proofs load. */
  readonly rows: readonly string[]
  /** `10MB`: what all advice may take on disk. */
  readonly storage?: string
  /** `200B`: what an insert into one table may write more to the write-ahead log. */
  readonly writes?: string
  /** Also for queries that are within their budget. */
  readonly isForAll: boolean
  readonly onProgress?: OnProgress
}

const units: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 }

/** Throws AssayError `usage.bytes` (exit 2). */
export const parseBytes = (option: string, text: string | undefined): number | null => {
  if (text === undefined) return null
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?b)?$/iu.exec(text.trim()) ?? []
  if (number !== '') return Number(number) * units[unit.toLowerCase()]!
  throw new AssayError(`${option} ${text} is no number of bytes.`, {
    code: 'usage.bytes',
    exit: 2,
    asked: text,
    mend: `Write it so: ${option} ${option === '--writes' ? '200B' : '500MB'}.`,
  })
}

/** Throws AssayError. */
export const adviseProject = async (settings: AdviseSettings): Promise<readonly AdviceResult[]> => {
  const { directory, only, rows, isForAll, onProgress } = settings
  const named = rows.length === 0 ? null : parseSizes(rows)
  const limits: AdviceLimits = {
    storage: parseBytes('--storage', settings.storage),
    writes: parseBytes('--writes', settings.writes),
  }
  const project = await loadProject(directory)
  const declared = project.architectures.filter(({ architecture }) => architecture.queries !== undefined)
  const names = project.architectures.map(({ architecture }) => architecture.name)
  const known = declared.flatMap(({ architecture }) => architecture.queries ?? [])
  if (known.length === 0) throw noQueries(names, [])
  const unknown = only.filter((one) => !known.some(({ id, table }) => one === id || one === table))
  if (unknown.length > 0)
    throw noQueries(
      names,
      unknown,
      known.map(({ id }) => id),
    )
  const wish = onProgress === undefined ? {} : { onProgress }
  return withMigrated({ ...project, architectures: declared }, wish, async (all) => {
    const found: AdviceResult[] = []
    for (const { server, template, part } of all) {
      const { architecture } = part
      const sizes = named === null ? null : (catalog: Catalog) => sizesOf(architecture, catalog, named)
      found.push(
        await adviseQueries({ architecture, server, template, only, sizes, limits, isForAll, ...wish }),
      )
    }
    return found
  })
}
