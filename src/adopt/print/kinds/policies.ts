/** `t.policies({ owner_reads: { for: 'select', to: 'app', using: '…' } }, { forced: true })`: all policies of a table. */
import type { PolicyFacts } from '../../../catalog/policy.ts'
import type { Structure } from '../../../catalog/structure.ts'
import type { Table } from '../../../catalog/table.ts'
import { array, atom, call, entry, expandedObject, object, type Code, type Entry } from '../code.ts'
import { key, sql as sqlCode, text } from '../literals.ts'
import type { PrintKind } from '../print-kind.ts'

type SqlOf = (sql: string) => Code

const rolesCode = (roles: PolicyFacts['roles']): readonly Entry[] => {
  const named = roles.map((role) => text(role ?? 'public'))
  if (roles.every((role) => role === null)) return []
  return [entry('to', named.length === 1 ? named[0]! : array(named))]
}

const policyCode = (facts: PolicyFacts, sqlOf: SqlOf): Code =>
  object([
    ...(facts.permissive ? [] : [entry('as', text('restrictive'))]),
    ...(facts.command === 'all' ? [] : [entry('for', text(facts.command))]),
    ...rolesCode(facts.roles),
    ...(facts.using === null ? [] : [entry('using', sqlOf(facts.using))]),
    ...(facts.withCheck === null ? [] : [entry('check', sqlOf(facts.withCheck))]),
  ])

const optionsCode = (table: Table): readonly Code[] => {
  const options = [
    ...(table.rowSecurity ? [] : [entry('enabled', atom('false'))]),
    ...(table.forceRowSecurity ? [entry('forced', atom('true'))] : []),
  ]
  return options.length === 0 ? [] : [object(options)]
}

export const printPolicies: PrintKind = (table, { catalog, sql }) => {
  const policies = catalog.of(table.id, 'policy') as readonly Structure<PolicyFacts>[]
  const security = catalog.of(table.id, 'rowSecurity')
  const claims = [...security, ...policies].map((s) => s.id)
  if (claims.length === 0) return { rules: [] }
  const sqlOf: SqlOf = (written) => sqlCode(sql({ of: 'policy', on: table.id, text: written }))
  const entries = policies.map(({ name, facts }) => entry(key(name), policyCode(facts, sqlOf)))
  const listed = entries.length === 0 ? object([]) : expandedObject(entries)
  return { rules: [{ code: call('t.policies', listed, ...optionsCode(table)), claims }] }
}
