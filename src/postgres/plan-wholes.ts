/** Which whole each partition, and each partition's index, is a part of: plans name the parts. */
import type { Wholes } from './plan-tree.ts'
import type { Session } from './session.ts'

const wholesSql = `
select c.relname as part, w.relname as whole
  from pg_catalog.pg_class c
  join pg_catalog.pg_class w on w.oid = pg_catalog.pg_partition_root(c.oid)
 where c.relispartition
 order by c.relname collate "C", w.relname collate "C"`

export const readWholes = async (db: Session): Promise<Wholes> =>
  new Map(
    (await db.json<{ readonly part: string; readonly whole: string }>(wholesSql)).map(({ part, whole }) => [
      part,
      whole,
    ]),
  )
