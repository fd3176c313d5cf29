import { describe, expect, expectTypeOf, test } from 'vitest'
import { AssayErrors } from '../ground/errors.ts'
import { auditLog } from './audit-log.ts'
import { architecture } from './declare.ts'
import type { RowOf } from './database-types.ts'
import { table } from './table.ts'

const identity = { role: 'app', settings: (who: { user: string }) => ({ 'app.user': who.user }) }

const people = (log = 'audit_log') =>
  table('people', { id: 'integer', email: 'text' }, (t) => [
    t.primaryKey('id'),
    t.audited({ log, personal: ['email'], person: ['id'] }),
  ])

const faultsOf = (work: () => unknown): readonly (readonly [string, string])[] => {
  try {
    work()
    return []
  } catch (cause) {
    if (cause instanceof AssayErrors) return cause.errors.map((e) => [e.code, e.message])
    throw cause
  }
}

describe('auditLog', () => {
  test('brings three tables that are named and typed after it', () => {
    const audit = auditLog('sales.audit')
    const declared = architecture('x', {
      identity,
      tables: { people: people('sales.audit'), ...audit.tables },
    })
    expect(declared.tables.map((t) => t.id)).toEqual([
      'people',
      'sales.audit_statements',
      'sales.audit_rows',
      'sales.audit_personal',
    ])
    type Statement = RowOf<typeof audit.tables.auditStatements>
    expectTypeOf<Statement['operation']>().toEqualTypeOf<string>()
    expectTypeOf<Statement['at']>().toEqualTypeOf<Date>()
    type Row = RowOf<typeof audit.tables.auditRows>
    expectTypeOf<null>().toMatchTypeOf<Row['old']>()
  })

  test('is declared where the user wrote it', () => {
    const { at, rules } = auditLog('audit_log').tables.auditRows
    expect(at?.file).toMatch(/audit-log\.test\.ts$/u)
    expect(rules.every((rule) => rule.at?.file === at?.file)).toBe(true)
  })

  test('refuses options that it does not have', () => {
    const audit = auditLog('audit_log', { reader: 'x' } as never)
    const faults = faultsOf(() => architecture('x', { tables: { ...audit.tables } }))
    expect(faults.map(([code]) => code)).toEqual(['architecture.unknown-option'])
  })

  test('a quoted name stays quoted', () => {
    expect(Object.values(auditLog({ schema: 'public', name: 'a.b' }).tables).map((t) => t.id)).toEqual([
      '"a.b_statements"',
      '"a.b_rows"',
      '"a.b_personal"',
    ])
  })
})

describe('an audited table', () => {
  test('whose log is not there is told, with the nearest one', () => {
    const audit = auditLog('audit_logs')
    const faults = faultsOf(() =>
      architecture('x', { identity, tables: { people: people(), ...audit.tables } }),
    )
    expect(faults).toHaveLength(1)
    expect(faults[0]![0]).toBe('architecture.missing-log')
    expect(faults[0]![1]).toContain('audit_logs')
  })

  test('of an application that does not say who is asking is told', () => {
    const { tables } = auditLog('audit_log')
    const faults = faultsOf(() => architecture('x', { tables: { people: people(), ...tables } }))
    expect(faults.map(([code]) => code)).toEqual(['architecture.no-identity'])
  })

  test('without a primary key is told', () => {
    const bare = table('bare', { id: 'integer' }, (t) => [t.audited()])
    const faults = faultsOf(() =>
      architecture('x', { identity, tables: { bare, ...auditLog('audit_log').tables } }),
    )
    expect(faults.map(([code]) => code)).toEqual(['architecture.audited-key'])
  })

  test('that keeps personal values of nobody is told', () => {
    const bare = table('bare', { id: 'integer' }, (t) => [
      t.primaryKey('id'),
      t.audited({ personal: ['id'] }),
    ])
    const faults = faultsOf(() =>
      architecture('x', { identity, tables: { bare, ...auditLog('audit_log').tables } }),
    )
    expect(faults.map(([code]) => code)).toEqual(['architecture.audited-person'])
  })
})
