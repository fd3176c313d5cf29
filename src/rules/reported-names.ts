/** The names under which PostgreSQL reports a constraint or index: its own, and those of its partitions' copies. */
import type { Structure } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { literal } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { selectEach } from './trial.ts'

const indexCopies = (table: Table, name: string): string => `
  with recursive copies as (
    select i.indexrelid as oid from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    where i.indrelid = ${table.oid} and c.relname = ${literal(name)}
    union all
    select h.inhrelid from pg_catalog.pg_inherits h join copies on h.inhparent = copies.oid
  )
  select c.relname from copies join pg_catalog.pg_class c on c.oid = copies.oid order by c.relname collate "C"`

const foreignKeyCopiesSql = (table: Table, name: string): string => `
  with recursive copies as (
    select k.oid from pg_catalog.pg_constraint k
    where k.conrelid = ${table.oid} and k.conname = ${literal(name)}
    union all
    select k.oid from pg_catalog.pg_constraint k join copies on k.conparentid = copies.oid
  )
  select k.conname from copies join pg_catalog.pg_constraint k on k.oid = copies.oid
  order by k.conname collate "C"`

/** A foreign key's name, and those of its copies for partitions on either side. */
export const foreignKeyCopies = async (
  db: Session,
  table: Table,
  name: string,
): Promise<readonly string[]> => {
  const [rows] = await selectEach(db, [], [foreignKeyCopiesSql(table, name)])
  return [...new Set([name, ...(rows ?? []).map((row) => row[0]!)])]
}

/** The structure's own name first; without one the name that it ought to have, so that no other answers for it. */
export const reportedNames = async (
  db: Session,
  table: Table,
  structure: Structure | undefined,
  wanted: string,
): Promise<readonly string[]> => {
  if (!structure) return [wanted]
  if (table.kind !== 'partitioned') return [structure.name]
  const [rows] = await selectEach(db, [], [indexCopies(table, structure.name)])
  return [...new Set([structure.name, ...(rows ?? []).map((row) => row[0]!)])]
}
