/**
 * The application's role at an audited table: what it writes is logged under its name, though it has no right on the
 * log; it may neither call what writes the log nor read it, nor lead the log's functions astray.
 */
import { referencesOf } from '../../catalog/references.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { IsolatedByRule } from '../../architecture/kinds/isolated-by.ts'
import { identityValue } from '../audit-log/design.ts'
import { auditLogNames, auditLogSql } from '../audit-log/names.ts'
import { asProver, brokenLinks, entriesSince, rememberNow, writersSince } from './checks.ts'
import { privilegesHeld } from '../audit-log/attacks.ts'
import type { AuditedNames } from './design.ts'
import type { AuditedCase, WriteParts } from './writes.ts'
import { isTaken, tryAll } from '../attacks/trial.ts'
import { rulesOf } from '../declared.ts'
import { allTrue, rowsAre } from '../draft.ts'
import type { Asker, Experiment } from '../experiment.ts'
import { settingsOf } from '../isolated-by/identity.ts'
import { selectEach } from '../trial.ts'
import { quieted } from '../quiet.ts'

interface AskerParts extends WriteParts {
  readonly names: AuditedNames
}

type AskedCase = AuditedCase & Pick<Experiment, 'as'>

/** Who asks for the base row: its tenant where the table has tenants. */
const askerOf = async ({ context, world, a }: AskerParts): Promise<Asker | null> => {
  const { identity } = context.architecture
  if (identity === null) return null
  const isolated = rulesOf<IsolatedByRule>(context.architecture, context.table.id, 'isolatedBy')[0]
  const column = isolated?.column
  const asked = column === undefined ? undefined : a[column]
  const [read] =
    asked === undefined ? [] : await selectEach(context.db, world.statements, [`select (${asked})::text`])
  const settings = settingsOf(isolated ?? { who: null }, context.architecture, read?.[0]?.[0] ?? '1')
  return { role: identity.role, settings }
}

/** Names of PostgreSQL's own that the log's functions call, as somebody else's that only raise. */
export const shadows = (schema: string): readonly string[] => {
  const name = (of: string): string => `${ident(schema)}.${of}`
  const raising = (signature: string, returns: string): string =>
    `create function ${name(signature)} returns ${returns} language plpgsql as $shadow$ begin raise exception 'shadowed'; end $shadow$`
  return [
    `create schema ${ident(schema)}`,
    raising('sha256(bytea)', 'bytea'),
    raising('hashtext(text)', 'integer'),
    raising('concat_ws(text, variadic text[])', 'text'),
    raising('now()', 'timestamptz'),
    raising('lower(text)', 'text'),
    raising('pg_try_advisory_xact_lock(integer, integer)', 'boolean'),
    raising('equal(jsonb, jsonb)', 'boolean'),
    `create operator ${ident(schema)}.= (leftarg = jsonb, rightarg = jsonb, function = ${name('equal')})`,
    `grant usage on schema ${ident(schema)} to public`,
    `set local search_path = ${ident(schema)}, pg_catalog, pg_temp`,
  ]
}

/** A write under a search_path of the writer's, and settings that change how values are printed. */
const astray = ({ context, table, a }: AskerParts): readonly AuditedCase[] => [
  {
    title: 'names of the writer’s own schema are not taken for PostgreSQL’s',
    given: rememberNow(table),
    when: [
      ...shadows('assay_shadow'),
      context.rows.insert(context.table, a),
      'set local search_path = pg_catalog, pg_temp',
      ...asProver,
      entriesSince(table),
    ],
    then: rowsAre(['INSERT', '1', 't']),
  },
  {
    title: 'the session’s way to print values changes no entry',
    given: rememberNow(table),
    when: [
      `set local timezone = 'Asia/Tokyo'`,
      `set local datestyle = 'SQL, DMY'`,
      `set local intervalstyle = 'sql_standard'`,
      `set local bytea_output = 'escape'`,
      'set local extra_float_digits = -15',
      context.rows.insert(context.table, a),
      `set local datestyle = 'ISO, MDY'`,
      `set local intervalstyle = 'postgres'`,
      `set local bytea_output = 'hex'`,
      'set local extra_float_digits = 1',
      ...asProver,
      entriesSince(table),
    ],
    then: rowsAre(['INSERT', '1', 't']),
  },
]

