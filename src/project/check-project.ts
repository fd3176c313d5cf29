/** Use case: does the committed ledger still cover what is declared and what the migrations make? No experiment runs. */
import { fingerprint } from '../catalog/fingerprint.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import { bind } from '../prove/bind.ts'
import { declarationDigest } from '../prove/digest.ts'
import { refuseDeclaredSql } from '../prove/declared-sql.ts'
import { isLeftAlone, statedBy } from '../prove/left-alone.ts'
import { readLedger } from '../prove/ledger/ledger.ts'
import { readLedgerAtRef } from '../prove/ledger/at-ref.ts'
import type { Ledger } from '../prove/ledger/page.ts'
import { checkLedger, type LedgerNow } from '../prove/ledger/check.ts'
import { compareLedgers } from '../prove/ledger/compare.ts'
import type { Finding } from '../prove/result.ts'
import { serverFacts } from '../prove/server-facts.ts'
import { checkPlans } from './check-plans.ts'
import { loadProject } from './config.ts'
import { withMigrated, type Migrated, type OnProgress, type ServerWish } from './migrated.ts'

export interface CheckSettings extends ServerWish {
  readonly directory: string
  /** A git ref whose ledger is compared with today's; null: its default, the merge base; undefined: no comparison. */
  readonly against?: string | null
}

export interface ProjectCheck {
  readonly rules: number
  readonly structures: number
  /** Declared queries whose plans were asked for again, since something that plans follow from changed. */
  readonly planned: number
  /** The commit that was compared with, in words; null: none. */
  readonly against: string | null
  readonly findings: readonly Finding[]
  readonly ok: boolean
}

const readNow = async ({ server, template, part }: Migrated): Promise<LedgerNow> => {
  const reader = await server.connect(template, 'prover')
  try {
    const catalog = await readCatalog(reader)
    const binding = await bind(part.architecture, catalog, reader)
    refuseDeclaredSql(binding.refused)
    const stated = statedBy(binding.rules)
    return {
      rules: binding.rules.map(({ rule, sentence, claims }) => ({
        id: rule.id,
        table: rule.table,
        sentence,
        claims,
        declared: declarationDigest(rule),
        at: rule.at,
      })),
      structures: [...catalog.structures.values()]
        .filter((s) => !isLeftAlone(s, catalog, part.architecture, stated))
        .map((s) => ({
          id: s.id,
          table: s.table,
          definition: s.definition,
          fingerprint: fingerprint(s, catalog),
        })),
      server: await serverFacts(reader),
    }
  } finally {
    await reader.end()
  }
}

export type Checked = Pick<ProjectCheck, 'rules' | 'structures' | 'planned' | 'findings'>

/** One architecture; `before`: the ledger to compare with. */
export const checkMigrated = async (
  migrated: Migrated,
  before: Ledger | null,
  onProgress?: OnProgress,
): Promise<Checked> => {
  const now = await readNow(migrated)
  const ledger = await readLedger(migrated.part.ledger)
  const plans = await checkPlans(migrated, ledger, now, onProgress)
  return {
    rules: now.rules.length,
    structures: now.structures.length,
    planned: plans.asked,
    findings: [
      ...checkLedger(ledger, now),
      ...plans.findings,
      ...(before ? compareLedgers(before, ledger) : []),
    ],
  }
}

export const checkProject = async (settings: CheckSettings): Promise<ProjectCheck> => {
  const { directory, against } = settings
  const project = await loadProject(directory)
  // Before a server is started: a ref that nobody knows is told at once.
  const before =
    against === undefined
      ? null
      : await Promise.all(project.architectures.map((part) => readLedgerAtRef(part.ledger, against)))
  const checks = await withMigrated(project, settings, async (all) => {
    const found: Checked[] = []
    for (const [i, migrated] of all.entries())
      found.push(await checkMigrated(migrated, before?.[i]?.ledger ?? null, settings.onProgress))
    return found
  })
  const findings = checks.flatMap((c) => c.findings)
  return {
    rules: checks.reduce((n, c) => n + c.rules, 0),
    structures: checks.reduce((n, c) => n + c.structures, 0),
    planned: checks.reduce((n, c) => n + c.planned, 0),
    against: before?.[0]?.at ?? null,
    findings,
    ok: findings.every((f) => f.severity !== 'error'),
  }
}
