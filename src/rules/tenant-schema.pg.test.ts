import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import { perTenant, soundTenants, templateSql } from '../../test/support/tenant-schema-lab.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'

let server: Server
let lab: RuleLab

beforeAll(async () => {
  server = await startServer({})
  lab = await openRuleLab(server, perTenant, soundTenants)
})

afterAll(async () => {
  await lab?.close()
  await server?.stop()
})

describe('a schema per tenant, as designed', () => {
  test('every experiment holds', () => {
    expect(lab.faults()).toEqual([])
    expect(lab.titles('template.orders/isolatedBy:schema').length).toBeGreaterThan(50)
  })

  test('each rule is red without the functions', async () => {
    for (const [, evidence] of await lab.red()) expect(evidence.proven, evidence.why).toBe(true)
  })
})

describe('a tenant that the migrations made', () => {
  test('is claimed with its tables, compared with the template, and what is broken in it alone is noticed', async () => {
    const withTenant = await openRuleLab(server, perTenant, `${soundTenants}\nselect create_tenant('demo');`)
    try {
      expect(withTenant.faults()).toEqual([])
      expect(withTenant.titles('template.orders/isolatedBy:schema')).toContain(
        'the table in tenant_demo, which stands already, differs from its template in nothing',
      )
      const claimed = withTenant.rule('template.orders/isolatedBy:schema').claims
      expect(claimed).toContain('tenant_demo.orders/check:total_not_negative')
      const { killed, left } = await withTenant.left(
        ({ table, kind }) =>
          table === 'tenant_demo.orders' &&
          ['check', 'default', 'references', 'index', 'grant', 'table'].includes(kind),
      )
      expect(left).toEqual([])
      expect(killed).toBeGreaterThan(10)
    } finally {
      await withTenant.close()
    }
  })

  test('is red where it differs', async () => {
    const drifted = await openRuleLab(
      server,
      perTenant,
      `${soundTenants}\nselect create_tenant('odd');\nalter table tenant_odd.orders drop constraint total_not_negative;`,
    )
    try {
      expect(drifted.faults()).toEqual([
        expect.stringMatching(
          /the table in tenant_odd, which stands already.*constraint total_not_negative/u,
        ),
      ])
    } finally {
      await drifted.close()
    }
  })
})

test('before there are functions, the experiments fail and tell what is missing', async () => {
  const early = await openRuleLab(server, perTenant, templateSql)
  try {
    const faults = early.faults()
    expect(faults.length).toBeGreaterThan(100)
    expect(faults.filter((text) => text.includes('unsolved'))).toEqual([])
    expect(faults[0]).toContain('function public.create_tenant(unknown) does not exist')
    for (const [, evidence] of await early.red()) expect(evidence.proven, evidence.why).toBe(true)
  } finally {
    await early.close()
  }
})
