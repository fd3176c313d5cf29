/** Findings as reports for other machines need them: with the table they belong to and the nearest place in a file. */
import type { Finding, ProveResult } from '../prove/result.ts'
import type { EnvelopeFinding } from './envelope.ts'

export interface ReportedPlace {
  readonly file: string
  readonly line: number
}

export interface ReportedFinding extends EnvelopeFinding {
  /** Relation id; null: the whole database, or nothing of it. */
  readonly table: string | null
  /** Its own place, or that of what it speaks of; null: nobody knows one. */
  readonly place: ReportedPlace | null
}

type Known = Pick<ProveResult, 'rules' | 'structures' | 'tables'>

const tableOf = (finding: Finding, { rules, structures, tables }: Known): string | null => {
  const { rule, structure } = finding
  if (rule !== undefined) return rules.find(({ id }) => id === rule)?.table ?? null
  if (structure === undefined) return null
  // A table that is missing is named itself.
  return structures.find(({ id }) => id === structure)?.table ?? tables.find((id) => id === structure) ?? null
}

/** A structure stands in no file of the user's: the rule that asks for it does, or else its table's rules. */
const placeOf = (finding: Finding, table: string | null, known: Known): ReportedPlace | null => {
  if (finding.where) return finding.where
  const claimants = known.structures.find(({ id }) => id === finding.structure)?.rules ?? []
  const near = [
    ...known.rules.filter(({ id }) => id === finding.rule || claimants.includes(id)),
    ...known.rules.filter((rule) => rule.table === table),
  ]
  return near.find(({ at }) => at !== null)?.at ?? null
}

/** Of one architecture; it is named when the project has several. */
export const reportedFindings = (result: ProveResult, isOneOfSeveral: boolean): readonly ReportedFinding[] =>
  result.findings.map((finding) => {
    const table = tableOf(finding, result)
    return {
      ...finding,
      ...(isOneOfSeveral ? { architecture: result.architecture } : {}),
      table,
      place: placeOf(finding, table, result),
    }
  })

/** A report is read by more people than a terminal: the password of a connection string is nobody's business. */
const withoutPasswords = (text: string): string => text.replaceAll(/(\w:\/\/[^\s:@/]*):[^\s@]*@/gu, '$1:***@')

/** Findings that come without a proof: those of the ledger, and faults. */
export const looseFinding = (finding: EnvelopeFinding): ReportedFinding => ({
  ...finding,
  table: null,
  place: finding.where ?? null,
})

/** As it leaves the machine: paths as `shown` writes them, and no secret. */
export const asReported = (finding: ReportedFinding, shown: (file: string) => string): ReportedFinding => ({
  ...finding,
  summary: withoutPasswords(finding.summary),
  why: withoutPasswords(finding.why),
  fix: withoutPasswords(finding.fix),
  ...(finding.where ? { where: { ...finding.where, file: shown(finding.where.file) } } : {}),
  place: finding.place && { file: shown(finding.place.file), line: finding.place.line },
})
