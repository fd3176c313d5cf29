/** The other shapes of isolatedBy from end to end, by two workers on one server: roles belong to all of its databases. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Architecture } from '../src/architecture/architecture.ts'
import type { Server } from '../src/postgres/server.ts'
import { startServer } from '../src/postgres/start.ts'
import { prove } from '../src/prove/prove.ts'
import { runAs } from './support/rule-lab.ts'
import { hybrid, soundHybrid } from './support/tenant-apart-lab.ts'
import { perTenant, soundTenants } from './support/tenant-schema-lab.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})

afterAll(async () => {
  await server?.stop()
})

/** Thousands of tenants are made and taken back: nothing here is a matter of seconds on a busy machine. */
const patience = 1_200_000

test.each<readonly [string, Architecture, string]>([
  ['a schema per tenant', perTenant, soundTenants],
  ['large tenants apart, the others together', hybrid, soundHybrid],
])(
  '%s: green, red, and every mutant killed or explained',
  async (_, architecture, schema) => {
    const template = await server.createDatabase('shapes')
    await runAs(server, template, 'owner', schema)
    await server.admitRoles()
    const { findings, summary } = await prove({
      architecture,
      server,
      template,
      steps: ['green', 'red', 'mutate'],
      only: [],
      startSeconds: 0,
    })
    const open = findings.filter(({ severity }) => severity === 'error')
    expect(open.map(({ code, summary: what }) => `${code}: ${what}`)).toEqual([])
    expect(summary.red).toBe(summary.rules)
    expect(summary.green).toBe(summary.rules)
    expect(summary.mutants).toMatchObject({ survived: 0, unsolved: 0 })
    expect(summary.mutants.killed).toBeGreaterThan(150)
  },
  patience,
)
