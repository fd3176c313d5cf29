import { describe, expect, test } from 'vitest'
import { AssayErrors } from '../../ground/errors.ts'
import { architecture, table } from '../../index.ts'
import type { PoliciesOptions, PoliciesRule, PolicyOptions } from './policies.ts'

const declare = (given: Readonly<Record<string, PolicyOptions>>, options?: PoliciesOptions) =>
  architecture('shop', {
    tables: { docs: table('docs', { id: 'bigint', owner: 'text' }, (t) => [t.policies(given, options)]) },
  })

const ruleOf = (given: Readonly<Record<string, PolicyOptions>>, options?: PoliciesOptions): PoliciesRule =>
  declare(given, options).tables[0]!.rules.find((r): r is PoliciesRule => r.kind === 'policies')!

const faults = (given: unknown, options?: unknown): readonly string[] => {
  try {
    declare(given as Record<string, PolicyOptions>, options as PoliciesOptions)
    return []
  } catch (cause) {
    return cause instanceof AssayErrors
      ? cause.errors.map((e: Error) => e.message)
      : [cause instanceof Error ? cause.message : String(cause)]
  }
}

describe('t.policies', () => {
  test('what is left out is what PostgreSQL takes for granted', () => {
    expect(ruleOf({ own: { using: 'true' } })).toMatchObject({
      id: 'docs/policies',
      policies: [
        { name: 'own', permissive: true, command: 'all', roles: [null], using: 'true', withCheck: null },
      ],
      enabled: true,
      forced: false,
    })
  })

  test('roles, commands and both conditions', () => {
    const rule = ruleOf(
      { w: { as: 'restrictive', for: 'update', to: ['a', 'public', 'a'], using: 'id > 1', check: 'id > 2' } },
      { forced: true, enabled: false },
    )
    expect(rule.policies[0]).toEqual({
      name: 'w',
      permissive: false,
      command: 'update',
      roles: ['a', null],
      using: 'id > 1',
      withCheck: 'id > 2',
    })
    expect(rule).toMatchObject({ forced: true, enabled: false })
    expect(rule.sql?.map((s) => s.part)).toEqual(['using of the policy w', 'check of the policy w'])
  })

  test.each([
    [{ a: { for: 'insert', using: 'true' } }, {}, /the policy a is for insert and has a using/u],
    [{ a: { for: 'select', check: 'true' } }, {}, /the policy a is for select and has a check/u],
    [{ a: { for: 'delete', check: 'true' } }, {}, /the policy a is for delete and has a check/u],
    [{ a: { to: [] } }, {}, /the policy a is for no role/u],
    [{ a: { fro: 'select' } }, {}, /has no option "fro".*for/u],
    [{ a: { for: 'slect' } }, {}, /does not know "slect".*select/u],
    [{ a: { as: 'permisive' } }, {}, /does not know "permisive".*permissive/u],
    [{}, { force: true }, /has no option "force".*forced/u],
    [{ a: null }, {}, /policies cannot be called with/u],
  ])('%j %j is refused', (given, options, says) => {
    expect(faults(given, options).join('\n')).toMatch(says)
  })
})
