/** Pairs of values for one element of an exclusion: how they lie to each other under every operator that its index knows. */
import type { Table } from '../catalog/table.ts'
import { ident, literal } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { selectEach } from './trial.ts'

export interface ValuePair {
  readonly one: string
  readonly other: string
  readonly conflicts: boolean
}

/** Operators of the type that an exclusion constraint may use with this index method. */
const operatorsSql = (type: string, using: string): string => `
  select distinct o.oprname::text collate "C" as name
  from pg_catalog.pg_opclass c
  join pg_catalog.pg_am m on m.oid = c.opcmethod and m.amname = ${literal(using)}
  join pg_catalog.pg_type t on t.oid = ${literal(type)}::pg_catalog.regtype
  join pg_catalog.pg_amop a on a.amopfamily = c.opcfamily and a.amoppurpose = 's'
    and a.amoplefttype = a.amoprighttype
  join pg_catalog.pg_operator o on o.oid = a.amopopr and o.oprcom = o.oid and o.oprresult = 'bool'::pg_catalog.regtype
  where c.opcintype = t.oid or (t.typtype = 'r' and c.opcintype = 'anyrange'::pg_catalog.regtype)
  order by name`

/** `[i, j, answers…]` for every ordered pair of different values, and every value with itself. */
const pairsSql = (
  table: Table,
  column: string,
  expression: string,
  values: readonly string[],
  operators: readonly string[],
): string => {
  const type = table.columns.find((c) => c.name === column)?.type ?? 'text'
  const rows = values.map(
    (v, i) =>
      `select ${i} as i, (${expression}) as e from (select cast(${v} as ${type}) as ${ident(column)}) as ${ident(table.name)}`,
  )
  const answers = operators.map((o) => `(a.e operator(${o}) b.e)::text`)
  return `with v as (${rows.join(' union all ')}) select a.i, b.i, ${answers.join(', ')} from v as a, v as b where a.e is not null and b.e is not null order by a.i, b.i`
}

const mostValues = 12

/** One pair for every way in which two values can lie to each other, pairs of equal values first. */
export const exclusionPairs = async (
  db: Session,
  table: Table,
  element: { readonly column: string; readonly expression: string; readonly operator: string },
  using: string,
  candidates: readonly string[],
): Promise<readonly ValuePair[]> => {
  const type = table.columns.find((c) => c.name === element.column)?.type ?? 'text'
  const values = candidates.filter((v) => v !== 'null').slice(0, mostValues)
  const known = await db.json<{ readonly name: string }>(operatorsSql(type, using))
  const others = known.map((o) => o.name).filter((o) => o !== element.operator)
  const texts = [
    pairsSql(table, element.column, element.expression, values, [element.operator, ...others]),
    pairsSql(table, element.column, element.expression, values, [element.operator]),
  ]
  const [withAll, withOwn] = await selectEach(db, [], texts)
  const seen = new Set<string>()
  const pairs: ValuePair[] = []
  const found = (withAll ?? withOwn ?? []).toSorted((x, y) => Number(x[0] !== x[1]) - Number(y[0] !== y[1]))
  for (const [i, j, ...answers] of found) {
    const signature = answers.join()
    if (seen.has(signature)) continue
    seen.add(signature)
    pairs.push({ one: values[Number(i)]!, other: values[Number(j)]!, conflicts: answers[0] === 'true' })
  }
  return pairs
}
