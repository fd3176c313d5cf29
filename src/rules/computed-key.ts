/** Keys that PostgreSQL computes: a foreign key may point to a generated column. */
import type { Table } from '../catalog/table.ts'
import { literal } from '../postgres/quote.ts'
import type { Row } from '../rows/rows.ts'
import { evaluateRows } from './evaluate.ts'
import type { RuleContext } from './rule-kind.ts'

/** The target's row with the values of its generated key columns; the row itself where it has none. */
export const withComputedKey = async (
  key: { readonly target: Table; readonly targetColumns: readonly string[] },
  { db }: Pick<RuleContext, 'db'>,
  row: Row,
): Promise<Row> => {
  const computed = key.target.columns.filter(
    (c) => c.generated !== null && c.default !== null && key.targetColumns.includes(c.name),
  )
  if (computed.length === 0) return row
  const texts = computed.map((c) => `cast((${c.default}\n) as ${c.type})`)
  const [values] = await evaluateRows(db, key.target, [row], texts)
  const known = computed.flatMap((c, i) => {
    const value = values?.[i]
    return value === null || value === undefined ? [] : [[c.name, literal(value)] as const]
  })
  return { ...row, ...Object.fromEntries(known) }
}
