/** Cases of partitions that are themselves partitioned: a row for each of the innermost, by the condition that PostgreSQL gives it. */
import type { PartitionFacts } from '../../catalog/partition.ts'
import { literal } from '../../postgres/quote.ts'
import { allTrue } from '../draft.ts'
import { landing, type PlacedRow, type Places } from '../partition/places.ts'

/** Of many the first and the last ones. */
const mostInner = 40

interface Leaf {
  readonly name: string
  readonly condition: string
}

const leavesSql = (relations: readonly string[]): string => `
select r.name, pg_catalog.pg_get_partition_constraintdef(r.name::pg_catalog.regclass) as condition
  from unnest(array[${relations.map(literal).join(', ')}]) with ordinality r (name, n)
  join pg_catalog.pg_class c on c.oid = r.name::pg_catalog.regclass
 where c.relkind <> 'p' and pg_catalog.pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
 order by r.n`

export const addInner = async (
  places: Pick<Places, 'context' | 'ground'>,
  facts: PartitionFacts | null,
): Promise<void> => {
  const { context, ground } = places
  const relations = (facts?.inner ?? []).map((one) => one.relation)
  if (relations.length === 0) return
  const all = await context.db.json<Leaf>(leavesSql(relations))
  const shown = all.length <= mostInner ? all : [...all.slice(0, mostInner / 2), ...all.slice(-mostInner / 2)]
  const rows: (PlacedRow & Leaf)[] = []
  for (const leaf of shown) {
    const solved = await context.rows.solve(context.table, { where: [leaf.condition] })
    if ('row' in solved) rows.push({ row: solved.row, given: [], ...leaf })
    else
      ground.draft.unsolved(
        `no row was found for an inner partition of ${context.table.id}`,
        `${solved.unsolved}: ${solved.tried}`,
      )
  }
  for (const { row, name } of rows.slice(0, 1).concat(rows.slice(1).slice(-1))) {
    ground.draft.add({
      title: `a row of the ${name === rows[0]!.name ? 'first' : 'last'} inner partition lands there`,
      when: [landing(places, [row], `"place" = ${literal(name)}::pg_catalog.regclass`)],
      then: allTrue(),
    })
  }
  ground.draft.add({
    title: 'rows of all inner partitions land in partitions of their own',
    when: [
      landing(
        places,
        rows.map((r) => r.row),
        `pg_catalog.count(distinct "place") = ${rows.length}`,
      ),
    ],
    then: allTrue(),
  })
}
