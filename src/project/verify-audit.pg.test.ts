/** Tampering as a superuser could: each way is found, and said where. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { designedMigration } from '../../test/support/audit-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { auditLog } from '../architecture/audit-log.ts'
import { architecture } from '../architecture/declare.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { verifyAudit, type AuditVerdict } from './verify-audit.ts'

const audit = auditLog('audit_log')
const declared = architecture('verified', {
  tables: {
    people: table('people', { id: 'integer', email: 'text', age: 'integer' }, (t) => [
      t.primaryKey('id'),
      t.audited({ personal: ['email'], person: ['id'] }),
    ]),
    ...audit.tables,
  },
  identity: { role: 'app', settings: (who: { user: string }) => ({ 'app.user': who.user }) },
}) as unknown as Architecture

let server: Server
let template: string

beforeAll(async () => {
  server = await startServer({})
  template = await server.createDatabase('audit')
  const owner = await server.connect(template, 'owner')
  await owner.query(designedMigration(declared))
  for (const sql of [
    `insert into people select i, 'e' || i, i from generate_series(1, 300) i`,
    'update people set age = age + 1 where id <= 3',
    `update people set email = 'new' where id = 1`,
    'delete from people where id = 2',
    `insert into people values (1000, null, 1)`,
  ])
    await owner.query(sql)
  await owner.end()
})

afterAll(async () => {
  await server?.stop()
})

/** What the command would say after this was done by somebody whom no guard stops. */
const after = async (tampering: readonly string[], anchor?: AuditVerdict['heads']): Promise<AuditVerdict> => {
  const database = await server.clone(template, 'tampered')
  const owner = await server.connect(database, 'owner')
  for (const name of ['statements', 'rows', 'personal'])
    await owner.query(`alter table audit_log_${name} disable trigger user`)
  for (const sql of tampering) await owner.query(sql)
  await owner.end()
  try {
    const url = server.ownerUrl(database)
    return await verifyAudit({ url, log: 'audit_log', ...(anchor ? { anchor } : {}) })
  } finally {
    await server.dropDatabase(database)
  }
}

const told = ({ findings }: AuditVerdict): readonly string[] => findings.map((f) => `${f.code} ${f.summary}`)

