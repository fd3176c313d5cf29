/** The roles that are asked as: those that policies name, one that none names, the table's owner, and who bypasses. */
import type { Table } from '../../catalog/table.ts'
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { regclass } from '../role-privileges.ts'
import { expressionsOf, type Policy, type Standing } from './policy-set.ts'

export interface AskedRole extends Standing {
  readonly name: string
  /** "the role app", "the owner of the table". */
  readonly title: string
  readonly why: 'named' | 'member' | 'unnamed' | 'owner' | 'bypasses'
}

interface RoleRow extends Standing {
  readonly name: string
  /** It may be asked as. */
  readonly mayBe: boolean
  /** It has a privilege on the table. */
  readonly granted: boolean
}

/** A role of every PostgreSQL that nobody can be a member of, so that only a policy for PUBLIC is for it. */
const unnamed = 'pg_database_owner'

const rolesSql = (table: Table, named: readonly string[]): string => `
select r.rolname as name, r.rolsuper or r.rolbypassrls as bypasses,
       pg_catalog.pg_has_role(r.oid, c.relowner, 'USAGE') as owns,
       array(select n from unnest(array[${named.map(literal).join(', ')}]::text[]) n
              where pg_catalog.pg_has_role(r.oid, n, 'USAGE')) as "is",
       pg_catalog.pg_has_role(r.oid, 'MEMBER') and not r.rolsuper as "mayBe",
       exists (select from pg_catalog.aclexplode(c.relacl) item where item.grantee = r.oid) as granted
  from pg_catalog.pg_roles r, pg_catalog.pg_class c
 where c.oid = ${regclass(table)}
 order by r.rolname collate "C"`

export interface Roles {
  readonly asked: readonly AskedRole[]
  /** Every way in which a role of this server stands to the policies. */
  readonly standings: readonly Standing[]
  /** Named by a policy, and Assay's prover may not be it, or they are too many. */
  readonly leftOut: readonly string[]
}

/** More named roles than these are counted in a note. */
const mostNamed = 12
/** Members of these roles that the tables beside know: each is asked as all over again. */
const mostMembers = 3

const distinct = (rows: readonly RoleRow[]): readonly Standing[] => {
  const known = new Map(
    rows.map(({ bypasses, owns, is }) => [JSON.stringify([bypasses, owns, is]), { bypasses, owns, is }]),
  )
  return [...known.values()]
}

/** The conditions that there are for a role: where everything is open, nothing hangs on who asks. */
export const saidTo = ({ is }: Standing, policies: readonly Policy[]): readonly string[] => {
  const own = policies.filter((p) => p.roles.some((role) => role === null || is.includes(role)))
  return expressionsOf(own).filter((sql) => !/^(?:true|false)$/iu.test(sql.trim()))
}

/** Of roles that stand to the policies in the same way the first. */
const membersAmong = (rows: readonly RoleRow[], named: readonly string[], others: readonly string[]) => {
  const able = rows.filter(
    (row) =>
      row.mayBe &&
      !row.bypasses &&
      !row.owns &&
      !named.includes(row.name) &&
      others.includes(row.name) &&
      row.is.some((name) => named.includes(name)),
  )
  return able
    .filter((row, i) => able.findIndex(({ is }) => is.join() === row.is.join()) === i)
    .slice(0, mostMembers)
}

/**
 * `preferred`: the role of the architecture's identity, asked as where no policy names a role. `beside`: policies of the
 * tables that these look at; who is bound by them counts, and is asked as where it is a member of a role that is named
 * here: it may see there what that role does not.
 */
export const readRoles = async (
  db: Session,
  table: Table,
  policies: readonly Policy[],
  preferred: string | null,
  beside: readonly Policy[],
): Promise<Roles> => {
  const named = [...new Set(policies.flatMap((p) => p.roles.filter((role) => role !== null)))].toSorted()
  const others = beside.flatMap((p) => p.roles.filter((role) => role !== null))
  const rows = await db.json<RoleRow>(rolesSql(table, [...new Set([...named, ...others])].toSorted()))
  const byName = new Map(rows.map((row) => [row.name, row]))
  const present = named.flatMap((name) => byName.get(name) ?? [])
  const able = present.filter((row) => row.mayBe && row.name !== table.owner)
  const told = new Map(able.map((row) => [row, saidTo(row, policies).length]))
  // The first is asked as with every identity.
  const chosen = able
    .filter((row) => !row.bypasses)
    .toSorted((a, b) => told.get(b)! - told.get(a)!)
    .slice(0, mostNamed)
  const members = membersAmong(rows, named, others)
  const asNamed = chosen.map((row): AskedRole => ({ ...row, title: `the role ${row.name}`, why: 'named' }))
  const asMembers = members.map((row): AskedRole => ({
    ...row,
    title: `the role ${row.name}`,
    why: 'member',
  }))
  // Where every policy is for PUBLIC, somebody has to be asked as who is an ordinary user.
  const isOrdinary = (row: RoleRow): boolean =>
    row.mayBe && !row.bypasses && !row.owns && !row.is.some((name) => named.includes(name))
  const ordinary = [
    ...rows.filter((row) => row.name === preferred),
    ...rows.filter((row) => row.granted),
  ].find(isOrdinary)
  const other = byName.get(unnamed)
  const strangers: AskedRole[] = []
  if (chosen.length === 0 && ordinary)
    strangers.push({ ...ordinary, title: `the role ${ordinary.name}`, why: 'unnamed' })
  else if (other?.mayBe && isOrdinary(other))
    strangers.push({ ...other, title: `a role that no policy names (${unnamed})`, why: 'unnamed' })
  const owner = byName.get(table.owner)
  const bypassing = rows.find(
    (row) =>
      row.mayBe && row.bypasses && (named.includes(row.name) || row.granted) && row.name !== table.owner,
  )
  return {
    asked: [
      ...asNamed,
      ...asMembers,
      ...strangers,
      ...(owner?.mayBe ? [{ ...owner, title: 'the owner of the table', why: 'owner' as const }] : []),
      ...(bypassing
        ? [{ ...bypassing, title: `${bypassing.name}, who bypasses policies,`, why: 'bypasses' as const }]
        : []),
    ],
    standings: distinct(rows),
    leftOut: named.filter((name) => {
      const row = byName.get(name)
      return !row || (!chosen.includes(row) && row !== bypassing && name !== table.owner)
    }),
  }
}
