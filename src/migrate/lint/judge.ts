/** From a trace to findings: every hazard asked, and what the migration allows set apart with its reason. */
import type { AllowDirective } from '../files/directives.ts'
import type { Hazard, HazardFinding } from './hazard.ts'
import { hazards } from './hazards.ts'
import type { MigrationTrace } from './trace.ts'

export interface JudgedFinding extends HazardFinding {
  readonly hazard: Hazard
  /** A comment of the migration accepts it. */
  readonly allowed: AllowDirective | null
}

export interface Judged {
  readonly findings: readonly JudgedFinding[]
  /** Comments that allow what was not found. */
  readonly unused: readonly AllowDirective[]
}

/**
 * `refused` is the trace on rows that ended in a refusal, where the other one had to do without: only the refusal is
 * told of it. `stepOf` tells which step of the file (from 1) a statement is: comments count those.
 */
export const judgeMigration = (
  trace: MigrationTrace,
  allows: readonly AllowDirective[],
  stepOf: (start: number) => number,
  refused: MigrationTrace | null = null,
): Judged => {
  const found = hazards.flatMap((hazard) => [
    ...hazard.find(trace).map((one) => ({ ...one, hazard })),
    ...(refused === null ? [] : hazard.find(refused))
      .filter(({ statement }) => statement.fault !== null)
      .map((one) => ({ ...one, hazard })),
  ])
  const findings = found.map((one): JudgedFinding => {
    const step = stepOf(one.statement.start)
    const allowed =
      allows.find(({ code, step: at }) => code === one.hazard.code && (at === null || at === step)) ?? null
    return { ...one, allowed }
  })
  const used = new Set(findings.map(({ allowed }) => allowed))
  return {
    findings: findings.toSorted((a, b) => a.statement.number - b.statement.number),
    unused: allows.filter((allow) => allow.code.startsWith('lint.') && !used.has(allow)),
  }
}
