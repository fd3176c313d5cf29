/**
 * Rows for which an expression raises an error in place of an answer: a function that says no with RAISE, or one that a
 * value cannot go through. Few of them, nearest first: for each set of columns that they change, and for what else they tell.
 */
import type { TableFacts } from './facts.ts'
import { judgeRows } from './judge.ts'
import type { RowGround } from './row-ground.ts'
import type { Distinguished, Row } from './rows.ts'

/** Rows that are looked at. */
const mostAsked = 400
const mostKept = 12

/** `others`: what the rows are to be told from, of which these are not told yet. */
export const raisedRows = async (
  ground: Pick<RowGround, 'db'>,
  facts: TableFacts,
  base: Row,
  rows: readonly Row[],
  { others, untold }: { readonly others: readonly string[]; readonly untold: readonly number[] },
): Promise<Distinguished['raised']> => {
  const asked = rows.slice(0, mostAsked)
  if (asked.length === 0) return []
  const answers = await judgeRows(
    ground,
    facts,
    asked,
    untold.map((at) => others[at]!),
  )
  const left = new Set(untold)
  const found: { row: Row; differs: string[]; tells: number[] }[] = []
  for (const [i, row] of asked.entries()) {
    const differs = facts.table.columns.map((c) => c.name).filter((name) => row[name] !== base[name])
    const tells = untold.filter((_at, k) => answers[i]![k] !== 'error')
    const isAlike = found.some((one) => one.differs.every((name) => differs.includes(name)))
    const isNew = tells.some((at) => left.has(at)) || !isAlike
    if (differs.length === 0 || !isNew) continue
    for (const at of tells) left.delete(at)
    found.push({ row, differs, tells })
    if (found.length >= mostKept) break
  }
  return found
}
