import { describe, expect, test } from 'vitest'
import { resultOf, rule, structure } from '../../test/support/ledger-results.ts'
import type { MutantResult } from '../prove/result.ts'
import { mutationReport } from './mutation-report.ts'

const create = ['alter table "t" add constraint "c" CHECK ((a >= 0))']

const mutant = (id: string, more: Partial<MutantResult>): MutantResult => ({
  id: `t/check:c~${id}`,
  structure: 't/check:c',
  operator: `check.${id}`,
  effect: 'weakened',
  summary: id,
  ddl: [],
  verdict: 'survived',
  why: 'every experiment answers as before',
  ...more,
})

const replaced = (id: string, expression: string): MutantResult =>
  mutant(id, {
    ddl: [`alter table "t" drop constraint "c", add constraint "c" CHECK ((${expression})) not valid`],
  })

const reportOf = (mutants: readonly MutantResult[]) =>
  mutationReport(
    resultOf(
      [rule('t/check:c')],
      [
        structure('t/table', {
          kind: 'table',
          definition: 'TABLE',
          create: ['create table "t" (\n a int)'],
          mutants: [],
        }),
        structure('t/check:c', { create, mutants }),
      ],
    ),
  )!

describe('the mutation testing report', () => {
  test('has the DDL of each table as its source, and each mutant where it changes it', () => {
    const report = reportOf([replaced('operator', 'a > 0')])
    const { source, mutants, language } = report.files['t.sql']!
    expect(language).toBe('sql')
    expect(source).toBe(
      `-- t/table\ncreate table "t" (\n a int);\n-- t/check:c\nalter table "t" add constraint "c" CHECK ((a >= 0));\n`,
    )
    const [{ location, replacement } = { location: null, replacement: '' }] = mutants
    const line = source.split('\n')[location!.start.line - 1]!
    expect(location!.start.line).toBe(location!.end.line)
    const [start, end] = [location!.start.column - 1, location!.end.column - 1]
    expect(line.slice(0, start) + replacement + line.slice(end)).toBe(
      'alter table "t" add constraint "c" CHECK ((a > 0));',
    )
    expect(end - start).toBeLessThan(4)
  })

  test('a structure that is gone is replaced by nothing, from its first letter to its last', () => {
    const [gone] = reportOf([
      mutant('removed', { effect: 'removed', ddl: ['alter table "t" drop constraint "c"'] }),
    ]).files['t.sql']!.mutants
    expect(gone).toMatchObject({
      replacement: '',
      location: { start: { line: 5, column: 1 }, end: { line: 5, column: create[0]!.length + 1 } },
    })
  })

  test('says each verdict in the words of the schema', () => {
    const { mutants } = reportOf([
      mutant('a', { verdict: 'killed', why: 't/check:c#2' }),
      mutant('b', { verdict: 'survived' }),
      mutant('c', { verdict: 'equivalent', why: 'it implies it' }),
      mutant('d', { verdict: 'redundant', why: 't/required:a' }),
      mutant('e', { verdict: 'stillborn', why: 'PostgreSQL refuses it: no' }),
      mutant('f', { verdict: 'unsolved', why: 'it took too long' }),
    ]).files['t.sql']!
    expect(mutants.map(({ status, statusReason, killedBy }) => statusReason ?? killedBy ?? status)).toEqual([
      ['t/check:c#2'],
      'survived: every experiment answers as before',
      'equivalent: it implies it',
      'redundant: t/required:a still refuses it',
      'PostgreSQL refuses it: no',
      'unsolved: it took too long',
    ])
    expect(mutants.map(({ status }) => status)).toEqual([
      'Killed',
      'Survived',
      'Ignored',
      'Ignored',
      'CompileError',
      'Pending',
    ])
  })

  test('there is none where no mutant was made', () => {
    expect(mutationReport(resultOf([], [structure('t/check:c', { mutants: [] })]))).toBeNull()
  })
})
