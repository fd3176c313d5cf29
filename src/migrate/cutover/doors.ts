/**
 * Whether a database takes writes, held by PostgreSQL and not by good will: roles may not enter, sessions are ended, and a
 * trigger over every table refuses what still comes, superusers included. Changes that are replicated pass it. The triggers
 * are put up before a switch; their function decides, so that closing and opening lock no table.
 */
import { setTimeout as rest } from 'node:timers/promises'
import { AssayError } from '../../ground/errors.ts'
import { ident, literal } from '../../postgres/quote.ts'
import { ownRelations } from './facts.ts'
import { notEmptied } from './faults.ts'
import { doorSql, jsonLiteral, noteSql, type Guest, type SideRow } from './journal.ts'
import { doorTrigger, inJournal } from './names.ts'
import { placeOf, type Side } from './side.ts'

const doorlessSql = `
  select pg_catalog.format('%I.%I', n.nspname, c.relname) as name ${ownRelations} and c.relkind in ('r', 'p')
    and not exists (select from pg_catalog.pg_trigger t where t.tgrelid = c.oid and t.tgname = ${literal(doorTrigger)} and not t.tgisinternal)
  order by c.oid`

const withDoorSql = `
  select pg_catalog.format('%I.%I', n.nspname, c.relname) as name from pg_catalog.pg_trigger t
  join pg_catalog.pg_class c on c.oid = t.tgrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where t.tgname = ${literal(doorTrigger)} and not t.tgisinternal order by c.oid`

const doorStatement = (table: string): string =>
  `create trigger ${ident(doorTrigger)} before insert or update or delete or truncate on ${table} for each statement execute function ${inJournal('door')}()`

const lockMs = 200
const tries = 100

const lockNever = (side: Side, table: string): AssayError =>
  new AssayError(`${table} stays locked by others.`, {
    code: 'cutover.lock',
    exit: 3,
    asked: `a lock of ${lockMs} ms on ${table} of ${placeOf(side)}, ${tries} times`,
    found: 'a transaction that keeps it',
    why: 'the application is never made to wait longer than that before the pause',
    mend: `Find who holds it: select pid, state, query from pg_stat_activity where xact_start < now() - interval '10 seconds'; then run the same command again.`,
  })

/** Each in a short transaction of its own that never lets the application wait for long. */
const withShortLock = async (side: Side, table: string, statement: string): Promise<void> => {
  for (let n = 0; n < tries; n += 1) {
    const [reply] = await side.db.batch([
      `begin; set local lock_timeout = ${lockMs}; ${statement}; commit`,
      'rollback',
    ])
    if (!reply?.fault) return
    if (!['55P03', '40P01'].includes(reply.fault.sqlstate))
      throw new Error(`${reply.fault.message}: ${statement}`)
    await rest(50 + Math.random() * 100)
  }
  throw lockNever(side, table)
}

/** Triggers where there are none yet. They let everything pass while the side is open. */
export const putUpDoors = async (side: Side): Promise<void> => {
  for (const { name } of await side.db.json<{ readonly name: string }>(doorlessSql))
    await withShortLock(side, name, doorStatement(name))
}

/** For the transaction in which the schema is made: nobody else is there. */
export const doorStatements = async (side: Side): Promise<readonly string[]> =>
  (await side.db.json<{ readonly name: string }>(doorlessSql)).map(({ name }) => doorStatement(name))

export const takeDownDoors = async (side: Side): Promise<void> => {
  for (const { name } of await side.db.json<{ readonly name: string }>(withDoorSql))
    await withShortLock(side, name, `drop trigger if exists ${ident(doorTrigger)} on ${name}`)
}

const guestsSql = `
  select case x.grantee when 0 then null else pg_catalog.pg_get_userbyid(x.grantee) end as role, x.is_grantable as "mayGrant"
  from pg_catalog.pg_database d, pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) x
  where d.datname = pg_catalog.current_database() and x.privilege_type = 'CONNECT'
  order by 1 nulls first`

const roleSql = (role: string | null): string => (role === null ? 'public' : ident(role))

/** `stay`: roles of the cutover itself, which has to come back. */
const closeStatements = (
  database: string,
  guests: readonly Guest[],
  stay: readonly string[],
): readonly string[] => [
  ...guests
    .filter(({ role }) => role === null || !stay.includes(role))
    .map(({ role }) => `revoke connect on database ${ident(database)} from ${roleSql(role)} cascade`),
  ...stay
    .filter((role) => !guests.some((guest) => guest.role === role))
    .map((role) => `grant connect on database ${ident(database)} to ${ident(role)}`),
]

/** Roles that the cutover enters with: that of the session, and that of the other server’s subscription. */
const ownRoles = (side: Side): readonly string[] => [...new Set([side.address.user, side.reached.user])]

/** For people who want to see it first. */
export const closingStatements = async (side: Side): Promise<readonly string[]> =>
  closeStatements(side.address.database, await side.db.json<Guest>(guestsSql), ownRoles(side))

interface Privilege {
  readonly role: string | null
  readonly privilege: string
  readonly mayGrant: boolean
}

const privilegesSql = `
  select case x.grantee when 0 then null else pg_catalog.pg_get_userbyid(x.grantee) end as role, x.privilege_type as privilege,
    x.is_grantable as "mayGrant"
  from pg_catalog.pg_database d, pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) x
  where d.datname = pg_catalog.current_database() and x.grantee <> d.datdba and x.privilege_type <> 'CONNECT'
  order by 1 nulls first, 2`

