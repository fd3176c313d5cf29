/**
 * Text of every kind through the exported scripts and psql: it arrives as it is, whatever psql, a quote, TAP or a
 * comment would make of it.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Address } from '../src/postgres/address.ts'
import { ident, literal } from '../src/postgres/quote.ts'
import type { Server } from '../src/postgres/server.ts'
import { startServer } from '../src/postgres/start.ts'
import type { ExportedArchitecture } from '../src/project/export-project.ts'
import type { RuleResult } from '../src/prove/result.ts'
import { pgtapSuite } from '../src/report/pgtap.ts'
import { sqlScript } from '../src/report/sql-script.ts'
import type { Experiment } from '../src/rules/experiment.ts'
import { whyNoPostgres15 } from './support/postgres15.ts'
import { pgtapSql, proveFlags, psql, readTap } from './support/psql.ts'

const traps = [
  ':USER',
  `:'DBNAME'`,
  ':"USER"',
  '\\q',
  '\n\\! echo gone\n',
  '$sql$',
  '$sql',
  '$',
  '$sql1$',
  '$$',
  `'`,
  `''`,
  '"',
  '\\',
  "\\'; drop table x; --",
  '-- x\n',
  '/* ',
  '*/',
  '\r\n',
  '\t',
  '\u0001',
  '\u202E',
  '# SKIP',
  '#todo',
  '\nnot ok 1 - x',
  '%s',
  '{}',
  '(a,"b")',
  ',',
  ' ',
  'ü😀',
  '\n\\.\n',
  ';',
]

/** No NUL and no half of a letter: PostgreSQL has no such text. */
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...traps), fc.string({ unit: 'grapheme', maxLength: 4 })), { maxLength: 5 })
  .map((parts) => parts.join('').replaceAll('\0', ''))
  .filter((text) => !/\p{Cs}/u.test(text))

/** As PostgreSQL keeps a name: 63 bytes at most, and not empty. */
const hostileName = hostile.map((text) => {
  let name = text === '' ? 'n' : text
  while (Buffer.byteLength(name) > 60) name = Array.from(name).slice(0, -1).join('')
  return name
})

/** Four experiments in which a text is a value, a setting, a name, and what is said of it. */
const experimentsOf = (text: string, name: string, n: number): readonly Experiment[] => {
  const table = `pg_temp.${ident(`${n}${name}`.slice(0, 20))}`
  const common = {
    rule: `rule ${text}`,
    title: text,
    given: [],
    world: { id: name, statements: [`select ${literal(text)}`] },
  }
  return [
    {
      ...common,
      id: `${n}a`,
      when: [`select ${literal(text)}, null, ''`],
      then: { kind: 'rows', rows: [[text, null, '']] },
    },
    {
      ...common,
      id: `${n}b`,
      as: { role: 'pg_monitor', settings: { 'hostile.text': text } },
      when: [`select current_setting('hostile.text'), current_user`],
      then: { kind: 'rows', rows: [[text, 'pg_monitor']] },
    },
    {
      ...common,
      id: `${n}c`,
      given: [
        `create temporary table ${table.slice('pg_temp.'.length)} (x text constraint ${ident(name)} check (x <> ${literal(text)}))`,
      ],
      when: [
        `insert into ${table} values ('kept ' || ${literal(text)})`,
        `-- ${'x'}\ninsert into ${table} values (${literal(text)})`,
      ],
      then: { kind: 'rejected', by: { sqlstate: ['23514', '23513'], constraint: name } },
    },
    {
      ...common,
      id: `${n}d`,
      when: [
        `do ${literal(`begin raise exception using errcode = 'AB123', column = ${literal(name)}; end`)}`,
      ],
      then: { kind: 'rejected', by: { sqlstate: 'AB123', column: name } },
    },
  ]
}

const exportedOf = (pairs: readonly (readonly [string, string])[]): ExportedArchitecture => {
  const rules = pairs.map(([text, name], n): RuleResult => ({
    id: `${name}/rule:${n}`,
    kind: 'check',
    table: name,
    sentence: text,
    at: null,
    claims: [],
    green: true,
    red: null,
    unsolved: [],
    design: [],
    experiments: experimentsOf(text, name, n).map((experiment) => ({
      experiment,
      observed: { fault: null, stage: 'when', affected: 0, rows: [] },
      holds: true,
      difference: null,
    })),
  }))
  return { name: pairs[0]?.[0] ?? '', major: 18, owner: 'postgres', rules }
}

describe.skipIf(whyNoPostgres15 !== '')(`through psql ${whyNoPostgres15}`, () => {
  let server: Server
  let address: Address
  beforeAll(async () => {
    server = await startServer({})
    const database = await server.createDatabase('hostile')
    const administrator = await server.connect(database, 'administrator')
    await administrator.end()
    ;({ address } = administrator)
    expect(await psql(address, ['-q', '-v', 'ON_ERROR_STOP=1', '-f', pgtapSql])).toMatchObject({ code: 0 })
  })
  afterAll(() => server?.stop())

  const pairs = fc.array(fc.tuple(hostile, hostileName), { minLength: 1, maxLength: 12 })

  test.each([
    ['the SQL script', sqlScript, []],
    ['the pgTAP suite', pgtapSuite, proveFlags],
  ] as const)('%s takes text of every kind', async (_, write, flags) => {
    await fc.assert(
      fc.asyncProperty(pairs, async (texts) => {
        const script = write(exportedOf(texts))
        const { code, stdout, stderr } = await psql(address, [...flags, '-f', '-'], script)
        const { notOk, ok, skipped } = readTap(stdout)
        expect(notOk, stdout).toEqual([])
        expect({ code, stderr, ok: ok.length, skipped: skipped.length }).toEqual({
          code: 0,
          stderr: '',
          ok: 4 * texts.length,
          skipped: 0,
        })
      }),
      { numRuns: 12, examples: [[traps.map((trap) => [trap, trap] as [string, string])]] },
    )
  })

  test('what has to come of an experiment is looked at: an expectation that is one letter off does not hold', async () => {
    const exported = exportedOf(traps.map((trap) => [trap, trap]))
    const off = {
      ...exported,
      rules: exported.rules.map((rule) => ({
        ...rule,
        experiments: rule.experiments.map((result) => ({
          ...result,
          experiment: offByOne(result.experiment),
        })),
      })),
    }
    const { code, stdout } = await psql(address, ['-f', '-'], sqlScript(off))
    expect(readTap(stdout).ok).toEqual([])
    expect(readTap(stdout).notOk).toHaveLength(4 * traps.length)
    expect(code).toBe(3)
  })
})

const offByOne = (experiment: Experiment): Experiment => {
  const { then } = experiment
  if (then.kind === 'rows')
    return {
      ...experiment,
      then: { ...then, rows: then.rows.map(([first, ...others]) => [`${first}x`, ...others]) },
    }
  if (then.kind !== 'rejected') return experiment
  const { by } = then
  const off = by.constraint === undefined ? { column: `${by.column}x` } : { constraint: `${by.constraint}x` }
  return { ...experiment, then: { ...then, by: { ...by, ...off } } }
}
