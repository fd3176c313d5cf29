/**
 * JUnit XML, which every build server reads: one suite per table, one case per rule and per structure, so that a case
 * that fails today is the one that passed yesterday.
 */
import type { ArchitectureProof, ProofCommand, ProjectProof } from '../project/prove-project.ts'
import type { ExperimentResult, RuleResult, StructureResult } from '../prove/result.ts'
import { stateOf } from './site-state.ts'
import { reportedFindings, asReported, type ReportedFinding } from './reported-finding.ts'
import { element, xmlDocument, type XmlElement } from './xml.ts'

interface Case {
  /** What it is: the sentence of a rule. */
  readonly name: string
  /** Id of the rule or structure. */
  readonly id: string
  readonly place: ReportedFinding['place']
  readonly findings: readonly ReportedFinding[]
  /** Fails for a reason that a finding elsewhere tells; null: it does not. */
  readonly failsWith: string | null
  readonly output: readonly string[]
}

interface Suite {
  readonly name: string
  readonly cases: readonly Case[]
}

const findingText = ({ summary, why, fix }: ReportedFinding): string =>
  `${summary}\nwhy: ${why}\nmend: ${fix}`

const errorsOf = ({ findings }: Case): readonly ReportedFinding[] =>
  findings.filter((finding) => finding.severity === 'error')

const fails = (one: Case): boolean => errorsOf(one).length > 0 || one.failsWith !== null

/** Many readers take one failure for each case: all that is wrong with it stands in that one. */
const failureOf = (one: Case): readonly XmlElement[] => {
  const errors = errorsOf(one)
  if (!fails(one)) return []
  const message = errors[0]?.summary ?? one.failsWith ?? ''
  const type = errors[0]?.code ?? 'rule.red'
  const text = errors.length > 0 ? errors.map(findingText).join('\n\n') : message
  return [element('failure', { message, type }, [text])]
}

const outputOf = (one: Case): readonly XmlElement[] => {
  const told = one.findings.filter((finding) => finding.severity !== 'error').map(findingText)
  const lines = [...one.output, ...told]
  return lines.length === 0 ? [] : [element('system-out', {}, [lines.join('\n')])]
}

const caseElement = (one: Case): XmlElement =>
  element(
    'testcase',
    { name: one.name, classname: one.id, time: 0, file: one.place?.file, line: one.place?.line },
    [...failureOf(one), ...outputOf(one)],
  )

const counts = (cases: readonly Case[]): XmlElement['attributes'] => ({
  tests: cases.length,
  failures: cases.filter(fails).length,
  errors: 0,
  skipped: 0,
})

const suiteElement = ({ name, cases }: Suite): XmlElement =>
  element('testsuite', { name, ...counts(cases), time: 0 }, cases.map(caseElement))

const documentOf = (suites: readonly Suite[], seconds: number): string =>
  xmlDocument(
    element(
      'testsuites',
      { name: 'assay', ...counts(suites.flatMap(({ cases }) => cases)), time: seconds.toFixed(3) },
      suites.filter(({ cases }) => cases.length > 0).map(suiteElement),
    ),
  )

const experimentLine = ({ experiment, holds, difference }: ExperimentResult): string => {
  const { id, title, shadow } = experiment
  if (shadow) return `shadow ${id}: ${title}`
  return holds ? `ok ${id}: ${title}` : `not ok ${id}: ${title}: ${difference ?? 'its outcome is another'}`
}

type Shown = (file: string) => string

interface Told {
  readonly command: ProofCommand
  readonly findings: readonly ReportedFinding[]
  readonly shown: Shown
}

const ruleCase = (rule: RuleResult, { command, findings, shown }: Told): Case => {
  const state = stateOf(rule, { command })
  const elsewhere = findings.find((finding) => finding.structure === rule.table)
  return {
    name: rule.sentence,
    id: rule.id,
    place: rule.at && { ...rule.at, file: shown(rule.at.file) },
    findings: findings.filter((finding) => finding.rule === rule.id),
    failsWith:
      state === 'green' || state === 'awaited' ? null : (elsewhere?.summary ?? 'the rule is not proven'),
    output: [...rule.experiments.map(experimentLine), ...(rule.red ? [`red: ${rule.red.why}`] : [])],
  }
}

const structureCase = (structure: StructureResult, { command, findings }: Told): Case => {
  const mutates = command === 'mutate' || command === 'prove'
  const own = findings.filter((finding) => finding.structure === structure.id && finding.rule === undefined)
  return {
    name: `${structure.kind} ${structure.name}: a rule asks for it${mutates ? ' and notices when it is broken' : ''}`,
    id: structure.id,
    place: own[0]?.place ?? null,
    findings: own,
    // One finding speaks for all that stands on a table that nothing declares.
    failsWith: structure.rules.length === 0 ? 'no rule asks for it' : null,
    output: structure.mutants.map((m) => `${m.verdict} ${m.summary}: ${m.why}`),
  }
}

/** Findings of their own: a table that is not there, a ledger's entry, a fault. */
const looseCase = (finding: ReportedFinding): Case => ({
  name: finding.summary,
  id: finding.rule ?? finding.structure ?? finding.code,
  place: finding.place,
  findings: [finding],
  failsWith: null,
  output: [],
})

const suitesOf = (
  { result }: ArchitectureProof,
  { command, shown }: Omit<Told, 'findings'>,
): readonly Suite[] => {
  const findings = reportedFindings(result, false).map((finding) => asReported(finding, shown))
  const told = { command, findings, shown }
  // RED alone does not ask whether structures have rules.
  const structures = command === 'red' ? [] : result.structures
  const known = new Set([...result.rules, ...structures].map(({ id }) => id))
  const isLoose = (finding: ReportedFinding): boolean => !known.has(finding.rule ?? finding.structure ?? '')
  const casesOf = (table: string | null): readonly Case[] => [
    ...result.rules.filter((rule) => rule.table === table).map((rule) => ruleCase(rule, told)),
    ...structures.filter((s) => s.table === table).map((s) => structureCase(s, told)),
    ...findings.filter((finding) => finding.table === table && isLoose(finding)).map(looseCase),
  ]
  const tables = [...new Set([...result.tables, ...structures.flatMap(({ table }) => table ?? [])])]
  return [
    ...tables.map((table) => ({ name: `${result.architecture}/${table}`, cases: casesOf(table) })),
    { name: result.architecture, cases: casesOf(null) },
  ]
}

/** Paths stand as `shown` writes them. */
export const junitOfProof = ({ proofs }: ProjectProof, command: ProofCommand, shown: Shown): string => {
  const seconds = proofs.flatMap(({ result: { summary } }) => Object.values(summary.seconds))
  return documentOf(
    proofs.flatMap((proof) => suitesOf(proof, { command, shown })),
    seconds.reduce((sum, part) => sum + part, 0),
  )
}

/** Of what came to findings without a proof: a case for each, or one that says that all is well. */
export const junitOfFindings = (
  suite: string,
  findings: readonly ReportedFinding[],
  allIsWell: string,
): string => {
  const well: Case = {
    name: allIsWell,
    id: suite,
    place: null,
    findings: [],
    failsWith: null,
    output: [],
  }
  return documentOf([{ name: suite, cases: findings.length === 0 ? [well] : findings.map(looseCase) }], 0)
}
