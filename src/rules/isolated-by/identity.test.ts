import { describe, expect, it } from 'vitest'
import type { Identity } from '../../architecture/architecture.ts'
import type { IsolatedByRule } from '../../architecture/kinds/isolated-by.ts'
import { blankSettings, settingsOf, tenantPredicate } from './identity.ts'

type Who = Readonly<Record<string, string>>

const rule = (column: string, who: IsolatedByRule['who'] = null, table = 'products'): IsolatedByRule => ({
  kind: 'isolatedBy',
  id: `${table}/isolatedBy:${column}`,
  table,
  columns: [column],
  at: null,
  column,
  who,
})

const architectureOf = (
  settings: Identity['settings'],
  column: string,
  type: string,
  table = 'products',
) => ({
  identity: { role: 'app', settings },
  tables: [
    { schema: 'public', name: table, id: table, columns: [{ name: column, type }], rules: [], at: null },
  ],
})

const predicateOf = (settings: Identity['settings'], column = 'tenant_id', type = 'bigint'): string | null =>
  tenantPredicate(rule(column), architectureOf(settings, column, type))

describe('the settings of a tenant', () => {
  it('have its value in every field that the identity asks for', () => {
    const settings = (who: Who) => ({ 'app.tenant_id': who['tenant']!, 'app.user_id': who['user']! })
    expect(settingsOf(rule('tenant_id'), architectureOf(settings, 'tenant_id', 'bigint'), '7')).toEqual({
      'app.tenant_id': '7',
      'app.user_id': '7',
    })
  })

  it('are the rule’s own where it has some', () => {
    const own = rule('tenant_id', (tenant) => ({ 'my.shop': `shop:${tenant}` }))
    const settings = (): Who => ({ 'app.tenant_id': 'never' })
    expect(settingsOf(own, architectureOf(settings, 'tenant_id', 'bigint'), '7')).toEqual({
      'my.shop': 'shop:7',
    })
  })

  it('are empty strings for nobody', () => {
    expect(blankSettings({ 'app.tenant_id': '7' })).toEqual({ 'app.tenant_id': '' })
  })

  it('may be given as JSON of what was asked for', () => {
    const settings = (who: Who) => ({ claims: JSON.stringify({ tenant: who['tenant'] }) })
    expect(settingsOf(rule('tenant_id'), architectureOf(settings, 'tenant_id', 'bigint'), '7')).toEqual({
      claims: '{"tenant":"7"}',
    })
  })
})

describe('what a policy has to ask', () => {
  it('is the setting that carries the tenant, null where there is none', () => {
    expect(predicateOf((who) => ({ 'app.tenant_id': who['tenant']! }))).toBe(
      `"tenant_id" = nullif(current_setting('app.tenant_id', true), '')::bigint`,
    )
  })

  it('needs no cast for text', () => {
    for (const type of ['text', 'varchar(20)', 'character varying(20)'])
      expect(predicateOf((who) => ({ 'app.tenant_id': who['tenant']! }), 'tenant_id', type)).toBe(
        `"tenant_id" = nullif(current_setting('app.tenant_id', true), '')`,
      )
  })

  it('is the setting that looks like the column, wherever it stands', () => {
    const settings = (who: Who) => ({ 'app.user_id': who['user']!, 'app.tenant_id': who['tenant']! })
    expect(predicateOf(settings)).toContain(`current_setting('app.tenant_id', true)`)
    expect(predicateOf(settings, 'user_id')).toContain(`current_setting('app.user_id', true)`)
  })

  it('is the setting that looks like the table, for its own key', () => {
    const settings = (who: Who) => ({ 'app.user_id': who['user']!, 'app.tenant_id': who['tenant']! })
    const tenants = rule('id', null, 'tenants')
    expect(tenantPredicate(tenants, architectureOf(settings, 'id', 'bigint', 'tenants'))).toBe(
      `"id" = nullif(current_setting('app.tenant_id', true), '')::bigint`,
    )
  })

  it('reads a path in JSON', () => {
    const settings = (who: Who) => ({
      claims: JSON.stringify({ sub: who['sub'], app: { tenant_id: who['tenant'] } }),
    })
    expect(predicateOf(settings)).toBe(
      `"tenant_id" = (nullif(current_setting('claims', true), '')::jsonb #>> array['app', 'tenant_id'])::bigint`,
    )
  })

  it('cuts what stands around the tenant', () => {
    const around = (before: string, after: string) =>
      predicateOf((who) => ({ 'app.tenant_id': `${before}${who['tenant']}${after}` }))
    expect(around('t:', '')).toBe(
      `"tenant_id" = substr(nullif(current_setting('app.tenant_id', true), ''), 3)::bigint`,
    )
    expect(around('', '!')).toBe(
      `"tenant_id" = left(nullif(current_setting('app.tenant_id', true), ''), -1)::bigint`,
    )
    expect(around('t:', '!')).toBe(
      `"tenant_id" = left(substr(nullif(current_setting('app.tenant_id', true), ''), 3), -1)::bigint`,
    )
  })

  it('is found though the settings function converts or checks', () => {
    expect(predicateOf((who) => ({ 'app.tenant_id': String(BigInt(who['tenant']!)) }))).toContain(
      'app.tenant_id',
    )
    const uuidOnly = (who: Who): Who => {
      if (!/^[0-9a-f]{8}-/u.test(who['tenant']!)) throw new Error('no uuid')
      return { 'app.tenant_id': who['tenant']! }
    }
    expect(predicateOf(uuidOnly, 'tenant_id', 'uuid')).toContain('::uuid')
  })

  it('is nothing where no setting carries a tenant', () => {
    expect(predicateOf(() => ({ 'app.mode': 'on' }))).toBeNull()
    expect(predicateOf(() => ({}))).toBeNull()
  })

  it('quotes names', () => {
    expect(predicateOf((who) => ({ "it's": who['tenant']! }), 'a"b', 'text')).toBe(
      `"a""b" = nullif(current_setting('it''s', true), '')`,
    )
  })
})
