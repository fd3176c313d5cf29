/** Use case: prove every architecture of a project, or a part of it, and write its ledger. */
import { join } from 'node:path'
import type { OperatorSet } from '../catalog/operator-set/names.ts'
import type { Server } from '../postgres/server.ts'
import { writeLedger } from '../prove/ledger/ledger.ts'
import { openGround, type ProofGround } from '../prove/proof-ground.ts'
import { prove, type Step } from '../prove/prove.ts'
import type { Finding, ProveResult } from '../prove/result.ts'
import { completeProof } from '../queries/complete-proof.ts'
import { askedIn } from './asked-ids.ts'
import { loadProject } from './config.ts'
import { givenStatistics } from './given-statistics.ts'
import { withMigrated, type Migrated, type ServerWish } from './migrated.ts'

export type ProofCommand = 'prove' | 'red' | 'green' | 'mutate'

/** Everything rests on what the database answers as it stands, so `green` is always among them. */
export const stepsOf: Readonly<Record<ProofCommand, readonly Step[]>> = {
  prove: ['green', 'red', 'mutate'],
  red: ['green', 'red'],
  green: ['green'],
  mutate: ['green', 'mutate'],
}

export interface ProveSettings extends ServerWish {
  /** Where the config is looked for, upwards. */
  readonly directory: string
  readonly command: ProofCommand
  /** Ids of rules or structures, or names of tables; empty: everything. */
  readonly only: readonly string[]
  /** Only mutants of these operators: a part of a proof, which is not recorded. */
  readonly operators?: OperatorSet
  /** Also: which size of its tables changes the plan of each query, for a report. */
  readonly sweeps?: boolean
}

/** `whole` is false for a part, for single steps, and for a proof that failed: the ledger then stays as it is. */
export interface LedgerOutcome {
  /** Absolute. */
  readonly directory: string
  readonly whole: boolean
  /** Absolute paths. */
  readonly written: readonly string[]
  readonly removed: readonly string[]
}

export interface ArchitectureProof {
  readonly result: ProveResult
  readonly ledger: LedgerOutcome
}

export interface ProjectProof {
  /** Architectures in which something was asked for. */
  readonly proofs: readonly ArchitectureProof[]
  readonly ok: boolean
  /** What was asked for; `validate` tells its queries as a proof does. */
  readonly asked?: { readonly command: ProofCommand | 'validate'; readonly only: readonly string[] }
}

export const isError = (finding: Finding): boolean => finding.severity === 'error'

/** A proof of nothing is no proof. */
const nothingDeclared = (architecture: string): Finding => ({
  code: 'architecture.empty',
  severity: 'error',
  summary: `${architecture} declares no rule, and its database has no structure: there is nothing to prove`,
  why: 'that nothing is wrong with nothing says nothing',
  fix: `name tables with their rules: architecture(${JSON.stringify(architecture)}, { tables: { … } })`,
})

/**
 * What counts for a command. RED asks that every rule fails without its structure; where a structure is not there
 * yet, the rule fails now, which is what it is to do before the migration is written.
 */
export const findingsFor = (command: ProofCommand, result: ProveResult): readonly Finding[] => {
  const { findings, rules, structures } = result
  if (rules.length === 0 && structures.length === 0) return [nothingDeclared(result.architecture)]
  if (command !== 'red') return findings
  const red = new Set(rules.filter((rule) => rule.red?.proven === true).map((rule) => rule.id))
  return findings.filter(
    (finding) => finding.rule !== undefined && (finding.code === 'rule.unsolved' || !red.has(finding.rule)),
  )
}

const proveOn = async (
  { server, template, part, seconds }: Migrated,
  { command, only, operators, sweeps = false, onProgress }: Omit<ProveSettings, 'directory'>,
  ground: ProofGround,
): Promise<ProveResult> => {
  const { architecture } = part
  const given = givenStatistics(part.statistics)
  const found = await prove({
    architecture,
    server,
    template,
    steps: stepsOf[command],
    only,
    operators: operators ?? null,
    startSeconds: seconds,
    ...(onProgress ? { onProgress } : {}),
    ground,
  })
  const plansElsewhere = command === 'prove' && operators === undefined
  const parts = { architecture, server, template, ground, given, plansElsewhere, sweeps }
  return completeProof(found, { ...parts, ...(onProgress ? { onProgress } : {}) })
}

const withGround = async <T>(
  server: Server,
  template: string,
  work: (ground: ProofGround) => Promise<T>,
): Promise<T> => {
  const ground = await openGround(server, template)
  try {
    return await work(ground)
  } finally {
    await ground.close()
  }
}

/** Proves one architecture and writes its ledger when all of it holds. `ground`: of its template, kept by the caller. */
export const proveMigrated = async (
  migrated: Migrated,
  settings: Omit<ProveSettings, 'directory'>,
  ground?: ProofGround,
): Promise<ArchitectureProof> => {
  const { server, template, part } = migrated
  const { command, only, operators } = settings
  const proven = ground
    ? await proveOn(migrated, settings, ground)
    : await withGround(server, template, (own) => proveOn(migrated, settings, own))
  const result = { ...proven, findings: findingsFor(command, proven) }
  const isAll = only.length === 0 && operators === undefined
  const whole = command === 'prove' && isAll && !result.findings.some(isError)
  const { written, removed } = whole ? await writeLedger(part.ledger, result) : { written: [], removed: [] }
  const inLedger = (path: string): string => join(part.ledger, path)
  const ledger = {
    directory: part.ledger,
    whole,
    written: written.map(inLedger),
    removed: removed.map(inLedger),
  }
  return { result, ledger }
}

/** Throws AssayError or AssayErrors for what keeps it from being proven at all. */
export const proveProject = async (settings: ProveSettings): Promise<ProjectProof> => {
  const project = await loadProject(settings.directory)
  const proofs = await withMigrated(project, settings, async (all) => {
    const asked = await askedIn(all, settings.only)
    const found: ArchitectureProof[] = []
    for (const [i, migrated] of all.entries())
      if (asked[i]) found.push(await proveMigrated(migrated, settings))
    return found
  })
  const { command, only } = settings
  return {
    proofs,
    ok: proofs.every(({ result }) => !result.findings.some(isError)),
    asked: { command, only },
  }
}
