/** What `--json` answers, read and checked for its shape. */
import { expect } from 'vitest'
import type { Envelope } from '../../src/report/envelope.ts'
import type { ReportedSummary } from '../../src/report/summary.ts'
import { assay, type Ran, type RunOptions } from './command-line.ts'

export interface Answered extends Omit<Envelope, 'summary'> {
  readonly code: number | null
  readonly summary: ReportedSummary
  readonly stderr: string
}

/** One envelope and nothing else on stdout. */
export const readEnvelope = ({ code, stdout, stderr }: Ran): Answered => {
  const envelope = JSON.parse(stdout) as Envelope
  expect(Object.keys(envelope)).toEqual(['ok', 'command', 'summary', 'findings', 'next', 'artifacts'])
  for (const finding of envelope.findings) {
    expect(finding).toMatchObject({
      code: expect.stringMatching(/^[a-z-]+(?:\.[a-z-]+)+$/u) as string,
      severity: expect.stringMatching(/^(?:error|warning|note)$/u) as string,
      summary: expect.stringMatching(/\S/u) as string,
      why: expect.stringMatching(/\S/u) as string,
      fix: expect.stringMatching(/\S/u) as string,
    })
  }
  expect(envelope.ok).toBe(code === 0)
  return { ...envelope, summary: envelope.summary as ReportedSummary, code, stderr }
}

export const assayJson = async (args: readonly string[], options: RunOptions = {}): Promise<Answered> =>
  readEnvelope(await assay([...args, '--json'], options))

/** Nothing that only a developer of Assay could read. */
export const expectNoStackTrace = ({ stdout, stderr }: Pick<Ran, 'stdout' | 'stderr'>): void => {
  expect(`${stdout}${stderr}`).not.toMatch(/^\s+at .+:\d+:\d+\)?$/mu)
  expect(`${stdout}${stderr}`).not.toMatch(/node:internal|\bNode\.js v|UnhandledPromise/u)
}
