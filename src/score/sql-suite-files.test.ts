import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AssayError } from '../ground/errors.ts'
import { readSuiteFile, type SuiteStep } from './sql-suite-files.ts'

describe('an SQL file of a suite', () => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'assay-suite-'))
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  const read = (text: string, name = 'a.sql'): readonly SuiteStep[] => {
    writeFileSync(path.join(directory, name), text)
    return readSuiteFile(name, directory).steps
  }
  const texts = (text: string): readonly string[] =>
    read(text).flatMap((step) => (step.kind === 'copy' ? [step.text] : step.texts))
  const refusal = (text: string): AssayError => {
    try {
      read(text)
    } catch (cause) {
      if (cause instanceof AssayError) return cause
      throw cause
    }
    throw new Error('it was taken')
  }

  test("its own transaction becomes a savepoint, and psql's settings go", () => {
    expect(texts('\\set ON_ERROR_STOP 1\n\\pset pager off\nBEGIN;\nselect plan(1);\nROLLBACK;\n')).toEqual([
      'savepoint assay_block',
      'select plan(1)',
      'rollback to savepoint assay_block',
      'release savepoint assay_block',
    ])
  })

  test('what it commits is checked as at its end, and the constraints begin again with their own timing', () => {
    const sent = texts('start transaction; insert into t values (1); commit; begin; select 1; end')
    expect(sent.slice(0, 4)).toEqual([
      'savepoint assay_block',
      'insert into t values (1)',
      'set constraints all immediate',
      'release savepoint assay_block',
    ])
    expect(sent[4]).toContain('condeferred')
    expect(sent.slice(5, 7)).toEqual(['savepoint assay_block', 'select 1'])
  })

  test('outside of one each statement is checked by itself', () => {
    const timing = expect.stringContaining('condeferred') as string
    expect(texts('insert into t values (1); select 2')).toEqual([
      'insert into t values (1)',
      'set constraints all immediate',
      timing,
      'select 2',
      'set constraints all immediate',
    ])
  })

  test('savepoints of its own stay', () => {
    const own = ['savepoint s', 'rollback to s', 'rollback transaction to savepoint s', 'release s']
    expect(texts(`begin; ${own.join('; ')}; rollback;`).slice(1, -2)).toEqual(own)
  })

  test('a function whose text speaks of commits is no commit', () => {
    const body = `create function f() returns text language sql as $$ select 'commit; begin' $$`
    expect(texts(`begin; ${body}; rollback`)[1]).toBe(body)
  })

  test('data of COPY goes with its statement', () => {
    expect(read('begin;\ncopy t (a) from stdin;\n1\n2\n\\.\nselect 1;\nrollback;\n')).toEqual([
      { kind: 'statements', texts: ['savepoint assay_block'] },
      { kind: 'copy', text: 'copy t (a) from stdin', data: '1\n2\n' },
      {
        kind: 'statements',
        texts: ['select 1', 'rollback to savepoint assay_block', 'release savepoint assay_block'],
      },
    ])
  })

  test('what it includes is read, and its text counts', () => {
    writeFileSync(path.join(directory, 'inner.sql'), 'select 2;')
    writeFileSync(path.join(directory, 'outer.sql'), 'begin; \\ir inner.sql\nrollback;')
    const { steps, text } = readSuiteFile('outer.sql', directory)
    expect(steps.flatMap((s) => (s.kind === 'copy' ? [] : s.texts))).toContain('select 2')
    expect(text).toContain('select 2')
  })

  test.each([
    ['select 1 \\gset', 'gset', 1],
    ['select 1;\n\\copy t from x.csv', 'copy', 2],
    ["begin;\nprepare transaction 'x'", 'beyond', 2],
    ['begin; commit and chain', 'beyond', 1],
  ])('%s is refused with its line and the way to run it', (text, found, line) => {
    const fault = refusal(text)
    expect(fault).toMatchObject({ code: 'score.sql-suite', exit: 2 })
    expect(fault.found).toContain(found)
    expect(fault.where?.line).toBe(line)
    expect(fault.mend).toContain("--suite 'psql -X -q -v ON_ERROR_STOP=1 -f a.sql'")
  })

  test('a file that includes itself is refused, one that is not there is named', () => {
    expect(refusal('\\i a.sql').found).toBe('it includes itself')
    expect(() => readSuiteFile('gone.sql', directory)).toThrow(/gone\.sql of the suite cannot be read/u)
  })
})
