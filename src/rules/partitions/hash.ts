/** Rows by the hash of their keys: PostgreSQL is asked of many keys at once, and the first of each partition is taken. */
import { ident, literal } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import type { PlacedRow } from '../partition/places.ts'
import type { RuleContext } from '../rule-kind.ts'
import { selectEach } from '../trial.ts'

/** Keys to try for each partition: enough that every remainder comes. */
const tries = 96

const valuesOf = async (
  { rows, table }: RuleContext,
  column: string,
  type: string,
): Promise<readonly string[]> => {
  const numbers = Array.from({ length: tries }, (_, n) => n + 1)
  if (/^(?:smallint|integer|bigint|numeric)$/u.test(type)) return numbers.map((n) => String(1_000 + n))
  if (type === 'uuid')
    return numbers.map((n) => literal(`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`))
  if (/^(?:text|character varying)$/u.test(type)) return numbers.map((n) => literal(`k${n}`))
  return (await rows.candidates(table, column)).filter((value) => value !== 'null')
}

/** One row for each of the conditions; null where none of the keys that were tried has it. */
export const rowsOfHashes = async (
  context: RuleContext,
  base: Row,
  keys: readonly string[],
  conditions: readonly string[],
): Promise<readonly (PlacedRow | null)[]> => {
  const { table, rows, db } = context
  const pointed = new Set(
    context.catalog
      .of(table.id, 'references')
      .flatMap((s) => (s.facts as { readonly columns: readonly string[] }).columns),
  )
  const hashed = table.columns.filter((c) => keys.some((key) => key === c.name || key === ident(c.name)))
  // A key that points to a parent stays what it is.
  const varied = hashed.find((c) => !pointed.has(c.name)) ?? hashed[0]
  if (!varied) return conditions.map(() => null)
  const values = await valuesOf(context, varied.name, varied.baseType)
  const others = hashed
    .filter((c) => c !== varied)
    .map((c) => `(${base[c.name] ?? 'null'})::${c.type} as ${ident(c.name)}`)
  const from = `(values ${values.map((value, i) => `(${i}, (${value})::${varied.type})`).join(', ')}) v ("assay_at", ${ident(varied.name)})`
  const found = await selectEach(
    db,
    [],
    conditions.map(
      (condition) =>
        `select "assay_at" from (select v.*${others.map((o) => `, ${o}`).join('')} from ${from}) r where ${condition} order by 1 limit 1`,
    ),
  )
  const placed: (PlacedRow | null)[] = []
  for (const rowsFound of found) {
    const at = rowsFound?.[0]?.[0]
    const value = at === undefined || at === null ? undefined : values[Number(at)]
    const solved =
      value === undefined ? null : await rows.solve(table, { pins: { [varied.name]: value }, anywhere: true })
    placed.push(solved && 'row' in solved ? { row: solved.row, given: [] } : null)
  }
  return placed
}
