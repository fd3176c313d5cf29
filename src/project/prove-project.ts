/** Use case: prove every architecture of a project, and write its ledger. */
import { writeLedger } from '../prove/ledger.ts'
import { prove, type Step } from '../prove/prove.ts'
import type { ProveResult } from '../prove/result.ts'
import { loadProject } from './config.ts'
import { withMigrated, type ServerWish } from './migrated.ts'

export interface ProveSettings extends ServerWish {
  /** Where the config is looked for, upwards. */
  readonly directory: string
  readonly steps: readonly Step[]
  readonly only: readonly string[]
}

export interface ProjectProof {
  readonly results: readonly ProveResult[]
  /** Ledger files written or removed, as paths. */
  readonly artifacts: readonly string[]
  readonly ok: boolean
}

/** The ledger is evidence: it is written only by a whole and successful proof. */
const isWhole = ({ steps, only }: ProveSettings): boolean =>
  only.length === 0 && (['green', 'red', 'mutate'] as const).every((s) => steps.includes(s))

export const proveProject = async (settings: ProveSettings): Promise<ProjectProof> => {
  const project = await loadProject(settings.directory)
  const artifacts: string[] = []
  const results = await withMigrated(project, settings, async ({ server, template, part, seconds }) => {
    const result = await prove({
      architecture: part.architecture,
      server,
      template,
      steps: settings.steps,
      only: settings.only,
      startSeconds: seconds,
      ...(settings.onProgress ? { onProgress: settings.onProgress } : {}),
    })
    if (isWhole(settings) && result.findings.length === 0) {
      const written = await writeLedger(part.ledger, result)
      artifacts.push(...written.written, ...written.removed)
    }
    return result
  })
  return { results, artifacts, ok: results.every((r) => r.findings.every((f) => f.severity !== 'error')) }
}
