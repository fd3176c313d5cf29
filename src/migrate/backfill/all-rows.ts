/**
 * A backfill fills all rows or says that it would not: PostgreSQL shows a role that row-level security binds a part of
 * them, without a word. It is asked to refuse instead. A policy that lets the role see all, as the phases of a change of
 * shape make one, is enough.
 */
import { AssayError } from '../../ground/errors.ts'
import { relationId } from '../../ground/names.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { BackfillStatement } from './statement.ts'
import type { NamedTable } from './statement-parts.ts'

const setting = 'assay.sees_all_rows'
const sees = `pg_catalog.current_setting(${literal(setting)}, true) = 'on'`

interface Hidden {
  readonly schema: string
  readonly name: string
  /** Who is bound. */
  readonly role: string
}

const nameOf = ({ schema, name }: NamedTable): string =>
  schema === null ? ident(name) : qualified({ schema, name })

/** Policies as PostgreSQL prints them: those that let everything pass say one of these. */
const seesAll = (expression: string): string =>
  `coalesce(pg_catalog.pg_get_expr(p.${expression}, p.polrelid), 'true') in
    ('true', $$(current_setting('${setting}'::text, true) = 'on'::text)$$)`

const isFor = `(p.polroles @> array[0::oid] or exists (
    select from pg_catalog.unnest(p.polroles) as r (oid) where r.oid <> 0 and pg_catalog.pg_has_role(current_user, r.oid, 'USAGE')))`

/** As pg_policy.polcmd says them. */
const commands = { update: 'w', delete: 'd', insert: 'a' } as const

const hiddenSql = ({ verb, table, into, reads, locks }: BackfillStatement): string => {
  const does = (of: NamedTable, command: string): string =>
    `(pg_catalog.to_regclass(${literal(nameOf(of))}), ${literal(command)})`
  const all = [
    does(into ?? table, commands[verb]),
    ...[table, ...reads, ...(into === null ? [] : [into])].map((read) => does(read, 'r')),
    // Whoever locks a row has to be let change it.
    ...locks.map((locked) => does(locked, 'w')),
  ]
  const ofVerb = `p.polrelid = c.oid and p.polcmd in (t.does, '*') and ${isFor}`
  const isWide = `(${seesAll('polqual')} and ${seesAll('polwithcheck')})`
  return `select distinct n.nspname as schema, c.relname as name, current_user::text as role
    from (values ${all.join(', ')}) as t (oid, does)
      join pg_catalog.pg_class c on c.oid = t.oid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where pg_catalog.row_security_active(c.oid)
      and (not exists (select from pg_catalog.pg_policy p where ${ofVerb} and p.polpermissive and ${isWide})
        or exists (select from pg_catalog.pg_policy p where ${ofVerb} and not p.polpermissive and not ${isWide}))
    order by 1, 2`
}

const refusal = ({ text }: BackfillStatement, hidden: readonly Hidden[]): AssayError => {
  const names = hidden.map((table) => relationId(table))
  const role = hidden[0]?.role ?? ''
  const make = hidden.map(
    (table) =>
      `create policy assay_backfill on ${qualified(table)} to ${ident(role)} using (${sees}); -- and behind it: drop policy assay_backfill on ${qualified(table)};`,
  )
  return new AssayError('This backfill would not see all rows.', {
    code: 'backfill.hidden-rows',
    exit: 3,
    asked: text,
    found: `row-level security hides rows of ${names.join(', ')} from ${role}`,
    why: 'it would pass over them and say that it is complete',
    mend: `Run it as a role with BYPASSRLS, or let ${role} see all rows in backfills alone, as the owner of the table:\n${make.join('\n')}\nA restrictive policy goes on hiding rows: then only BYPASSRLS helps.`,
  })
}

/**
 * Settings of the session in which the statement meets all rows. Throws AssayError `backfill.hidden-rows` (exit 3) where
 * it would not.
 */
export const seeAllRows = async (db: Session, statement: BackfillStatement): Promise<void> => {
  await db.query(`set row_security = off; set ${setting} = 'on'`)
  const [planned] = await db.batch([`explain ${statement.text}`])
  // What else is wrong with it is told when it runs.
  if (planned?.fault?.sqlstate !== '42501') return
  await db.query('set row_security = on')
  const hidden = await db.json<Hidden>(hiddenSql(statement))
  if (hidden.length > 0) throw refusal(statement, hidden)
}
