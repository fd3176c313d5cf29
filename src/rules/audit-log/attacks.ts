/** Every way to change what a table of an audit log holds: by the prover, by the owner, by the application's role. */
import type { AuditLogRule } from '../../architecture/kinds/audit-log.ts'
import { ident, identList, literal, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import type { Case } from '../draft.ts'
import { rowsAre } from '../draft.ts'
import type { Asker, Expected } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'

const refusedByGuard: Expected = { kind: 'rejected', by: { sqlstate: '42501', routine: 'exec_stmt_raise' } }

const privileges = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'] as const

/** Which of the roles have which privilege on these relations, themselves or to hand on. */
export const privilegesHeld = (
  roles: readonly string[],
  relations: readonly string[],
  asked: readonly string[] = privileges,
): string =>
  `select r, t, p || o from unnest(array[${roles.map(literal).join(', ')}]) r,
  unnest(array[${relations.map(literal).join(', ')}]) t, unnest(array[${asked.map(literal).join(', ')}]) with ordinality q(p, n),
  unnest(array['', ' WITH GRANT OPTION']) o
 where has_table_privilege(r, t, p || o) order by r collate "C", t collate "C", n, o`

/** The application's role, where there is one. */
export const applicationOf = (context: RuleContext): Asker | null => {
  const { identity } = context.architecture
  return identity === null ? null : { role: identity.role, settings: {} }
}

/** Statements that would change the entry that stands. */
const changes = (rule: AuditLogRule, context: RuleContext, base: Row): Readonly<Record<string, string>> => {
  const own = qualified(context.table)
  const [column] = Object.keys(base)
  const same = `${ident(column!)} = ${ident(column!)}`
  const key = { statements: ['lane', 'number'], rows: ['lane', 'number', 'chunk'], personal: ['commitment'] }[
    rule.part
  ]
  return {
    'an update': `update ${own} set ${same}`,
    'an update that finds no row': `update ${own} set ${same} where false`,
    'an upsert': `${context.rows.insert(context.table, base)} on conflict (${identList(key)}) do update set ${same.replace('= ', '= excluded.')}`,
    'a TRUNCATE': `truncate ${own}`,
    ...(rule.part === 'personal' ? {} : { 'a delete': `delete from ${own}` }),
  }
}

export const attacksOnLog = (rule: AuditLogRule, context: RuleContext, base: Row): readonly Case[] => {
  const given = [context.rows.insert(context.table, base)]
  const attacks = Object.entries(changes(rule, context, base))
  const application = applicationOf(context)
  const own = qualified(context.table)
  return [
    { title: 'an entry is taken', when: given, then: { kind: 'accepted' } },
    ...attacks.map(([what, sql]): Case => ({
      title: `${what} is refused`,
      given,
      when: [sql],
      then: refusedByGuard,
    })),
    ...attacks.map(([what, sql]): Case => ({
      title: `${what} by the owner of the table is refused`,
      given,
      as: { role: context.table.owner, settings: {} },
      when: [sql],
      then: refusedByGuard,
    })),
    ...(application === null
      ? []
      : [
          {
            title: `${application.role} has no privilege on it`,
            when: [privilegesHeld(['public', application.role], [own])],
            then: rowsAre(),
          },
          ...[
            ...attacks,
            ['an insert', context.rows.insert(context.table, base)],
            ['a read', `table ${own}`],
          ].map(([what, sql]): Case => ({
            title: `${what!} by ${application.role} is refused`,
            as: application,
            when: [sql!],
            then: { kind: 'rejected', by: { sqlstate: '42501', routine: 'aclcheck_error' } },
          })),
        ]),
  ]
}