const chained = ({ context, table, leaving: { a, b } }: AskerParts): AuditedCase => ({
  title: 'every statement is the next link of its chain',
  given: [],
  when: [
    context.rows.insert(context.table, a),
    ...(b === null ? [] : [context.rows.insert(context.table, b)]),
    `delete from ${qualified(table.relation)}`,
    ...asProver,
    `select not exists (${brokenLinks(table.log)}), (select count(*) >= 2 from ${auditLogSql(table.log).statements})`,
  ],
  then: allTrue(2),
})

/** Rows of the log as a forger or an earlier time left them; lanes above and below must not be taken for this one. */
const linkOf = (log: string, lane: number, number: number, hash: string): string =>
  `insert into ${auditLogSql(log).statements} values (${lane}, ${number}, now(), now(), 1, '', '', '{}', '', '', '{}', 0, 0, '', '', '\\x${hash}')`

const lanes = ({ context, table, a }: AskerParts): readonly AuditedCase[] => {
  const sql = auditLogSql(table.log)
  const insert = context.rows.insert(context.table, a)
  return [
    {
      title: 'an entry is linked to the last one of its lane',
      given: [
        linkOf(table.log, -1, 70_009, 'a1'),
        linkOf(table.log, 0, 70_002, 'a2'),
        linkOf(table.log, 0, 70_003, 'a3'),
        linkOf(table.log, 1, 70_008, 'a4'),
      ],
      when: [insert, ...asProver, `select lane, previous from ${sql.statements} where number = 70004`],
      then: rowsAre(['0', '\\xa3']),
    },
    {
      title: 'rows that somebody put where an entry goes are not passed over: the write is refused',
      given: [
        linkOf(table.log, 0, 70_003, 'a3'),
        `insert into ${sql.rows} (lane, number, chunk, entries, digest) values (0, 70004, 0, 0, '')`,
      ],
      when: [insert],
      then: { kind: 'rejected', by: { sqlstate: '23505' } },
    },
  ]
}

/** Tables whose rows reference these, directly or over others: TRUNCATE takes them along. */
const referencing = ({ context }: AskerParts): readonly Table[] => {
  const found = new Set<Table>([context.table])
  for (const target of found)
    for (const table of context.catalog.tables.values())
      if (referencesOf(context.catalog, table.id).some(({ facts }) => facts.target === target.id))
        found.add(table)
  return [...found].filter((table) => table !== context.table)
}

const truncated = (parts: AskerParts): AuditedCase => ({
  title: 'TRUNCATE, which would leave no entry, is refused',
  // What refuses shall be this table's own trigger, not that of a table that would be truncated with it.
  given: [
    ...quieted(parts.context, referencing(parts)),
    parts.context.rows.insert(parts.context.table, parts.a),
  ],
  when: [`truncate ${qualified(parts.table.relation)} cascade`],
  then: { kind: 'rejected', by: { sqlstate: '42501', routine: 'exec_stmt_raise' } },
})

/** Functions that only triggers call, and that trigger's function. */
const functionsOf = ({ table, names }: AskerParts): readonly string[] => {
  const sql = auditLogSql(table.log)
  return [
    `${qualified(names.function)}()`,
    `${sql.open}()`,
    `${sql.seal}(integer, bigint, bytea, text, text, text[], bigint, bigint, bytea)`,
    `${sql.guard}()`,
  ]
}

/** Which of the roles may execute which of the functions, itself or to hand on. */
export const executableBy = (roles: readonly string[], functions: readonly string[]): string =>
  `select r, f, p from unnest(array[${roles.map(literal).join(', ')}]) r,
  unnest(array[${functions.map(literal).join(', ')}]) f, unnest(array['EXECUTE', 'EXECUTE WITH GRANT OPTION']) p
 where has_function_privilege(r, f, p) order by r collate "C", f collate "C", p collate "C"`

