/**
 * A partition (or an inheriting table) is a table of its own: asked directly, its parent's policies do not bind.
 * Either the role may not touch it at all, or it is isolated as its parent is.
 */
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { readRolePrivileges, regclass, type RolePrivileges } from '../role-privileges.ts'
import { refusedByPrivilege, type Attack, type Attempt } from './attack.ts'
import type { Gap } from './gap.ts'
import { attemptsOnOthers, attemptsOnOwn, partitionMend, type Placed } from './partition-direct.ts'
import type { Tenancy, Tenant } from './tenancy.ts'
import { isTaken, tryOut } from './trial.ts'

/** All tables below this one, nearest first, in the catalog's order. */
const childrenOf = (catalog: Catalog, table: string): readonly Table[] => {
  const children = [...catalog.tables.values()].filter((t) => t.partitionOf === table)
  return [...children, ...children.flatMap((child) => childrenOf(catalog, child.id))]
}

const touches = (may: RolePrivileges): boolean =>
  may.schemaUsage &&
  (may.columns.select.length > 0 ||
    may.columns.insert.length > 0 ||
    may.columns.update.length > 0 ||
    may.table.delete ||
    may.table.truncate)

/**
 * The victim's row in this partition: its base row when it lands there, else one within its bounds that is asked for.
 * An inheriting table has no bounds: nothing lands there by itself, and the row is put there directly.
 */
const rowIn = async (
  { context, empty, table }: Tenancy,
  part: Table,
  victim: Tenant,
): Promise<Placed | null> => {
  const { db, rows } = context
  const standing = async (placed: Placed): Promise<Placed | null> => {
    const found = await tryOut(db, empty, {
      given: [placed.insert],
      when: [`select 1 from ${qualified(part)}`],
    })
    return isTaken(found) && found.affected === 1 ? placed : null
  }
  const through = (row: Row): Promise<Placed | null> => standing({ row, insert: rows.insert(table, row) })
  const base = await through(victim.row)
  if (base) return base
  const [bounds] = await db.json<{ readonly sql: string | null }>(
    `select pg_get_partition_constraintdef(${regclass(part)}) as sql`,
  )
  if (!bounds?.sql) return standing({ row: victim.row, insert: rows.insert(part, victim.row) })
  const solved = await rows.solve(table, { family: victim.family, where: [bounds.sql] })
  return 'row' in solved ? through(solved.row) : null
}

const closedTo = (tenancy: Tenancy, part: Table): Attempt => ({
  title: `${tenancy.a.title} asks the partition ${part.id} directly: refused`,
  world: tenancy.empty,
  as: tenancy.a.asker,
  when: [`select 1 from ${qualified(part)}`],
  then: refusedByPrivilege,
  mend: partitionMend(part, tenancy),
})

/** One question for all partitions that the role may not touch, so that a hundred of them cost no more than one. */
const noneTouched = (tenancy: Tenancy, parts: readonly Table[]): Attempt => ({
  title: `${tenancy.role} may do nothing with a partition directly`,
  world: tenancy.empty,
  when: [
    `
select part::regclass::text, privilege
  from unnest(array[${parts.map((p) => literal(qualified(p))).join(', ')}]) part,
       unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) privilege
 where has_table_privilege(${literal(tenancy.role)}, part, privilege)
 order by 1, 2`.trim(),
  ],
  then: { kind: 'rows', rows: [] },
  mend: `revoke all on ${parts.map(qualified).join(', ')} from ${ident(tenancy.role)}, public;`,
})

export const partition: Attack = {
  name: 'partition',
  async attempts(tenancy) {
    const { context, table, role, duels, a } = tenancy
    const attempts: Attempt[] = []
    const gaps: Gap[] = []
    const untouched: Table[] = []
    for (const part of childrenOf(context.catalog, table.id)) {
      const may = await readRolePrivileges(context.db, role, part, context.catalog.major)
      if (!may || !touches(may)) {
        untouched.push(part)
        continue
      }
      if (may.table.truncate)
        attempts.push({
          title: `${a.title} truncates the partition ${part.id} directly: refused`,
          world: tenancy.empty,
          as: a.asker,
          when: [`truncate ${qualified(part)}`],
          then: refusedByPrivilege,
          mend: partitionMend(part, tenancy),
        })
      for (const duel of duels) {
        const placed = await rowIn(tenancy, part, duel.victim)
        const own = await rowIn(tenancy, part, duel.attacker)
        if (own) attempts.push(...(await attemptsOnOwn(tenancy, part, may, duel.attacker, own)))
        if (placed) attempts.push(...attemptsOnOthers(tenancy, part, may, duel, placed))
        else
          gaps.push({
            summary: `no row of ${duel.victim.title} was found for the partition ${part.id}, which ${role} may ask directly`,
            tried: 'its base row, and a row within the bounds of the partition',
          })
      }
    }
    const [first] = untouched
    if (first) attempts.push(closedTo(tenancy, first), noneTouched(tenancy, untouched))
    return { attempts, gaps }
  },
}
