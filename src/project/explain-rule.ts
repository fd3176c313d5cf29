/** Use case: the experiments of some rules, written but not run. */
import { AssayError } from '../ground/errors.ts'
import { nearestName } from '../ground/nearest-name.ts'
import { prove } from '../prove/prove.ts'
import type { RuleResult } from '../prove/result.ts'
import { loadProject } from './config.ts'
import { withMigrated, type ServerWish } from './migrated.ts'

export interface ExplainSettings extends ServerWish {
  readonly directory: string
  readonly id: string
}

/** Rules by id, or all of a table. Throws AssayError (exit 2) with the nearest id when nothing has that name. */
export const explainRule = async (settings: ExplainSettings): Promise<readonly RuleResult[]> => {
  const project = await loadProject(settings.directory)
  const ids = project.architectures.flatMap((a) => a.architecture.tables.flatMap((t) => [t.id, ...t.rules.map((r) => r.id)]))
  const isThere = ids.some((id) => id === settings.id || id.startsWith(`${settings.id}:`))
  if (!isThere) {
    const near = nearestName(settings.id, ids)
    throw new AssayError(`no rule has the id ${settings.id}`, {
      code: 'explain.unknown-rule',
      exit: 2,
      asked: `the experiments of ${settings.id}`,
      found: `${ids.length} ids in ${project.file}`,
      mend: near === null ? 'give the name of a table to see all of its rules' : `assay explain '${near}'`,
    })
  }
  const results = await withMigrated(project, settings, ({ server, template, part, seconds }) =>
    prove({
      architecture: part.architecture,
      server,
      template,
      steps: ['green'],
      only: [settings.id],
      startSeconds: seconds,
      workers: 1,
    }),
  )
  return results.flatMap((r) => r.rules)
}
