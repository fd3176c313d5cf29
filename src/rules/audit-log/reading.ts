/** What people read of an audit log, through its view; and how the personal values of one person are erased. */
import type { AuditLogRule } from '../../architecture/kinds/audit-log.ts'
import { relationId } from '../../ground/names.ts'
import { ident, literal } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { auditLogNames, auditLogSql } from './names.ts'
import { applicationOf, privilegesHeld } from './attacks.ts'
import { executableBy, shadows } from '../audited/askers.ts'
import { rowsAre, type Case } from '../draft.ts'
import type { RuleContext } from '../rule-kind.ts'

/** A statement's row as its columns stand; its link is none. */
const statement = (log: string, number: number, operation: string, keys: string): string =>
  `insert into ${auditLogSql(log).statements} values (4, ${number}, '2020-01-01', '2020-01-02', 7, 'app', 'web', '{"app.user": "7"}',
  'products', ${literal(operation)}, ${literal(keys)}, 2, 0, '', '', '')`

const entries = (log: string, number: number, old: string | null, new_: string | null): string =>
  `insert into ${auditLogSql(log).rows} values (4, ${number}, 5, 3, ${literal(old)}, ${literal(new_)}, '')`

/** Entries of each operation: the view shows the key, and of an update what changed, whether to more or to less. */
export const readingCases = (rule: AuditLogRule, context: RuleContext): readonly Case[] => {
  const { log, readers } = rule
  const sql = auditLogSql(log)
  const given = [
    statement(log, 1, 'INSERT', '{id}'),
    entries(log, 1, null, '{"id": [1, 2], "name": ["a", null]}'),
    statement(log, 2, 'UPDATE', '{id}'),
    entries(
      log,
      2,
      '{"id": [1, 2, 3], "name": ["a", null, "d"], "at": null}',
      '{"id": null, "name": ["b", null, "c"], "at": null}',
    ),
    statement(log, 3, 'DELETE', '{id}'),
    entries(log, 3, '{"id": [1, 2], "name": ["b", null]}', null),
  ]
  const read = `select number, entry, lane, chunk, at, clock, transaction, role, login, identity ->> 'app.user', relation, operation, key::jsonb, old::jsonb, new::jsonb
  from ${sql.view} order by number, entry`
  const of = (number: number, entry: number, operation: string): readonly string[] => [
    String(number),
    String(entry),
    '4',
    '5',
    '2020-01-01 00:00:00+00',
    '2020-01-02 00:00:00+00',
    '7',
    'app',
    'web',
    '7',
    'products',
    operation,
    `{"id": ${entry}}`,
  ]
  const shown = rowsAre(
    [...of(1, 1, 'INSERT'), null, '{"id": 1, "name": "a"}'],
    [...of(1, 2, 'INSERT'), null, '{"id": 2, "name": null}'],
    [...of(2, 1, 'UPDATE'), '{"name": "a"}', '{"name": "b"}'],
    [...of(2, 2, 'UPDATE'), null, null],
    [...of(2, 3, 'UPDATE'), '{"name": "d"}', '{"name": "c"}'],
    [...of(3, 1, 'DELETE'), '{"id": 1, "name": "b"}', null],
    [...of(3, 2, 'DELETE'), '{"id": 2, "name": null}', null],
  )
  const application = applicationOf(context)
  const roles = ['public', ...(application === null ? [] : [application.role]), ...readers]
  return [
    { title: 'its view shows who changed what, from what to what', given, when: [read], then: shown },
    ...readers.map((role): Case => ({
      title: `${role} reads it through its view, without any right on its tables`,
      as: { role, settings: {} },
      given: [...given, `revoke all on ${sql.statements}, ${sql.rows} from ${ident(role)}`],
      when: [read],
      then: shown,
    })),
    {
      title: 'nobody else may read its view, and nobody may do more',
      when: [privilegesHeld([...new Set(roles)], [sql.view])],
      then: rowsAre(...[...new Set(readers)].toSorted().map((role) => [role, sql.view, 'SELECT'])),
    },
  ]
}

