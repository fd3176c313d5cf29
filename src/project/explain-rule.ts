/** Use case: the experiments of some rules as they were written and what they show now; of a structure, those of its rules. */
import { prove } from '../prove/prove.ts'
import type { ProveResult, RuleResult } from '../prove/result.ts'
import { askedIn } from './asked-ids.ts'
import { loadProject } from './config.ts'
import { withMigrated, type Migrated, type ServerWish } from './migrated.ts'

export interface ExplainSettings extends ServerWish {
  readonly directory: string
  /** Of a rule or a structure, a part of one (`products/unique`), or the name of a table. */
  readonly id: string
}

export interface ExplainedStructure {
  readonly id: string
  readonly definition: string
  /** Rules that claim it. */
  readonly rules: readonly string[]
}

export interface Explanation {
  readonly rules: readonly RuleResult[]
  /** When the id is that of structures alone. */
  readonly structures: readonly ExplainedStructure[]
  /** The role that owned the tables in this run. */
  readonly owner: string
}

const green = (
  { server, template, part, seconds }: Migrated,
  only: readonly string[],
): Promise<ProveResult> =>
  prove({
    architecture: part.architecture,
    server,
    template,
    steps: ['green'],
    only,
    startSeconds: seconds,
    workers: 1,
  })

const explainOne = async (migrated: Migrated, id: string): Promise<Omit<Explanation, 'owner'>> => {
  const own = await green(migrated, [id])
  if (own.rules.length > 0) return { rules: own.rules, structures: [] }
  const structures = own.structures.map(({ id, definition, rules }) => ({ id, definition, rules }))
  const claimants = [...new Set(structures.flatMap(({ rules }) => rules))]
  const rules = claimants.length === 0 ? [] : (await green(migrated, claimants)).rules
  // A table that claims its structure by itself brings all of its rules; only those that claim are meant.
  return { rules: rules.filter((rule) => claimants.includes(rule.id)), structures }
}

/** Throws AssayErrors (exit 2) with the nearest ids when nothing has that id. */
export const explainRule = async (settings: ExplainSettings): Promise<Explanation> => {
  const project = await loadProject(settings.directory)
  return withMigrated(project, settings, async (all) => {
    const asked = await askedIn(all, [settings.id])
    const rules: RuleResult[] = []
    const structures: ExplainedStructure[] = []
    for (const [i, migrated] of all.entries()) {
      if (!asked[i]) continue
      const explained = await explainOne(migrated, settings.id)
      rules.push(...explained.rules)
      structures.push(...explained.structures)
    }
    return { rules, structures, owner: all[0]!.server.owner }
  })
}
