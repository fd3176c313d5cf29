/**
 * What a rule would ask beyond what it states, and the database does not keep: the right rule for such a structure is one
 * that asks less. PostgreSQL is asked, by the words of the rules themselves.
 */
import type { GrantFacts } from '../../catalog/grant.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { relationId, type RelationName } from '../../ground/names.ts'
import type { Session } from '../../postgres/session.ts'
import { heldAround, neededFor, privilegesAround, readSurroundings } from '../../rules/surroundings.ts'
import { inTransaction } from '../observe/work.ts'

export interface Unkept {
  /** Ids of grants whose role may not use all that stands around the table: a default's sequence, a CHECK's function. */
  readonly grants: ReadonlySet<string>
  /** Ids of partitioned tables with a partition that is partitioned itself, and takes some of its rows only. */
  readonly partitions: ReadonlySet<string>
}

export const nothingUnkept: Unkept = { grants: new Set(), partitions: new Set() }

/** By root: hash takes every row once its remainders are there, list and range only with a DEFAULT partition. */
const gapsSql = `
  select distinct n.nspname as schema, c.relname as name
  from pg_catalog.pg_partitioned_table p
  join pg_catalog.pg_class inner_one on inner_one.oid = p.partrelid and inner_one.relispartition
  join pg_catalog.pg_class c on c.oid = pg_catalog.pg_partition_root(p.partrelid)
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where p.partstrat <> 'h' and p.partdefid = 0`

const unkeptOn = async (
  db: Session,
  table: Table,
  grants: readonly Structure<GrantFacts>[],
): Promise<readonly string[]> => {
  const around = await readSurroundings(db, table)
  const needs = grants.map((grant) => {
    const role = grant.facts.grantee ?? 'public'
    const privileges = grant.facts.privileges.map(({ privilege }) => privilege)
    return { grant, role, needed: neededFor(around, { role, privileges }) }
  })
  if (!needs.some(({ needed }) => needed.some(({ kind }) => kind !== 'schema'))) return []
  const roles = [...new Set(needs.map(({ role }) => role))]
  const [answer] = await db.query(heldAround(around, roles))
  const held = (answer?.rows ?? []) as readonly (readonly string[])[]
  const known = new Set(held.map((row) => row.join('\0')))
  return needs
    .filter(({ role, needed }) =>
      privilegesAround(needed, role, held).some((need) => !known.has(need.join('\0'))),
    )
    .map(({ grant }) => grant.id)
}

/** Asks in a transaction of its own, and writes nothing. */
export const readUnkept = (db: Session, catalog: Catalog): Promise<Unkept> =>
  inTransaction(db, async () => {
    const grants: string[] = []
    for (const table of catalog.tables.values()) {
      const own = catalog.of(table.id, 'grant') as readonly Structure<GrantFacts>[]
      if (own.length > 0) grants.push(...(await unkeptOn(db, table, own)))
    }
    const gaps = await db.json<RelationName>(gapsSql)
    return { grants: new Set(grants), partitions: new Set(gaps.map(relationId)) }
  })
