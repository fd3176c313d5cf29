/** The texts that a row and the rows around it hold: what settings may be given. */
import { ident, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import type { World } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'
import { tryEach } from '../trial.ts'
import type { Scene } from './identities.ts'
import type { Reading } from './reading.ts'

interface Place {
  readonly row: Row
  readonly after: readonly string[]
}

/** The row's values, and what stands in its arrays and documents. */
const valuesOf = (relation: string): string =>
  `select v.value from ${relation} as r, jsonb_each_text(to_jsonb(r)) v where v.value is not null
   union all
   select p.v #>> '{}' as value from ${relation} as r, jsonb_path_query(to_jsonb(r), '$.*.**') as p (v)
    where jsonb_typeof(p.v) in ('string', 'number')`

/** Scenes of these rows, each with the rows around it; one that PostgreSQL does not take is left out. */
export const heldTexts = async (
  context: RuleContext,
  world: World,
  places: readonly Place[],
  reading: Reading,
): Promise<readonly Scene[]> => {
  const { db, rows, table } = context
  const others = reading.tables.filter((t) => t.table.id !== table.id)
  const attempts = places.map(({ row, after }) => [
    `${rows.insert(table, row)} returning (${ident(table.name)}.*)::text`,
    ...after,
    valuesOf(qualified(table)),
    ...others.map((t) => valuesOf(qualified(t.table))),
  ])
  const replies = await tryEach(db, world.statements, attempts)
  return replies.flatMap((reply, i): readonly Scene[] => {
    const { row, after } = places[i]!
    const text = reply.commands.find((c) => c.tag.startsWith('INSERT') && c.rows.length === 1)?.rows[0]?.[0]
    if (reply.fault || text == null) return []
    const held = reply.commands
      .filter((c) => c.tag.startsWith('SELECT') && c.columns[0] === 'value')
      .flatMap((c) => c.rows.map((r) => r[0] ?? ''))
    return [
      {
        state: [...world.statements, rows.insert(table, row), ...after],
        row: text,
        held: [...new Set(held)],
      },
    ]
  })
}
