/** The other shapes of isolatedBy on PostgreSQL 15, where roles and grants of roles are another thing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Architecture } from '../src/architecture/architecture.ts'
import { ident } from '../src/postgres/quote.ts'
import type { Server } from '../src/postgres/server.ts'
import { startServer } from '../src/postgres/start.ts'
import { openRuleLab } from './support/integrity-lab.ts'
import { startPostgres15, whyNoPostgres15, type TestServer } from './support/postgres15.ts'
import { hybrid, soundHybrid } from './support/tenant-apart-lab.ts'
import { perTenant, soundTenants } from './support/tenant-schema-lab.ts'

/** Before 16 nothing but its use in a database tells that this run may become the role. */
const usesApp = '\ngrant usage on schema public to app;'

describe.skipIf(whyNoPostgres15 !== '')(`PostgreSQL 15 ${whyNoPostgres15}`, () => {
  let postgres: TestServer
  let server: Server

  beforeAll(async () => {
    postgres = await startPostgres15()
    server = await startServer({ url: postgres.url })
  })

  afterAll(async () => {
    await server?.stop()
    await postgres?.stop()
  })

  /** Before 16 a server of the user's takes CREATEROLE from the owner when migrations have run. */
  const withRoles = (): Server => ({
    ...server,
    admitRoles: async () => {
      await server.admitRoles()
      const admin = await server.connect(await server.createDatabase('roles'), 'administrator')
      await admin.query(`alter role ${ident(server.owner)} createrole`)
      await admin.end()
    },
  })

  test('a schema per tenant: where the owner may make no roles, that is said', async () => {
    const lab = await openRuleLab(server, perTenant, soundTenants)
    try {
      expect(lab.faults()).toEqual([
        expect.stringContaining('template.customers may not make roles here'),
        expect.stringContaining('template.orders may not make roles here'),
      ])
    } finally {
      await lab.close()
    }
  })

  test.each<readonly [string, Architecture, string, string, number]>([
    ['a schema per tenant', perTenant, `${soundTenants}${usesApp}`, 'isolatedBy:schema', 100],
    ['large tenants apart', hybrid, soundHybrid, 'isolatedBy:tenant_id,apart', 80],
  ])('%s: green, and red without what it claims', async (_, declared, schema, rule, least) => {
    const lab = await openRuleLab(withRoles(), declared, schema)
    try {
      expect(lab.faults()).toEqual([])
      const experiments = lab.rules.filter((r) => r.rule.id.endsWith(rule)).map((r) => r.experiments.length)
      expect(Math.max(...experiments)).toBeGreaterThan(least)
      for (const [id, evidence] of await lab.red())
        expect(evidence.proven, `${id}: ${evidence.why}`).toBe(true)
    } finally {
      await lab.close()
    }
  })
})
