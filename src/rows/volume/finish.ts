/** After the last row: sequences go on behind what was written, and the planner knows the tables. */
import { literal, qualified, ident } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { bindOwners, passPolicies } from './policies.ts'
import type { VolumePlan } from './volume-plan.ts'

interface OwnSequence {
  readonly column: string
  readonly sequence: string
}

const sequencesSql = (relation: string): string => `
select a.attname as column, pg_catalog.pg_get_serial_sequence(${literal(relation)}, a.attname) as sequence
  from pg_catalog.pg_attribute a
 where a.attrelid = ${literal(relation)}::pg_catalog.regclass and a.attnum > 0 and not a.attisdropped
   and pg_catalog.pg_get_serial_sequence(${literal(relation)}, a.attname) is not null`

/** Sequences that the role may not set, and tables that it may not analyze, stay as they are. */
export const finishFilling = async (
  db: Session,
  plan: VolumePlan,
  forced: ReadonlySet<string> = new Set(),
): Promise<void> => {
  for (const volume of plan.tables.filter(({ stands }) => !stands)) {
    const relation = qualified(volume)
    const written = new Set(volume.columns.map(({ column }) => column.name))
    const owned = (await db.json<OwnSequence>(sequencesSql(relation))).filter((one) =>
      written.has(one.column),
    )
    const bound = forced.has(volume.id) ? [volume] : []
    await db.batch([
      ...owned.map(({ column, sequence }) =>
        [
          ...passPolicies(bound),
          `select pg_catalog.setval(${literal(sequence)}::pg_catalog.regclass, max(${ident(column)})) from ${relation} having max(${ident(column)}) >= 1`,
          ...bindOwners(bound),
        ].join('; '),
      ),
      `analyze ${relation}`,
    ])
  }
}