const asRole = async (parts: AskerParts, asker: Asker): Promise<readonly AskedCase[]> => {
  const { context, world, table, a, names } = parts
  const { rows, db } = context
  const insert = rows.insert(context.table, a)
  const role = ident(asker.role)
  // A table that it may not write to as yet is written to with that right alone: the log has to be written all the same.
  const rights = [
    `grant usage on schema ${ident(table.relation.schema)} to ${role}`,
    `grant insert on ${qualified(table.relation)} to ${role}`,
  ]
  const [own, given] = await tryAll(db, world, [
    { as: asker, when: [insert] },
    { as: asker, given: rights, when: [insert] },
  ])
  const before = isTaken(own!) ? [] : isTaken(given!) ? rights : null
  const sql = auditLogSql(table.log)
  const seal = `${sql.seal}(0, 1, '', '', '', '{}', 0, 0, '')`
  const identity = Object.entries(asker.settings)
    .map(([name, value]) => `${literal(name)}, ${literal(value === '' ? null : value)}`)
    .join(', ')
  const mayUse = `grant usage on schema ${ident(auditLogNames(table.log).statements.schema)} to ${role}`
  const cases: AskedCase[] = []
  if (before !== null)
    cases.push(
      {
        title: `what ${asker.role} writes is logged, though it has no right on the log`,
        as: asker,
        given: [...before, ...rememberNow(table)],
        when: [insert, ...asProver, entriesSince(table)],
        then: rowsAre(['INSERT', '1', 't']),
      },
      {
        title: `the entry says who wrote: the role ${asker.role}, the login, and the application’s identity`,
        as: asker,
        given: [...before, ...rememberNow(table)],
        when: [
          insert,
          ...asProver,
          writersSince(
            table,
            literal(asker.role),
            identity === '' ? `'{}'` : `jsonb_build_object(${identity})`,
          ),
        ],
        then: allTrue(7),
      },
    )
  return [
    ...cases,
    {
      title: `${asker.role} cannot hang the audit’s function on a table of its own`,
      as: asker,
      given: [
        `create table pg_temp.assay_own (id integer)`,
        `alter table pg_temp.assay_own owner to ${role}`,
      ],
      when: [
        `create trigger forged after insert on pg_temp.assay_own referencing new table as new_rows for each statement execute function ${qualified(names.function)}()`,
      ],
      then: { kind: 'rejected', by: { sqlstate: '42501', routine: 'aclcheck_error' } },
    },
    {
      title: `a role that may call what opens a lane still has no right on the log`,
      as: asker,
      given: [mayUse, `grant execute on function ${sql.open}() to ${role}`],
      when: [`select * from ${sql.open}()`],
      then: { kind: 'rejected', by: { sqlstate: '42501' } },
    },
    {
      title: `a role that may call what seals an entry still has no right on the log`,
      as: asker,
      given: [
        mayUse,
        `grant execute on function ${sql.seal}(integer, bigint, bytea, text, text, text[], bigint, bigint, bytea) to ${role}`,
      ],
      when: [`select ${seal}`],
      then: { kind: 'rejected', by: { sqlstate: '42501' } },
    },
  ]
}

const writing = ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] as const

/** Statement triggers of a table do not see what is written to its partitions directly. */
const pastTheTable = ({ context }: AskerParts, roles: readonly string[]): readonly AskedCase[] => {
  const found = new Set([context.table.id])
  for (const id of found)
    for (const table of context.catalog.tables.values()) if (table.partitionOf === id) found.add(table.id)
  const partitions = [...context.catalog.tables.values()].filter(
    (table) => found.has(table.id) && table.id !== context.table.id,
  )
  if (partitions.length === 0) return []
  return [
    {
      title: 'nobody writes to its partitions past it, where no entry would be left',
      given: [],
      when: [privilegesHeld(roles, partitions.map(qualified), writing)],
      then: rowsAre(),
    },
  ]
}

/** Everything about who writes, and who must not. */
export const auditedAskers = async (parts: AskerParts): Promise<readonly AskedCase[]> => {
  const { context, table } = parts
  const asker = await askerOf(parts)
  const roles = ['public', ...(asker === null ? [] : [asker.role])]
  return [
    {
      title:
        'the entry says who wrote and when: the role, the login, the application’s identity, the transaction',
      given: rememberNow(table),
      when: [
        context.rows.insert(context.table, parts.a),
        ...asProver,
        writersSince(table, 'session_user', identityValue(context.architecture)),
      ],
      then: allTrue(7),
    },
    chained(parts),
    ...lanes(parts),
    truncated(parts),
    ...astray(parts),
    ...pastTheTable(parts, roles),
    {
      title: 'nobody else may call what writes the log',
      given: [],
      when: [executableBy(roles, functionsOf(parts))],
      then: rowsAre(),
    },
    ...(asker === null ? [] : await asRole(parts, asker)),
  ]
}
