/** For each column of a row another value that PostgreSQL takes: what updates in experiments write. */
import { ident, qualified } from '../postgres/quote.ts'
import type { Row } from '../rows/rows.ts'
import { isTaken, tryAll } from './attacks/trial.ts'
import type { World } from './experiment.ts'
import { freshValues } from './fresh-value.ts'
import type { RuleContext } from './rule-kind.ts'

export interface ColumnChange {
  readonly column: string
  /** SQL; null: no other value is taken, the column is written with its own. */
  readonly value: string | null
}

/** `"price" = 5`, or `"price" = "price"`. */
export const changeSql = ({ column, value }: ColumnChange): string =>
  `${ident(column)} = ${value ?? ident(column)}`

/** Values tried for one column. */
const mostTries = 6

export interface StandingRow {
  readonly world: World
  /** What puts the row there. */
  readonly given: readonly string[]
  readonly row: Row
  /** Finds it. */
  readonly key: string
}

/** In the table's order; columns that cannot be written at all are left out. */
export const columnChanges = async (
  context: RuleContext,
  { world, given, row, key }: StandingRow,
  columns: readonly string[],
): Promise<readonly ColumnChange[]> => {
  const { db, rows, table } = context
  const [second, third] = [await rows.base(table, 'b'), await rows.base(table, 'c')]
  const tries: ColumnChange[] = []
  for (const column of table.columns) {
    if (!columns.includes(column.name) || column.generated !== null) continue
    const values = [
      second?.[column.name],
      third?.[column.name],
      ...(await freshValues(context, table, column.name)),
    ]
    const wanted = [...new Set(values.filter((v) => v !== undefined && v !== row[column.name]))]
    if (!column.notNull) wanted.push('null')
    tries.push(...wanted.slice(0, mostTries).map((value) => ({ column: column.name, value: value! })), {
      column: column.name,
      value: null,
    })
  }
  const update = (change: ColumnChange): string => {
    const { type } = table.columns.find((c) => c.name === change.column)!
    const differs =
      change.value === null
        ? ''
        : ` and ${ident(change.column)}::text is distinct from cast(${change.value} as ${type})::text`
    return `update ${qualified(table)} set ${changeSql(change)} where ${key}${differs}`
  }
  const answers = await tryAll(
    db,
    world,
    tries.map((change) => ({ given, when: [update(change)] })),
  )
  const works = tries.filter((_, i) => isTaken(answers[i]!) && answers[i]!.affected === 1)
  return columns.flatMap((column) => works.find((change) => change.column === column) ?? [])
}
