/** What boolean expressions are for whole rows, asked of PostgreSQL in bulk. */
import { evaluate } from './evaluate.ts'
import type { TableFacts } from './facts.ts'
import { columnsFor } from './read-facts.ts'
import { type RowGround, writableColumns } from './row-ground.ts'
import type { Row } from './rows.ts'

const letters = { t: 't', f: 'f', n: null, e: 'error' } as const

/** [row][expression]; a column that a row leaves out has its default (a sequence is not consumed for it). */
export const judgeRows = async (
  ground: Pick<RowGround, 'db'>,
  facts: TableFacts,
  rows: readonly Row[],
  expressions: readonly string[],
): Promise<('t' | 'f' | 'error' | null)[][]> => {
  const named = new Set(expressions.flatMap((e) => columnsFor(facts, e)))
  const columns = writableColumns(facts.table).filter((c) => named.has(c.name))
  const value = (row: Row, name: string, fallback: string | null): string => {
    const given = row[name]
    const sql = given === undefined || given === 'default' ? (fallback ?? 'null') : given
    return /\bnextval\s*\(/iu.test(sql) ? '1' : sql
  }
  const [verdicts] = await evaluate(ground.db, [
    {
      frame: {
        facts,
        columns: columns.map((column) => ({
          column,
          options: rows.map((r) => value(r, column.name, column.default)),
        })),
      },
      combinations: rows.map((_r, i) => columns.map(() => i)),
      expressions,
    },
  ])
  return verdicts!.map((v) =>
    v.fits
      ? Array.from(v.of).map((l) => letters[l as keyof typeof letters])
      : expressions.map(() => 'error' as const),
  )
}
