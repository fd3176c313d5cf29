import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyProof, anyText, finding, proofOf, troubled } from '../../test/support/report-proofs.ts'
import { asReported, looseFinding, reportedFindings, type ReportedFinding } from './reported-finding.ts'
import { sarifText, type SarifRun } from './sarif.ts'

interface Message {
  readonly text: string
}

interface Location {
  readonly physicalLocation: {
    readonly artifactLocation: { readonly uri: string; readonly uriBaseId?: string }
    readonly region: { readonly startLine: number }
  }
  readonly logicalLocations?: readonly { readonly fullyQualifiedName: string; readonly kind: string }[]
}

interface Log {
  readonly $schema: string
  readonly version: string
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly name: string
        readonly semanticVersion: string
        readonly rules: readonly {
          readonly id: string
          readonly name: string
          readonly shortDescription: Message
          readonly fullDescription: Message
          readonly help: Message
          readonly defaultConfiguration: { readonly level: string }
        }[]
      }
    }
    readonly originalUriBaseIds: Readonly<Record<string, object>>
    readonly invocations: readonly {
      readonly executionSuccessful: boolean
      readonly toolExecutionNotifications: readonly {
        readonly descriptor: { readonly id: string }
        readonly level: string
        readonly message: Message
        readonly locations?: readonly Location[]
      }[]
    }[]
    readonly results: readonly {
      readonly ruleId: string
      readonly ruleIndex: number
      readonly level: string
      readonly message: Message
      readonly locations: readonly Location[]
      readonly partialFingerprints: Readonly<Record<string, string>>
    }[]
  }[]
}

const expectText = (message: Message): void => {
  expect(Object.keys(message)).toEqual(['text'])
  expect(message.text).toBeTypeOf('string')
}

/** What the schema of SARIF 2.1.0 requires of the objects that are written, and what code scanning needs besides. */
const readSarif = (text: string): Log['runs'][number] => {
  const log = JSON.parse(text) as Log
  expect(Object.keys(log)).toEqual(['$schema', 'version', 'runs'])
  expect(log.version).toBe('2.1.0')
  expect(log.runs).toHaveLength(1)
  const run = log.runs[0]!
  const { driver } = run.tool
  expect(driver.name).toBe('Assay')
  const ids = driver.rules.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const rule of driver.rules) {
    expect(rule.name).toMatch(/^[A-Z]\w*$/u)
    expectText(rule.shortDescription)
    expectText(rule.fullDescription)
    expectText(rule.help)
    expect(['error', 'warning', 'note']).toContain(rule.defaultConfiguration.level)
  }
  const expectLocation = ({ physicalLocation }: Location): void => {
    const { artifactLocation, region } = physicalLocation
    expect(() => new URL(artifactLocation.uri, 'file:///root/')).not.toThrow()
    if (artifactLocation.uriBaseId === undefined) expect(artifactLocation.uri).toMatch(/^file:\/\/\//u)
    else expect(run.originalUriBaseIds).toHaveProperty([artifactLocation.uriBaseId])
    expect(region.startLine).toBeGreaterThanOrEqual(1)
  }
  const fingerprints = run.results.map(({ partialFingerprints }) => partialFingerprints['assayFinding/v1'])
  expect(new Set(fingerprints).size).toBe(fingerprints.length)
  for (const result of run.results) {
    expect(ids[result.ruleIndex]).toBe(result.ruleId)
    expect(['error', 'warning', 'note']).toContain(result.level)
    expectText(result.message)
    expect(result.locations).toHaveLength(1)
    result.locations.forEach(expectLocation)
  }
  for (const invocation of run.invocations) {
    for (const notification of invocation.toolExecutionNotifications) {
      expect(notification.descriptor.id).toMatch(/\S/u)
      expectText(notification.message)
      notification.locations?.forEach(expectLocation)
    }
  }
  return run
}

const shown = (file: string): string => file.replace('/repo/', '')

const runOf = (findings: readonly ReportedFinding[], more: Partial<SarifRun> = {}): SarifRun => ({
  command: 'prove',
  version: '1.2.3',
  findings,
  faults: [],
  fallback: { file: 'assay.config.ts', line: 1 },
  ...more,
})

const reported = reportedFindings(troubled, false).map((one) => asReported(one, shown))