/** Two persons' values; one person's go. */
export const erasureCases = (rule: AuditLogRule, context: RuleContext, base: Row): readonly Case[] => {
  const { log, eraser } = rule
  const sql = auditLogSql(log)
  const { personal } = auditLogNames(log)
  const value = (commitment: string, person: string): string =>
    context.rows.insert(context.table, {
      ...base,
      commitment: literal(commitment),
      person: `${literal(person)}::jsonb`,
      lane: '0',
      number: '3',
    })
  const given = [value('sha256:1', '[1]'), value('sha256:2', '[2]'), value('sha256:3', '[1]')]
  const erase = `select ${sql.erase}('[1]')`
  const left = `select commitment from ${sql.personal} order by commitment collate "C"`
  const logged = `select relation, operation, key::jsonb, old::jsonb from ${sql.view} order by key::jsonb`
  const goes = (n: number): readonly string[] => [
    relationId(personal),
    'DELETE',
    `{"commitment": "sha256:${n}"}`,
    `{"lane": 0, "number": 3, "commitment": "sha256:${n}"}`,
  ]
  const application = applicationOf(context)
  const roles = [
    'public',
    ...(application === null ? [] : [application.role]),
    ...(eraser === null ? [] : [eraser]),
  ]
  const signature = `${sql.erase}(jsonb)`
  const mayUse =
    application === null
      ? []
      : [`grant usage on schema ${ident(personal.schema)} to ${ident(application.role)}`]
  return [
    { title: 'erasing a person says how many values went', given, when: [erase], then: rowsAre(['2']) },
    { title: 'nothing of anybody else goes', given, when: [erase, left], then: rowsAre(['sha256:2']) },
    {
      title: 'what went leaves an entry of which values it was, without them',
      given,
      when: [erase, logged],
      then: rowsAre(goes(1), goes(3)),
    },
    {
      title: 'a delete past the function leaves the same entry',
      given,
      when: [`delete from ${sql.personal} where commitment = 'sha256:2'`, logged],
      then: rowsAre(goes(2)),
    },
    {
      title: 'erasing nobody leaves nothing',
      given,
      when: [`select ${sql.erase}('[9]')`, logged],
      then: rowsAre(),
    },
    {
      title: 'erasing without a person erases nothing',
      given,
      when: [`select ${sql.erase}(null)`],
      then: rowsAre(['0']),
    },
    {
      title: 'names of the caller’s own schema are not taken for PostgreSQL’s',
      given,
      when: [...shadows('assay_shadow'), erase, 'set local search_path = pg_catalog, pg_temp', logged],
      then: rowsAre(goes(1), goes(3)),
    },
    {
      title: 'nor when values are deleted past the function',
      given,
      when: [
        ...shadows('assay_shadow'),
        `delete from ${sql.personal} where commitment = 'sha256:2'`,
        'set local search_path = pg_catalog, pg_temp',
        logged,
      ],
      then: rowsAre(goes(2)),
    },
    ...(application === null
      ? []
      : [
          {
            title: `a role that may erase needs no right on the values`,
            as: application,
            given: [
              ...given,
              ...mayUse,
              `grant execute on function ${signature} to ${ident(application.role)}`,
            ],
            when: [erase, 'set local role none', left],
            then: rowsAre(['sha256:2']),
          },
          {
            title: `a role that may delete values has its deletes logged, though it has no right on the log`,
            as: application,
            given: [
              ...given,
              ...mayUse,
              `grant select, delete on ${sql.personal} to ${ident(application.role)}`,
            ],
            when: [
              `delete from ${sql.personal} where commitment = 'sha256:2'`,
              'set local role none',
              logged,
            ],
            then: rowsAre(goes(2)),
          },
        ]),
    ...(eraser === null
      ? []
      : [
          {
            title: `${eraser} erases, and reads what is kept`,
            as: { role: eraser, settings: {} },
            given,
            when: [erase, left],
            then: rowsAre(['sha256:2']),
          },
        ]),
    {
      title: 'nobody else may erase',
      when: [executableBy([...new Set(roles)], [signature])],
      then: rowsAre(...(eraser === null ? [] : [[eraser, signature, 'EXECUTE']])),
    },
    {
      title: 'nobody else may call what logs an erasure',
      when: [executableBy([...new Set(roles)], [`${sql.erased}()`])],
      then: rowsAre(),
    },
  ]
}
