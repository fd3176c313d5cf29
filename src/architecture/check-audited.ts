/** What can be wrong with audited tables once all tables are known: the log or the identity is not there, or rows have no key. */
import type { AssayError } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import type { DeclaredTable, Identity } from './architecture.ts'
import { auditTableIds } from './audit-table-ids.ts'
import type { AuditLogRule } from './kinds/audit-log.ts'
import type { AuditedRule } from './kinds/audited.ts'
import { declarationFault } from './rule-set.ts'
import type { DeclaredRule } from './rule.ts'

const isAudited = (rule: DeclaredRule): rule is AuditedRule => rule.kind === 'audited'
const isLog = (rule: DeclaredRule): rule is AuditLogRule => rule.kind === 'auditLog'

interface Declared {
  readonly name: string
  readonly tables: readonly DeclaredTable[]
  readonly identity: Identity | null
}

export const auditedFaults = (
  table: DeclaredTable,
  { tables, identity, name }: Declared,
): readonly AssayError[] => {
  const logs = [...new Set(tables.flatMap((t) => t.rules.filter(isLog).map((rule) => rule.log)))]
  const ids = new Set(tables.map((t) => t.id))
  return table.rules.filter(isAudited).flatMap((rule) => {
    const missing = Object.values(auditTableIds(rule.log)).filter((id: string) => !ids.has(id))
    return [
      ...(missing.length === 0
        ? []
        : [
            declarationFault(
              rule,
              'missing-log',
              `${rule.id} writes to the log "${rule.log}", whose tables are not in the architecture: ${missing.join(', ')}.${didYouMean(rule.log, logs)}`,
              `Make the log and add its tables:\nconst audit = auditLog('${rule.log}')\ntables: { ${table.name}, ...audit.tables }`,
            ),
          ]),
      ...(identity !== null
        ? []
        : [
            declarationFault(
              rule,
              'no-identity',
              `${rule.id} says who wrote, but the architecture "${name}" does not say how the application tells who is asking.`,
              "Add identity: { role: 'app', settings: (who: { user: string }) => ({ 'app.user_id': who.user }) } to architecture(…).",
              'An application that writes as the owner of the tables may change the log.',
            ),
          ]),
      ...(table.rules.some((other) => other.kind === 'primaryKey')
        ? []
        : [
            declarationFault(
              rule,
              'audited-key',
              `${rule.id}: entries name their row by its primary key, and ${table.id} declares none.`,
              'Declare t.primaryKey(…).',
            ),
          ]),
    ]
  })
}
