/**
 * What the declared index could do if it were the only one: made on the empty clone in place of all others, with
 * every other way made dear, so that PostgreSQL's planner itself says which statements the index can answer, and how.
 */
import type { IndexedRule } from '../../architecture/kinds/indexed.ts'
import type { Table } from '../../catalog/table.ts'
import type { PgFault } from '../../postgres/fault.ts'
import { parsePlan, planIndexes, type PlanNode } from '../../postgres/plan.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { createIndex } from './ddl.ts'
import { readOperators, type KeyOperators } from './operators.ts'

export const explained = (select: string): string => `explain (format json, costs off) ${select}`

const probeName = 'assay_probe'

export interface Probe {
  readonly operators: readonly KeyOperators[]
  /** The plan of each statement, and whether the index has a part in it; null when PostgreSQL refuses the statement. */
  plans(
    selects: readonly string[],
  ): Promise<readonly ({ readonly plan: PlanNode; readonly uses: boolean } | null)[]>
}

const otherIndexesSql = (table: Table): string => `
select case
         when k.oid is null then pg_catalog.format('drop index %s', i.indexrelid::pg_catalog.regclass)
         else pg_catalog.format('alter table %s drop constraint %I cascade', i.indrelid::pg_catalog.regclass, k.conname)
       end as ddl
  from pg_catalog.pg_index i
  left join pg_catalog.pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
 where i.indrelid = ${literal(qualified(table))}::pg_catalog.regclass
 order by i.indexrelid`

/** Apart from its whole a partition's indexes are its own, and go one by one. */
const detachSql = (table: Table): string => `
select pg_catalog.format('alter table %s detach partition %s', i.inhparent::pg_catalog.regclass, i.inhrelid::pg_catalog.regclass) as ddl
  from pg_catalog.pg_inherits i
  join pg_catalog.pg_class c on c.oid = i.inhrelid
 where i.inhrelid = ${literal(qualified(table))}::pg_catalog.regclass and c.relispartition`

const otherwiseDear = ['enable_seqscan', 'enable_sort', 'enable_incremental_sort'].map(
  (name) => `set local ${name} = off`,
)

/** The probe's own name and those of its parts on partitions. */
const namesSql = (index: string): string => `
select c.relname as name from pg_catalog.pg_class c where c.oid = ${literal(index)}::pg_catalog.regclass
union
select c.relname from pg_catalog.pg_partition_tree(${literal(index)}::pg_catalog.regclass) tree
  join pg_catalog.pg_class c on c.oid = tree.relid`

/** Runs `ask` while the probe stands; PostgreSQL's refusal of the index itself is answered as a fault. Nothing is left behind. */
export const withProbe = async <T>(
  db: Session,
  rule: IndexedRule,
  table: Table,
  ask: (probe: Probe) => Promise<T>,
): Promise<{ readonly answer: T } | { readonly refused: PgFault }> => {
  await db.query('savepoint assay_probe_start')
  try {
    const whole = await db.json<{ ddl: string }>(detachSql(table))
    const others = await db.json<{ ddl: string }>(otherIndexesSql(table))
    const ddl = [
      ...whole.map((w) => w.ddl),
      ...others.map((o) => o.ddl),
      createIndex(rule, probeName).replace(/;$/u, ''),
      ...otherwiseDear,
    ]
    const [made] = await db.batch([ddl.join(';\n')])
    if (made!.fault) return { refused: made!.fault }
    const index = `${ident(table.schema)}.${ident(probeName)}`
    const operators = await readOperators(db, index, rule.keys.length)
    const names = new Set((await db.json<{ name: string }>(namesSql(index))).map((row) => row.name))
    await db.query('savepoint assay_probe_ask')
    const plans: Probe['plans'] = async (selects) => {
      const replies = await db.batch(
        selects.map((select) => `rollback to savepoint assay_probe_ask;\n${explained(select)}`),
      )
      await db.query('rollback to savepoint assay_probe_ask')
      return replies.map(({ fault, commands }) => {
        const plan = fault ? null : parsePlan(commands.at(-1)?.rows[0]?.[0] ?? '')
        return plan === null ? null : { plan, uses: planIndexes(plan).some((name) => names.has(name)) }
      })
    }
    return { answer: await ask({ operators, plans }) }
  } finally {
    await db.query('rollback to savepoint assay_probe_start; release savepoint assay_probe_start')
  }
}
