/**
 * A column that is computed from one integer: its expression is compared with broken ones for every number there is,
 * where these are few, or for many. What agrees for all of a smallint cannot be told apart.
 */
import type { GeneratedRule } from '../../architecture/kinds/generated.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { ident } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { columnsIn } from '../expression-columns.ts'
import { selectEach } from '../trial.ts'

export interface Swept {
  /** Expressions that agree for every value of the column. */
  readonly same: readonly string[]
  /** Values that tell the others. */
  readonly told: readonly { readonly column: string; readonly value: string }[]
}

const ranges: Readonly<Record<string, readonly [number, number]>> = {
  smallint: [-32_768, 32_767],
  integer: [-20_000, 100_000],
  bigint: [-20_000, 100_000],
}

/** As the column stores it, without a fault where it is too large: then both are. */
const asStored = ({ baseType, modifier, typeKind }: Column, sql: string): string => {
  if (typeKind !== 'base' || baseType !== 'numeric' || modifier < 4) return `(${sql})`
  const scale = (modifier - 4) & 0x7ff
  return `round((${sql})::numeric, ${scale >= 1024 ? scale - 2048 : scale})`
}

export const sweep = async (
  table: Table,
  db: Session,
  rule: GeneratedRule,
  broken: readonly string[],
): Promise<Swept> => {
  const target = table.columns.find((c) => c.name === rule.column)
  const [name, ...more] = await columnsIn(table, rule.expression)
  const source = table.columns.find((c) => c.name === name)
  const range = source && source.typeKind === 'base' ? ranges[source.type] : undefined
  if (!target || !source || !range || more.length > 0 || broken.length === 0) return { same: [], told: [] }
  const numbers = `select n::${source.type} as ${ident(source.name)} from generate_series(${range[0]}, ${range[1]}) as n`
  const all = source.notNull ? numbers : `${numbers} union all select null`
  const own = asStored(target, rule.expression)
  const answers = await selectEach(
    db,
    [],
    broken.map((sql) => {
      const other = `${own} is distinct from ${asStored(target, sql)}`
      const near = `(array_agg(${ident(source.name)} order by abs(${ident(source.name)}), ${ident(source.name)}) filter (where ${other}))[1]`
      return `select count(*) filter (where ${other}), ${near} from (${all}) as ${ident(table.name)}`
    }),
  )
  const same: string[] = []
  const told: { column: string; value: string }[] = []
  for (const [i, sql] of broken.entries()) {
    const [count, value] = answers[i]?.[0] ?? []
    if (count === '0' && source.type === 'smallint') same.push(sql)
    if (value !== null && value !== undefined) told.push({ column: source.name, value })
  }
  return { same, told }
}