describe('SARIF', () => {
  test('each finding is a result of its code, at the nearest place in the repository', () => {
    const { tool, results, invocations } = readSarif(sarifText(runOf(reported)))
    expect(tool.driver.rules.map(({ id }) => id)).toEqual([
      'rule.red',
      'table.missing',
      'rule.note',
      'mutant.survived',
      'structure.unproven',
    ])
    expect(results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
      ['rule.red', 'error'],
      ['table.missing', 'error'],
      ['rule.note', 'note'],
      ['mutant.survived', 'error'],
      ['structure.unproven', 'error'],
    ])
    const places = results.map(({ locations }) => locations[0]!.physicalLocation)
    expect(
      places.map(({ artifactLocation, region }) => `${artifactLocation.uri}:${region.startLine}`),
    ).toEqual([
      'data/products.ts:8',
      // A table that no rule with a place belongs to: the configuration.
      'assay.config.ts:1',
      'data/products.ts:7',
      'data/products.ts:7',
      'data/products.ts:7',
    ])
    expect(results[0]!.locations[0]!.logicalLocations).toEqual([
      { fullyQualifiedName: 'products/check:b', kind: 'rule' },
    ])
    expect(invocations[0]!.executionSuccessful).toBe(true)
  })

  test('a finding keeps its fingerprint when lines move and its words change, and loses it with its code or id', () => {
    const printsOf = (...findings: readonly ReportedFinding[]): readonly (string | undefined)[] =>
      readSarif(sarifText(runOf(findings))).results.map((r) => r.partialFingerprints['assayFinding/v1'])
    const first = looseFinding(finding({ rule: 'a/b', where: { file: 'x.ts', line: 1 } }))
    const [print] = printsOf(first)
    expect(
      printsOf({ ...first, place: { file: 'y.ts', line: 9 }, summary: 'other', why: 'z', fix: 'q' }),
    ).toEqual([print])
    expect(printsOf({ ...first, code: 'rule.hole' })).not.toEqual([print])
    expect(printsOf({ ...first, rule: 'a/c' })).not.toEqual([print])
    expect(printsOf({ ...first, architecture: 'other' })).not.toEqual([print])
    expect(printsOf(first, first)[0]).toBe(print)
  })

  test('paths are encoded; what stands outside the repository is absolute', () => {
    const at = (file: string): ReportedFinding => looseFinding(finding({ where: { file, line: 0 } }))
    const { results } = readSarif(sarifText(runOf([at('data/größe #1 100%.ts'), at('/else where/x.ts')])))
    expect(results.map(({ locations }) => locations[0]!.physicalLocation.artifactLocation)).toEqual([
      { uri: 'data/gr%C3%B6%C3%9Fe%20%231%20100%25.ts', uriBaseId: '%SRCROOT%' },
      { uri: 'file:///else%20where/x.ts' },
    ])
  })

  test('a code that is not described is told by its first finding', () => {
    const odd = looseFinding(finding({ code: 'future.thing', why: 'the reason', fix: 'do this\nselect 1' }))
    const [rule] = readSarif(sarifText(runOf([odd]))).tool.driver.rules
    expect(rule).toMatchObject({
      id: 'future.thing',
      name: 'FutureThing',
      help: { text: 'the reason\ndo this' },
    })
  })

  test('what kept the command from a result is a notification, and the run was not successful', () => {
    const fault = looseFinding(finding({ code: 'schema.statement', where: { file: 'm/1.sql', line: 4 } }))
    const { invocations, results } = readSarif(sarifText(runOf([], { faults: [fault] })))
    expect(results).toEqual([])
    expect(invocations[0]).toMatchObject({
      executionSuccessful: false,
      toolExecutionNotifications: [{ descriptor: { id: 'schema.statement' }, level: 'error' }],
    })
  })

  test('a file on another machine, as Windows names it, is absolute too', () => {
    const file = String.raw`\\server\share\assay.config.ts`
    const { results } = readSarif(sarifText(runOf([looseFinding(finding({ where: { file, line: 3 } }))])))
    expect(results[0]?.locations[0]?.physicalLocation.artifactLocation.uri).toBe(
      'file:////server/share/assay.config.ts',
    )
  })

  test('any text keeps the shape', () => {
    fc.assert(
      fc.property(anyProof, anyText, (proof, file) => {
        const findings = proof.proofs.flatMap(({ result }) => reportedFindings(result, true))
        const text = sarifText(
          runOf(
            findings.map((one) => asReported(one, shown)),
            { fallback: { file, line: 1 } },
          ),
        )
        expect(readSarif(text).results).toHaveLength(findings.length)
        // eslint-disable-next-line no-control-regex
        expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/u)
      }),
      { numRuns: 200 },
    )
  })
})

test('a password in a connection string stands in no report', () => {
  const told = looseFinding(
    finding({
      summary: 'to postgres://me:hunter2@host/db',
      why: 'x://a:hunter2@b',
      fix: 'a\nx://a:hunter2@b',
    }),
  )
  expect(JSON.stringify(asReported(told, shown))).not.toContain('hunter2')
  expect(asReported(told, shown).summary).toBe('to postgres://me:***@host/db')
  expect(proofOf(troubled).ok).toBe(false)
})