/**
 * For the transaction that makes the target: nobody comes in before the switch, and then those who may enter the source.
 * Roles that are not there are answered.
 */
export const closeTarget = async (source: Side, target: Side): Promise<readonly string[]> => {
  const database = ident(target.address.database)
  const stay = ownRoles(target)
  const owners = await source.db.json<Guest>(guestsSql)
  const there = new Set(
    (
      await target.db.json<{ readonly name: string }>('select rolname::text as name from pg_catalog.pg_roles')
    ).map(({ name }) => name),
  )
  const isThere = ({ role }: { readonly role: string | null }): boolean => role === null || there.has(role)
  const all = await target.db.json<Guest>(guestsSql)
  const guests = owners.filter(isThere).filter(({ role }) => role === null || !stay.includes(role))
  const letIn = stay.filter((role) => !all.some((guest) => guest.role === role))
  const privileges = (await source.db.json<Privilege>(privilegesSql)).filter(isThere)
  await target.db.query(
    [
      ...closeStatements(target.address.database, all, stay),
      `revoke temporary on database ${database} from public`,
      ...privileges.map(
        ({ role, privilege, mayGrant }) =>
          `grant ${privilege} on database ${database} to ${roleSql(role)}${mayGrant ? ' with grant option' : ''}`,
      ),
      noteSql(`guests = ${jsonLiteral(guests)}, let_in = ${jsonLiteral(letIn)}`),
    ].join(';\n'),
  )
  return owners.filter((guest) => !isThere(guest)).flatMap(({ role }) => role ?? [])
}

/** From here on nobody new comes in; a second time it does nothing. */
export const refuseGuests = async (side: Side, row: SideRow): Promise<void> => {
  if (!row.isOpen) return
  const stay = ownRoles(side)
  const all = await side.db.json<Guest>(guestsSql)
  const guests = all.filter(({ role }) => role === null || !stay.includes(role))
  const letIn = stay.filter((role) => !all.some((guest) => guest.role === role))
  await side.db.query(
    [
      'begin',
      ...closeStatements(side.address.database, all, stay),
      noteSql(`is_open = false, guests = ${jsonLiteral(guests)}, let_in = ${jsonLiteral(letIn)}`),
      'commit',
    ].join(';\n'),
  )
}

/** From here on no statement writes. */
const refuseWrites = (side: Side): Promise<unknown> => side.db.query(doorSql(false))

const othersSql = (pids: readonly number[]): string => `
  select s.pid, s.state, coalesce(s.usename, '?') as role, coalesce(nullif(s.application_name, ''), '?') as name
  from pg_catalog.pg_stat_activity s
  where s.datname = pg_catalog.current_database() and s.backend_type = 'client backend' and s.pid not in (${pids.join(', ')})`

interface Other {
  readonly pid: number
  readonly state: string | null
  readonly role: string
  readonly name: string
}

/** Ends what is idle at once; what works gets until `graceMs` to come to the end of its transaction. Until nobody is left. */
export const endSessions = async (
  side: Side,
  { graceMs, check }: { readonly graceMs: number; readonly check: (waitsFor: string) => void },
): Promise<void> => {
  const graceEnds = performance.now() + graceMs
  let isRefusing = false
  for (;;) {
    const others = await side.db.json<Other>(othersSql(side.pids()))
    const isOver = performance.now() >= graceEnds
    const ending = others.filter(({ state }) => isOver || state === 'idle')
    if (!isRefusing && (isOver || ending.length === others.length)) {
      await refuseWrites(side)
      isRefusing = true
    }
    if (others.length === 0 && isRefusing) return
    const replies = await side.db.batch(
      ending.map(({ pid }) => `select pg_catalog.pg_terminate_backend(${pid})`),
    )
    const refused = replies.findIndex(({ fault }) => fault !== null)
    if (refused >= 0) {
      const { pid = 0, role = '?', name = '?' } = ending[refused] ?? {}
      throw notEmptied(side, `process ${pid} of ${role} (${name}): ${replies[refused]?.fault?.message ?? ''}`)
    }
    check(`${others.length} session${others.length === 1 ? '' : 's'} to end`)
    await rest(5)
  }
}

/** As it was before the door was closed; a role that was dropped meanwhile is no fault. */
export const welcomeStatements = async (side: Side, row: SideRow): Promise<readonly string[]> => {
  const database = ident(side.address.database)
  const roles = await side.db.json<{ readonly name: string }>(
    'select rolname::text as name from pg_catalog.pg_roles',
  )
  const isThere = (role: string | null): boolean => role === null || roles.some(({ name }) => name === role)
  return [
    ...row.guests
      .filter(({ role }) => isThere(role))
      .map(
        ({ role, mayGrant }) =>
          `grant connect on database ${database} to ${roleSql(role)}${mayGrant ? ' with grant option' : ''}`,
      ),
    ...row.letIn.filter(isThere).map((role) => `revoke connect on database ${database} from ${ident(role)}`),
  ]
}

/** One transaction, and the moment at which the side takes writes: everything before it can be undone. */
export const openDoor = async (side: Side, row: SideRow, epoch: number): Promise<void> => {
  await side.db.query(
    [
      'begin',
      doorSql(true),
      ...(await welcomeStatements(side, row)),
      noteSql(`is_open = true, epoch = ${epoch}, guests = '[]', let_in = '[]'`),
      'commit',
    ].join(';\n'),
  )
}
