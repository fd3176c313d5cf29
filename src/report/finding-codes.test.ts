import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { describeCode } from './finding-codes.ts'

const source = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8')

/** Codes of findings: each stands beside its severity, those of errors do not. */
const codesIn = (text: string): readonly string[] => [
  ...[...text.matchAll(/code: '(?<code>[\w.-]+)',\s+severity:/gu)].map(
    ({ groups }) => groups?.['code'] ?? '',
  ),
  ...[...text.matchAll(/(?:told|some)\(\s*'(?:error|warning|note)',\s*'(?<code>[\w-]+)'/gu)].map(
    ({ groups }) => `cutover.${groups?.['code'] ?? ''}`,
  ),
]

it.each([
  ['migrate/cutover/preflight.ts', 30],
  ['migrate/cutover/schema.ts', 2],
  ['project/cutover-databases.ts', 6],
  ['migrate/tools/history-findings.ts', 5],
  ['migrate/drift/drift-findings.ts', 6],
])('what %s finds is described for viewers that list rules', (file, least) => {
  const codes = [...new Set(codesIn(source(file)))]
  expect(codes.length).toBeGreaterThanOrEqual(least)
  expect(codes.filter((code) => describeCode(code, { why: '', fix: '' }).title === code)).toEqual([])
})
