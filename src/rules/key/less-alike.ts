/** A second row of the same key that had to take some of its other columns from the first one, and can do without. */
import { isDetermined } from '../../catalog/key/determined.ts'
import { ident, literal } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { evaluateRows } from '../evaluate.ts'
import { makeRow, type MadeRow } from '../make-row.ts'
import type { RuleContext } from '../rule-kind.ts'

interface Wish {
  readonly pins: Row
  readonly before: readonly string[]
  readonly until: readonly string[]
  /** In what it has to differ already. */
  readonly different: readonly string[]
}

/** Columns that are tried to differ, one after the other. */
const mostTried = 4

/**
 * A key with one more column refuses it as well where it has that column alike: it differs in as many as may be. What a
 * foreign key ties to the rest of the key cannot.
 */
export const lessAlike = async (
  context: RuleContext,
  made: MadeRow,
  { different, ...wish }: Wish,
  first: Row,
  keyColumns: readonly string[],
): Promise<MadeRow> => {
  const { catalog, db, table } = context
  const others = table.columns
    .filter(
      ({ name, generated }) =>
        generated === null &&
        !keyColumns.includes(name) &&
        first[name] !== undefined &&
        made.row[name] !== undefined,
    )
    .map(({ name }) => name)
  const [mine = [], theirs = []] = await evaluateRows(
    db,
    table,
    [first, made.row],
    others.map((name) => `${ident(name)}::text`),
  )
  const alike = others.filter(
    (name, i) => mine[i] === theirs[i] && !isDetermined(catalog, table.id, name, keyColumns, 'new rows'),
  )
  let best = made
  let where = different
  for (const name of alike.slice(0, mostTried)) {
    const value = mine[others.indexOf(name)]
    const more = [
      ...where,
      `${ident(name)}::text is distinct from ${value == null ? 'null' : literal(value)}`,
    ]
    const next = await makeRow(context, table, { ...wish, family: 'b', where: more })
    if (!('row' in next)) continue
    best = next
    where = more
  }
  return best
}
