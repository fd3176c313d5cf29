/** Validated queries as a proof of them alone, for the pages of a report. */
import type { ProjectProof } from '../project/prove-project.ts'
import type { ProveResult } from '../prove/result.ts'
import type { ValidateResult } from '../queries/result.ts'

const nothing = { made: 0, killed: 0, redundant: 0, equivalent: 0, stillborn: 0, survived: 0, unsolved: 0 }

const proofOf = ({ architecture, server, rules, findings, rows }: ValidateResult): ProveResult => ({
  architecture,
  server,
  tables: [...new Set([...rules.map(({ table }) => table), ...Object.keys(rows)])],
  rules,
  structures: [],
  findings,
  summary: {
    tables: Object.keys(rows).length,
    structures: 0,
    rules: rules.length,
    experiments: rules.reduce((n, { experiments }) => n + experiments.length, 0),
    red: 0,
    green: rules.filter(({ green }) => green).length,
    unproven: 0,
    mutants: nothing,
    seconds: { start: 0, red: 0, green: 0, mutate: 0 },
  },
})

export const proofOfValidation = (
  results: readonly ValidateResult[],
  only: readonly string[],
): ProjectProof => ({
  proofs: results.map((result) => ({
    result: proofOf(result),
    ledger: { directory: '', whole: false, written: [], removed: [] },
  })),
  ok: results.every(({ findings }) => findings.every(({ severity }) => severity !== 'error')),
  asked: { command: 'validate', only },
})
