import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { designedMigration, makeRole } from '../../test/support/audit-lab.ts'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { auditLog } from '../architecture/audit-log.ts'
import { architecture } from '../architecture/declare.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'

const audit = auditLog('audit_log', { readers: 'auditor', eraser: 'privacy' })

const tables = {
  products: table(
    'products',
    {
      id: 'bigint',
      slug: 'varchar(20)',
      price: 'numeric(8,2)',
      tags: 'text[]',
      body: 'jsonb',
      at: 'timestamptz',
    },
    (t) => [
      t.identity('id'),
      t.primaryKey('id'),
      t.required('slug'),
      t.unique('slug'),
      t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
      t.audited(),
    ],
  ),
  people: table('people', { region: 'text', id: 'uuid', email: 'text', name: 'text' }, (t) => [
    t.primaryKey('region', 'id'),
    t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
    t.audited({ personal: ['email', 'name'], person: ['id'] }),
  ]),
  ...audit.tables,
}

const declared = architecture('audited', {
  tables,
  identity: { role: 'app', settings: (who: { user: string }) => ({ 'app.user': who.user }) },
}) as unknown as Architecture

let server: Server
let lab: RuleLab

beforeAll(async () => {
  server = await startServer({})
  const roles = ['app', 'auditor', 'privacy'].map(makeRole)
  lab = await openRuleLab(server, declared, designedMigration(declared, roles))
})

afterAll(async () => {
  await lab?.close()
  await server?.stop()
})

describe('audited tables and their log', () => {
  test('hold', () => {
    expect(lab.faults()).toEqual([])
  })

  test('are red without their structures', async () => {
    const red = await lab.red()
    expect([...red].flatMap(([id, evidence]) => (evidence.proven ? [] : [`${id}: ${evidence.why}`]))).toEqual(
      [],
    )
  })

  test('notice every mutant', async () => {
    const { left, killed } = await lab.left(() => true)
    expect(killed).toBeGreaterThan(50)
    expect(left).toEqual([
      'redundant function:audit_log_guard()~statement-removed:1: control reached end of trigger procedure without RETURN (2F005)',
    ])
  })
})
