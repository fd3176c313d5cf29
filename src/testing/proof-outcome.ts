/** What a proof says of one test: nothing, or an error with the message of the terminal and the declaration's place. */
import { isError } from '../project/prove-project.ts'
import type { Finding, ProveResult } from '../prove/result.ts'
import { faultFinding, faultsOf, faultText } from '../report/faults.ts'
import { findingsText } from '../report/findings.ts'
import { plainPaint, type Layout } from '../report/paint.ts'
import type { PlannedTable, Subject } from './proof-plan.ts'

const layout: Layout = { paint: plainPaint, width: 100 }

/** A test that failed. Its stack is the declaration's place: where it was thrown says nothing to anybody. */
export class ProofError extends Error {
  override readonly name = 'ProofError'

  constructor(message: string, where: { readonly file: string; readonly line: number } | undefined) {
    super(message)
    const place = where === undefined ? '' : `\n    at ${where.file}:${where.line}:1`
    this.stack = `${this.name}: ${message}${place}`
  }
}

/** Without the indent and the mark that stand before each in a whole report. */
const textOf = (findings: readonly Finding[]): string =>
  findingsText(findings, layout)
    .join('\n')
    .split('\n')
    .map((line) => line.replace(/^ {2}/u, ''))
    .join('\n')
    .replace(/^[✗·] /u, '')

const failure = (findings: readonly Finding[]): ProofError | null => {
  const [first] = findings
  return first === undefined ? null : new ProofError(textOf(findings), first.where)
}

/** What keeps a project from being proven at all: a config, a migration, a server. */
export const faultError = (cause: unknown): ProofError => {
  const faults = faultsOf(cause)
  const text = faults.map((fault) => faultText(faultFinding(fault), layout)).join('\n\n')
  return new ProofError(text.replace(/^✗ /u, ''), faults[0]?.where)
}

/** A table or column that is not there is told once in a report, at the first of its rules; as a test, at each. */
const missingOf = (id: string, { rules, findings }: ProveResult): readonly Finding[] => {
  const rule = rules.find((r) => r.id === id)
  if (rule?.missing === undefined) return []
  return findings.filter(
    (f) => f.structure === rule.table && (f.code === 'table.missing' || f.code === 'column.missing'),
  )
}

const ruleOutcome = (id: string, result: ProveResult): ProofError | null => {
  const rule = result.rules.find((r) => r.id === id)
  if (rule === undefined) return new ProofError(`${id} was not proven.`, undefined)
  const own = result.findings.filter((f) => isError(f) && f.rule === id)
  const found = failure([...own, ...(own.length === 0 ? missingOf(id, result) : [])])
  if (found !== null) return found
  const isProven = rule.green && rule.unsolved.length === 0 && rule.red?.proven !== false
  return isProven
    ? null
    : new ProofError(
        `${rule.sentence}: it is not proven. See: npx assay explain '${id}'`,
        rule.at ?? undefined,
      )
}

const structureOutcome = (id: string, result: ProveResult): ProofError | null => {
  const structure = result.structures.find((s) => s.id === id)
  if (structure === undefined) {
    return new ProofError(
      `${id} is in the ledger, and the database does not have it.\n  mend  npx assay prove, which writes the ledger anew when everything is proven`,
      undefined,
    )
  }
  return failure(
    result.findings.filter((f) => isError(f) && f.structure === id && f.code !== 'structure.unproven'),
  )
}

const isOfTable = (table: string, id: string): boolean => id.startsWith(`${table}/`)

/** Null: it is proven. `tables`: the tests that there are, so that nothing is told by two of them. */
export const outcomeOf = (
  subject: Subject,
  result: ProveResult,
  tables: readonly PlannedTable[],
): ProofError | null => {
  if (subject.kind === 'rule') return ruleOutcome(subject.id, result)
  if (subject.kind === 'structure') return structureOutcome(subject.id, result)
  const { findings } = result
  if (subject.kind === 'all-asked-for') {
    const declared = new Set(tables.map(({ table }) => table))
    const told = (f: Finding): boolean =>
      f.structure !== undefined && tables.some(({ table }) => isOfTable(table, f.structure!))
    // Mutants of what belongs to no declared table have no other test.
    return failure(
      findings.filter(
        (f) =>
          isError(f) &&
          (f.structure === undefined || !declared.has(f.structure)) &&
          (f.code === 'architecture.empty' ||
            f.code === 'structure.unproven' ||
            (f.code.startsWith('mutant.') && !told(f))),
      ),
    )
  }
  const known = new Set(
    tables.flatMap(({ tests }) => tests.flatMap(({ subject: s }) => (s.kind === 'structure' ? [s.id] : []))),
  )
  return failure(
    findings.filter(
      (f) =>
        isError(f) &&
        f.code.startsWith('mutant.') &&
        f.structure !== undefined &&
        isOfTable(subject.table, f.structure) &&
        !known.has(f.structure),
    ),
  )
}