describe('a log', () => {
  test('that nobody touched is whole', async () => {
    const verdict = await after([])
    expect(verdict).toMatchObject({ ok: true, statements: 5, entries: 306, personal: 303, findings: [] })
    expect(verdict.heads).toEqual([{ lane: 0, number: 5, hash: expect.stringMatching(/^[0-9a-f]{64}$/u) }])
  })

  test('is whole after a person was erased, whose values are gone', async () => {
    const verdict = await after([
      `alter table audit_log_personal enable trigger user`,
      `select audit_log_erase('[1]')`,
    ])
    expect(verdict).toMatchObject({ ok: true, statements: 6, personal: 300, findings: [] })
  })

  test.each<readonly [string, readonly string[], readonly string[]]>([
    [
      'a changed value of the third entry',
      [`update audit_log_rows set new = replace(new::text, '3', '7')::json where number = 2`],
      [
        'audit.entries-changed audit_log: entries 1 to 3 of statement 2 of lane 0 changed: the digest is another',
      ],
    ],
    [
      'a changed value deep in a bulk write',
      [
        `update audit_log_rows set new = replace(new::text, ' 200,', ' 201,')::json where number = 1 and chunk = 1`,
      ],
      [
        'audit.entries-changed audit_log: entries 129 to 256 of statement 1 of lane 0 changed: the digest is another',
      ],
    ],
    [
      'a changed value with its digest computed again',
      [
        `update audit_log_rows set new = '{"id": [9]}' where number = 5`,
        `update audit_log_rows r set digest = sha256(convert_to(concat_ws(E'\\n', entries::text, coalesce(old::text, 'null'), coalesce(new::text, 'null')), 'UTF8')) where number = 5`,
      ],
      ['audit.entries-replaced audit_log: the entries of statement 5 of lane 0 are not those that it sealed'],
    ],
    [
      'a removed chunk',
      [`delete from audit_log_rows where number = 1 and chunk = 2`],
      ['audit.entries-replaced audit_log: the entries of statement 1 of lane 0 are not those that it sealed'],
    ],
    [
      'chunks in another order',
      [`update audit_log_rows set chunk = 7 - chunk where number = 1 and chunk < 2`],
      ['audit.entries-replaced audit_log: the entries of statement 1 of lane 0 are not those that it sealed'],
    ],
    [
      'another role',
      [`update audit_log_statements set role = 'somebody' where number = 3`],
      [
        'audit.statement-changed audit_log: statement 3 of lane 0 was changed: its hash is not the one of what it says',
      ],
    ],
    [
      'another time',
      [`update audit_log_statements set at = at - interval '1 microsecond' where number = 3`],
      [
        'audit.statement-changed audit_log: statement 3 of lane 0 was changed: its hash is not the one of what it says',
      ],
    ],
    [
      'a removed statement',
      ['statements', 'rows', 'personal'].map((name) => `delete from audit_log_${name} where number = 3`),
      ['audit.statement-removed audit_log: statement 3 of lane 0 is missing before statement 4 of lane 0'],
    ],
    [
      'a statement removed without its entries',
      [`delete from audit_log_statements where number = 3`],
      [
        'audit.statement-removed audit_log: statement 3 of lane 0 is missing before statement 4 of lane 0',
        'audit.entries-unsealed audit_log: entries stand under statement 3 of lane 0, which is not there',
        'audit.personal-missing audit_log: personal values of statement 3 of lane 0 are gone, or more than there were, and no entry of an erasure says so',
      ],
    ],
    [
      'the first statement removed',
      ['statements', 'rows', 'personal'].map((name) => `delete from audit_log_${name} where number = 1`),
      ['audit.statement-removed audit_log: statement 1 of lane 0 is missing before statement 2 of lane 0'],
    ],
    [
      'entries put in',
      [`insert into audit_log_rows values (0, 9, 0, 1, null, '{"id": [1]}', '')`],
      [
        'audit.entries-changed audit_log: entry 1 of statement 9 of lane 0 changed: the digest is another',
        'audit.entries-unsealed audit_log: entries stand under statement 9 of lane 0, which is not there',
      ],
    ],
    [
      'a personal value changed',
      [`update audit_log_personal set value = 'other' where number = 3 and value = 'new'`],
      [
        'audit.personal-changed audit_log: a personal value of statement 3 of lane 0 is not the one that its entry vouches for',
      ],
    ],
    [
      'personal values removed past the log',
      [`delete from audit_log_personal where number = 3`],
      [
        'audit.personal-missing audit_log: personal values of statement 3 of lane 0 are gone, or more than there were, and no entry of an erasure says so',
      ],
    ],
    [
      'two statements exchanged',
      [
        `update audit_log_statements set number = 12 - number where number in (2, 3)`,
        `update audit_log_statements set number = number - 7 where number > 8`,
      ],
      [
        'audit.statement-changed audit_log: statement 2 of lane 0 was changed: its hash is not the one of what it says',
        'audit.statement-changed audit_log: statement 3 of lane 0 was changed: its hash is not the one of what it says',
        'audit.link-broken audit_log: statement 4 of lane 0 is not linked to the statement before it',
        'audit.entries-replaced audit_log: the entries of statement 2 of lane 0 are not those that it sealed',
        'audit.entries-replaced audit_log: the entries of statement 3 of lane 0 are not those that it sealed',
        'audit.personal-missing audit_log: personal values of statement 2 of lane 0 are gone, or more than there were, and no entry of an erasure says so',
        'audit.personal-missing audit_log: personal values of statement 3 of lane 0 are gone, or more than there were, and no entry of an erasure says so',
      ],
    ],
  ])('with %s is not', async (_, tampering, findings) => {
    const verdict = await after(tampering)
    expect(told(verdict)).toEqual(findings)
    expect(verdict.ok).toBe(false)
  })

  test('that was cut off at its end looks whole but for an anchor', async () => {
    const { heads } = await after([])
    const cut = [
      'delete from audit_log_statements where number > 3',
      'delete from audit_log_rows where number > 3',
      'delete from audit_log_personal where number > 3',
    ]
    expect(await after(cut)).toMatchObject({ ok: true, statements: 3 })
    expect(told(await after(cut, heads))).toEqual([
      'audit.cut-off audit_log: lane 0 ends at statement 3, and the anchor knew statement 5',
    ])
    const grown = [`insert into people values (2000, null, 1)`]
    expect(await after(grown, heads)).toMatchObject({ ok: true, statements: 6 })
  })

  test('that is rewritten from some statement on is another one than the anchor knew', async () => {
    const { heads } = await after([])
    const anchor = heads.map((head) => ({ ...head, hash: 'ab'.repeat(32) }))
    expect(told(await after([], anchor))).toEqual([
      'audit.rewritten audit_log: statement 5 of lane 0 is another one than the anchor knew',
    ])
  })

  test('that is not there, or is a view, is a usage fault', async () => {
    const url = server.ownerUrl(template)
    await expect(verifyAudit({ url, log: 'nowhere' })).rejects.toMatchObject({
      code: 'audit.no-log',
      exit: 2,
    })
  })
})
