/**
 * Rows for triggers that take one state of a row only: each value of a column that their functions name stands, and
 * what the CHECKs then ask of the other columns is searched for.
 */
import { brokenBy, type Draft } from './draft.ts'
import type { TableFacts } from './facts.ts'
import { mended, mendingsOf } from './mending.ts'
import { constraintsOf, type RowGround } from './row-ground.ts'
import type { Row } from './rows.ts'
import { findRows } from './search.ts'

const mostValues = 16
const mostRows = 96

const namedByTriggers = ({ functions }: RowGround, facts: TableFacts): ReadonlySet<string> =>
  new Set(
    facts.triggers.flatMap(([schema, name]) =>
      functions.atomsOf(schema, name).flatMap((atom) => atom.columns),
    ),
  )

export const turnedRows = async (
  ground: RowGround,
  facts: TableFacts,
  draft: Draft,
): Promise<readonly Row[]> => {
  const named = namedByTriggers(ground, facts)
  const turns = draft.variables.flatMap((variable) => {
    const [column, ...others] = variable.columns
    if (column === undefined || others.length > 0 || !named.has(column.name)) return []
    return variable.options
      .slice(0, mostValues)
      .map((option) => ({ variable, row: { ...draft.row, [column.name]: option[0]! } }))
  })
  const some = turns.slice(0, mostRows)
  if (some.length === 0) return []
  const constraints = constraintsOf(facts)
  const broken = await brokenBy(
    ground,
    facts,
    some.map(({ row }) => row),
    constraints,
  )
  const searches = some.flatMap(({ variable, row }, at) =>
    mendingsOf(
      facts,
      row,
      draft.variables.filter((v) => v !== variable),
      constraints,
      broken[at]!,
      new Map(),
    ).map((mending) => ({ ...mending, at })),
  )
  const found = await findRows(
    ground.db,
    searches.map(({ search }) => search),
  )
  return some.map(({ row }, at) =>
    searches.reduce<Row>((made, { search, at: of }, i) => {
      const best = found[i]![0]
      return of === at && best ? mended(made, best, search) : made
    }, row),
  )
}
