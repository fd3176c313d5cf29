import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { namesSqlFiles, suiteFiles } from './suite-files.ts'

describe('the SQL files of a suite', () => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'assay-files-'))
    mkdirSync(path.join(directory, 'tests', 'deep (er)'), { recursive: true })
    for (const name of ['tests/2_b.sql', 'tests/10_a.sql', 'tests/x.txt', 'tests/deep (er)/c.sql', 'd.sql'])
      writeFileSync(path.join(directory, name), '')
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  test.each<readonly [named: readonly string[], found: readonly string[]]>([
    [['tests/*.sql'], ['tests/2_b.sql', 'tests/10_a.sql']],
    [['./tests/**/*.sql'], ['tests/2_b.sql', 'tests/10_a.sql', 'tests/deep (er)/c.sql']],
    [['**/*.sql'], ['d.sql', 'tests/2_b.sql', 'tests/10_a.sql', 'tests/deep (er)/c.sql']],
    [['tests/?_b.sql'], ['tests/2_b.sql']],
    [
      ['d.sql', '*.sql', 'tests/deep (er)/*.sql'],
      ['d.sql', 'tests/deep (er)/c.sql'],
    ],
    [['not-there.sql'], ['not-there.sql']],
  ])('%j', (named, found) => {
    expect(suiteFiles(named, directory)).toEqual(found)
  })

  test('a pattern that names nothing is a slip', () => {
    expect(() => suiteFiles(['test/*.sql'], directory)).toThrow(
      expect.objectContaining({ code: 'score.no-files', exit: 2 }),
    )
  })

  test.each([
    ['tests/*.sql', true],
    [' tests/a.SQL ', true],
    ['psql -f a.sql', false],
    ['npm test', false],
    ['./run.sh', false],
  ])('%s names files: %s', (suite, answer) => {
    expect(namesSqlFiles(suite)).toBe(answer)
  })
})
