import { beforeAll, describe, expect, test } from 'vitest'
import { AssayError } from '../../ground/errors.ts'
import { loadParser } from '../../postgres/parse.ts'
import { readScript } from '../../postgres/script.ts'
import { parseDirectives } from './directives.ts'
import type { MigrationScript } from './migration.ts'
import { isSessionSetting } from './session-settings.ts'
import { stagesOf, stepsOf } from './steps.ts'
import { noTransactionMarker } from './transaction-need.ts'

beforeAll(loadParser)

const script = (text: string): MigrationScript => ({
  file: '/m/1.sql',
  text,
  isTransactionNone: noTransactionMarker.test(text),
  hash: '',
})

/** Each stage as its statements; one outside of any transaction begins with `!`. */
const shape = (text: string): readonly string[] =>
  stagesOf(script(text)).map(
    ({ begin, steps }) =>
      (begin === null ? '!' : begin === 'begin' ? '' : `${begin}: `) + steps.map((s) => s.text).join('; '),
  )

const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (cause) {
    if (cause instanceof AssayError) return `${cause.code}:${cause.where?.line ?? 0}`
    throw cause
  }
  return 'no fault'
}

describe('stages', () => {
  test.each<[string, readonly string[]]>([
    ['', []],
    ['-- nothing', []],
    ['select 1; select 2', ['select 1; select 2']],
    [
      'select 1; create index concurrently i on t (x); select 2; select 3',
      ['select 1', '!create index concurrently i on t (x)', 'select 2; select 3'],
    ],
    [
      'begin; select 1; commit; begin; select 2; end;',
      ['begin: select 1', 'begin: select 2'].map((s) => s.replace('begin: ', '')),
    ],
    [
      'start transaction isolation level serializable; select 1; commit; select 2',
      ['start transaction isolation level serializable: select 1', 'select 2'],
    ],
    [
      '-- assay: transaction none\nselect 1; select 2; call p(); vacuum t',
      ['select 1', 'select 2', '!call p()', '!vacuum t'],
    ],
    ['-- no-transaction\nbegin; select 1; select 2; commit; select 3', ['select 1; select 2', 'select 3']],
    ["select 'a;b'; do $$ begin commit; end $$", ["select 'a;b'; do $$ begin commit; end $$"]],
    ['savepoint a; select 1; rollback to a', ['savepoint a; select 1; rollback to a']],
    [
      'reindex (concurrently) table t; reindex schema s; reindex table t',
      ['!reindex (concurrently) table t', '!reindex schema s', 'reindex table t'],
    ],
    ['alter table t detach partition p concurrently', ['!alter table t detach partition p concurrently']],
  ])('%s', (text, stages) => {
    expect(shape(text)).toEqual(stages)
  })

  test('rows of COPY travel with their statement, and lines are those of the file', () => {
    const steps = stepsOf(script('\\restrict x\n\ncopy t from stdin;\na;b\n-- assay: data\n\\.\nselect 1'))
    expect(steps.map(({ number, line, copyData }) => [number, line, copyData])).toEqual([
      [1, 3, 'a;b\n-- assay: data\n'],
      [2, 7, null],
    ])
  })

  test.each([
    ['begin; select 1', 'migration.transaction-control:1'],
    ['select 1;\ncommit;', 'migration.transaction-control:2'],
    ['begin;\nbegin;commit', 'migration.transaction-control:2'],
    ['begin; select 1;\nrollback', 'migration.transaction-control:2'],
    ['begin; select 1;\ncommit and chain; commit', 'migration.transaction-control:2'],
    ['begin;\nvacuum;\ncommit', 'migration.transaction-control:2'],
    ['select 1;\n\\i other.sql', 'migration.psql-command:2'],
  ])('%s is refused where it stands', (text, code) => {
    expect(codeOf(() => stagesOf(script(text)))).toBe(code)
  })
})

describe('directives', () => {
  const parse = (text: string) => parseDirectives(script(text), readScript(text), 'up')

  test('of the file, and of the statement that they stand at', () => {
    const found = parse(`-- Drops what nobody reads.
-- assay: loses products.legacy_code because no rule asks for it
-- assay: loses "Größe;x".y
-- assay: direction forward because the codes are gone
-- assay: transaction none
-- assay: follows 0003
-- assay: allow lint.drops-column because nothing reads it
alter table products drop column legacy_code; -- assay: allow lint.a because one
-- assay: allow lint.b because two
-- assay: rerunnable
call fill();
`)
    expect(found).toEqual({
      loses: [
        { what: 'products.legacy_code', because: 'no rule asks for it', direction: 'up', line: 2 },
        { what: '"Größe;x".y', because: null, direction: 'up', line: 3 },
      ],
      forward: { because: 'the codes are gone' },
      isData: false,
      isTransactionNone: true,
      follows: '0003',
      compensates: null,
      allows: [
        { code: 'lint.drops-column', because: 'nothing reads it', step: null, line: 7 },
        { code: 'lint.a', because: 'one', step: 1, line: 8 },
        { code: 'lint.b', because: 'two', step: 2, line: 9 },
      ],
      rerunnable: [2],
    })
  })

  test.each([
    ['-- assay: looses t', 'migration.directive:1'],
    ['-- assay: loses', 'migration.directive:1'],
    ['-- assay: loses because x', 'migration.directive:1'],
    ['-- assay: direction forward', 'migration.directive:1'],
    ['-- assay: direction back because x', 'migration.directive:1'],
    ['-- assay: transaction maybe', 'migration.directive:1'],
    ['-- assay: allow lint.x', 'migration.directive:1'],
    ['-- assay: data only', 'migration.directive:1'],
    ['select 1;\n-- assay: data\nselect 2', 'migration.directive:2'],
    ['select 1;\n-- assay: allow lint.x because y\n', 'migration.directive:2'],
    ["select '-- assay: nonsense'", 'no fault'],
  ])('%s', (text, code) => {
    expect(codeOf(() => parse(text))).toBe(code)
  })
})

test.each([
  ['set search_path = a', true],
  ['set role x', true],
  ['reset all', true],
  ["select pg_catalog.set_config('a.b', 'c', false)", true],
  ['set local lock_timeout = 1', false],
  ['set constraints all deferred', false],
  ['set transaction read only', false],
  ['settle', false],
])('%s sets something for the session: %s', (text, is) => {
  expect(isSessionSetting({ text })).toBe(is)
})
