/** Use case: advice for the statements that a live database runs. It is only read; all planning is done on the local server. */
import { adviseStatements, type StatementsWish } from '../queries/advise/advise-statements.ts'
import { readDependence, type AskedColumns, type Dependence } from '../queries/advise/dependence.ts'
import { readStatements } from '../queries/advise/read-statements.ts'
import type { AdviceResult } from '../queries/advise/result.ts'
import { readStatistics } from '../rows/projected/read-statistics.ts'
import { withStandIns } from '../rows/projected/stand-ins/stand-ins.ts'
import { openLiveDatabase } from './adopt-live.ts'
import { parseBytes } from './advise-project.ts'
import { chooseArchitecture } from './choose-architecture.ts'
import { loadProject } from './config.ts'
import { withMigrated, type OnProgress } from './migrated.ts'

export interface AdviseLiveSettings {
  readonly directory: string
  /** The database whose statements they are. */
  readonly url: string
  readonly architecture?: string
  /** `10MB`: what all advice may take on disk. */
  readonly storage?: string
  readonly onProgress?: OnProgress
}

/** Throws AssayError. */
export const adviseLive = async (settings: AdviseLiveSettings): Promise<AdviceResult> => {
  const { directory, url, onProgress } = settings
  const limits = { storage: parseBytes('--storage', settings.storage), writes: null }
  const project = await loadProject(directory)
  const part = chooseArchitecture(project, settings.architecture, 'assay advise')
  onProgress?.('reading statements and statistics', 0, 1)
  const live = await openLiveDatabase(url, 'assay advise')
  const read = async (): Promise<Pick<StatementsWish, 'statements' | 'hidden' | 'statistics'>> => {
    try {
      return await live.read(async () => ({
        ...(await readStatements(live.db)),
        // No value of the database is needed here, so that none leaves it.
        statistics: await withStandIns(live.db, await readStatistics(live.db), new Set()),
      }))
    } finally {
      await live.close()
    }
  }
  const { statements, hidden, statistics } = await read()
  const lookAt = async (asked: readonly AskedColumns[]): Promise<readonly (Dependence | string)[]> => {
    const again = await openLiveDatabase(url, 'assay advise')
    try {
      return await again.read(async () => {
        const found: (Dependence | string)[] = []
        for (const one of asked) found.push(await readDependence(again.db, one))
        return found
      })
    } finally {
      await again.close()
    }
  }
  const wish = onProgress === undefined ? {} : { onProgress }
  return withMigrated({ ...project, architectures: [part] }, wish, ([migrated]) => {
    const { server, template } = migrated!
    const { architecture } = part
    return adviseStatements({
      architecture,
      server,
      template,
      statistics,
      statements,
      hidden,
      limits,
      lookAt,
      ...wish,
    })
  })
}
