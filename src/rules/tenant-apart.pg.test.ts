import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import { apartRules, hybrid, hybridTablesSql, soundHybrid } from '../../test/support/tenant-apart-lab.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { restDdl } from './tenant-apart/design.ts'

let server: Server
let lab: RuleLab

beforeAll(async () => {
  server = await startServer({})
  lab = await openRuleLab(server, hybrid, soundHybrid)
})

afterAll(async () => {
  await lab?.close()
  await server?.stop()
})

describe('large tenants apart, the others together, as designed', () => {
  test('every experiment holds', () => {
    expect(lab.faults()).toEqual([])
    expect(lab.titles('orders/isolatedBy:tenant_id,apart').length).toBeGreaterThan(80)
  })

  test('each rule is red without what it claims', async () => {
    for (const [, evidence] of await lab.red()) expect(evidence.proven, evidence.why).toBe(true)
  })
})

test('before there are functions, the experiments fail and tell what is missing', async () => {
  const partitions = apartRules(hybrid).map((rule) => restDdl(rule))
  const early = await openRuleLab(server, hybrid, [hybridTablesSql, ...partitions].join('\n'))
  try {
    const faults = early.faults()
    expect(faults.length).toBeGreaterThan(50)
    expect(faults.filter((text) => text.includes('unsolved'))).toEqual([])
    expect(faults[0]).toContain('function public.set_tenant_apart(unknown) does not exist')
    for (const [, evidence] of await early.red()) expect(evidence.proven, evidence.why).toBe(true)
  } finally {
    await early.close()
  }
})
