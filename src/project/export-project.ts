/** Use case: the experiments of a project as data, for scripts that run without Assay. */
import { prove } from '../prove/prove.ts'
import type { RuleResult } from '../prove/result.ts'
import { askedIn } from './asked-ids.ts'
import { loadProject } from './config.ts'
import { withMigrated, type ServerWish } from './migrated.ts'

export interface ExportSettings extends ServerWish {
  readonly directory: string
  /** Ids of rules, or names of tables; empty: everything. */
  readonly only: readonly string[]
}

export interface ExportedArchitecture {
  readonly name: string
  /** Of the server that the experiments were written on. */
  readonly major: number
  /** The role that owned the tables there. */
  readonly owner: string
  readonly rules: readonly RuleResult[]
}

/** Architectures in which something was asked for; each is a database of its own. Nothing is written. */
export const exportProject = async (settings: ExportSettings): Promise<readonly ExportedArchitecture[]> => {
  const { directory, only, onProgress } = settings
  const project = await loadProject(directory)
  return withMigrated(project, settings, async (all) => {
    const asked = await askedIn(all, only)
    const exported: ExportedArchitecture[] = []
    for (const [i, { server, template, part, seconds }] of all.entries()) {
      if (!asked[i]) continue
      const { rules } = await prove({
        architecture: part.architecture,
        server,
        template,
        steps: ['green'],
        only,
        startSeconds: seconds,
        ...(onProgress ? { onProgress } : {}),
      })
      const { name } = part.architecture
      exported.push({ name, major: server.major, owner: server.owner, rules })
    }
    return exported
  })
}
