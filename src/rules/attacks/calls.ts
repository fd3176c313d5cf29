/** How a function is called with values of a row: each parameter gets columns that fit it by name or by type. */
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { DefinerFunction, Parameter } from './definer-functions.ts'
import type { Tenancy, Tenant } from './tenancy.ts'
import { tryOut } from './trial.ts'

/** More ways to call one function say little more. */
const mostCalls = 6

interface ColumnValue {
  readonly column: string
  readonly type: string
  readonly text: string | null
}

/** The victim's row as PostgreSQL stored it. */
const storedValues = async (
  { context, table, both }: Tenancy,
  tenant: Tenant,
): Promise<readonly ColumnValue[]> => {
  const columns = table.columns.map((c) => `${ident(c.name)}::text`).join(', ')
  const read = await tryOut(context.db, both, {
    when: [`select ${columns} from ${qualified(table)} where ${tenant.key}`],
  })
  return table.columns.map((c, i) => ({ column: c.name, type: c.type, text: read.rows[0]?.[i] ?? null }))
}

const plainName = (name: string): string => name.toLowerCase().replace(/^(?:in|p|v|arg)?_+|_+$/gu, '')

/** Types between which PostgreSQL converts a number or a text without a loss that would matter here. */
const family = (type: string): string => {
  if (/^(?:smallint|integer|bigint|numeric|real|double precision)\b/u.test(type)) return 'number'
  if (/^(?:text|character|character varying|name|citext)\b/u.test(type)) return 'text'
  return type.replace(/\(.*\)/u, '')
}

/** Values for a parameter, the likeliest first: the column of its name, then columns of its type. */
const valuesFor = (parameter: Parameter, row: readonly ColumnValue[], table: string): readonly string[] => {
  const wanted = plainName(parameter.name)
  const rank = (c: ColumnValue): number => {
    const name = c.column.toLowerCase()
    if (name === wanted) return 0
    // `product_id` for products.id.
    if (name === 'id' && wanted === `${table.toLowerCase().replace(/s$/u, '')}_id`) return 1
    return wanted !== '' && (name.endsWith(wanted) || wanted.endsWith(name)) ? 2 : 3
  }
  const fitting = row
    .filter((c) => c.text !== null && family(c.type) === family(parameter.type))
    .toSorted((x, y) => rank(x) - rank(y))
  const best = fitting.length > 0 && rank(fitting[0]!) < 3 ? fitting.filter((c) => rank(c) < 3) : fitting
  return [...new Set(best.map((c) => `${literal(c.text)}::${parameter.type}`))]
}

const product = (choices: readonly (readonly string[])[]): readonly (readonly string[])[] =>
  choices.reduce<readonly (readonly string[])[]>(
    (rows, choice) => rows.flatMap((row) => choice.map((value) => [...row, value])).slice(0, mostCalls),
    [[]],
  )

/** Call expressions such as `"public"."product_name"('1002'::bigint)`, at most six; a value for nothing is null. */
export const callsOf = async (
  tenancy: Tenancy,
  f: DefinerFunction,
  victim: Tenant,
): Promise<readonly string[]> => {
  const row = await storedValues(tenancy, victim)
  const choices = f.parameters.map((p) => {
    const values = valuesFor(p, row, tenancy.table.name)
    return values.length > 0 ? values : [`null::${p.type}`]
  })
  const whole = product(choices)
  const required = f.parameters.length - f.defaults
  const short = f.defaults > 0 ? product(choices.slice(0, required)) : []
  const named = [...new Map([...whole, ...short].map((values) => [values.join(','), values])).values()]
  return named.slice(0, mostCalls).map((values) => `${qualified(f)}(${values.join(', ')})`)
}
