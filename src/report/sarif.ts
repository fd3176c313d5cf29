/** SARIF 2.1.0: findings as code scanning reads them, each with the rule that it broke and a place in the repository. */
import { createHash } from 'node:crypto'
import { describeCode } from './finding-codes.ts'
import { printable } from './printable.ts'
import type { ReportedFinding, ReportedPlace } from './reported-finding.ts'

const schema = 'https://json.schemastore.org/sarif-2.1.0.json'

/** The root of the repository, wherever it stands on the machine that reads. */
const root = '%SRCROOT%'

export interface SarifRun {
  readonly command: string
  readonly version: string
  /** Paths in findings are relative to the repository's root. */
  readonly findings: readonly ReportedFinding[]
  /** What kept the command from coming to a result at all. */
  readonly faults: readonly ReportedFinding[]
  /** Where findings without a place of their own are shown: the configuration. */
  readonly fallback: ReportedPlace
}

const message = (text: string): { readonly text: string } => ({ text: printable(text) })

/** Absolute paths stand outside the repository. */
const uriOf = (file: string): string =>
  // Half of a letter has no encoding.
  file
    .replaceAll(/\p{Cs}/gu, '\uFFFD')
    .split('/')
    .map(encodeURIComponent)
    .join('/')

const artifactLocation = (file: string): object => {
  const path = file.replaceAll('\\', '/')
  return /^(?:\/|[A-Za-z]:\/)/u.test(path)
    ? { uri: `file:///${uriOf(path.replace(/^\//u, ''))}` }
    : { uri: uriOf(path), uriBaseId: root }
}

const locationOf = (finding: ReportedFinding, fallback: ReportedPlace): object => {
  const { file, line } = finding.place ?? fallback
  const id = finding.rule ?? finding.structure
  const kind = finding.rule === undefined ? 'structure' : 'rule'
  return {
    physicalLocation: {
      artifactLocation: artifactLocation(file),
      region: { startLine: Math.max(1, line) },
    },
    ...(id === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: printable(id), kind }] }),
  }
}

/** What stays the same when lines move and values change, so that a finding is known again in the next run. */
const identityOf = ({ architecture, code, rule, structure, reason }: ReportedFinding): string =>
  JSON.stringify([architecture ?? null, code, rule ?? null, structure ?? null, reason ?? null])

const fingerprints = (findings: readonly ReportedFinding[]): readonly string[] => {
  const seen = new Map<string, number>()
  return findings.map((finding) => {
    const identity = identityOf(finding)
    const nth = (seen.get(identity) ?? 0) + 1
    seen.set(identity, nth)
    return `${createHash('sha256').update(identity).digest('hex').slice(0, 32)}:${nth}`
  })
}

const ruleOf = (id: string, first: ReportedFinding): object => {
  const { title, why, fix } = describeCode(id, first)
  return {
    id,
    name: id.replaceAll(/(?:^|[.-])(\w)/gu, (_, letter: string) => letter.toUpperCase()),
    shortDescription: message(title),
    fullDescription: message(why),
    help: message(`${why}\n${fix}`),
    defaultConfiguration: { level: first.severity },
    properties: { tags: ['data-architecture'] },
  }
}

const resultsOf = ({ findings, fallback }: SarifRun, codes: readonly string[]): readonly object[] => {
  const prints = fingerprints(findings)
  return findings.map((finding, i) => ({
    ruleId: finding.code,
    ruleIndex: codes.indexOf(finding.code),
    level: finding.severity,
    message: message(`${finding.summary}\nwhy: ${finding.why}\nmend: ${finding.fix}`),
    locations: [locationOf(finding, fallback)],
    partialFingerprints: { 'assayFinding/v1': prints[i] },
  }))
}

const notificationOf = (fault: ReportedFinding): object => ({
  descriptor: { id: fault.code },
  level: 'error',
  message: message(`${fault.summary}\nwhy: ${fault.why}\nmend: ${fault.fix}`),
  ...(fault.place ? { locations: [locationOf(fault, fault.place)] } : {}),
})

export const sarifText = (run: SarifRun): string => {
  const { command, version, findings, faults } = run
  const codes = [...new Set(findings.map(({ code }) => code))]
  const firstOf = (code: string): ReportedFinding => findings.find((finding) => finding.code === code)!
  const log = {
    $schema: schema,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Assay',
            semanticVersion: version,
            rules: codes.map((code) => ruleOf(code, firstOf(code))),
          },
        },
        automationDetails: { id: `assay/${command}/` },
        originalUriBaseIds: { [root]: { description: { text: 'The root of the repository.' } } },
        invocations: [
          {
            executionSuccessful: faults.length === 0,
            toolExecutionNotifications: faults.map(notificationOf),
          },
        ],
        results: resultsOf(run, codes),
        columnKind: 'utf16CodeUnits',
      },
    ],
  }
  return `${printable(JSON.stringify(log, null, 2))}\n`
}
