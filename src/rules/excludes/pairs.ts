/** Pairs of values for one element of an exclusion: how they lie to each other under every operator that its index knows. */
import type { Table } from '../../catalog/table.ts'
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { Row } from '../../rows/rows.ts'
import { rowRelation } from '../evaluate.ts'
import { selectEach } from '../trial.ts'

/** Values of the columns that the element reads, for a first and a second row. */
export interface PlacedPair {
  readonly one: Row
  readonly other: Row
}

/** One way in which two values may lie to each other. */
export interface ValuePair {
  readonly conflicts: boolean
  /** Pairs that do so, never none: another constraint may refuse the first ones. */
  readonly ways: readonly PlacedPair[]
}

export interface AskedElement {
  readonly expression: string
  readonly operator: string
  /** Index method. */
  readonly using: string
}

/** Operators of the type that an exclusion constraint may use with this index method. */
const operatorsSql = (type: string, using: string): string => `
  select o.oprname
  from pg_catalog.pg_opclass c
  join pg_catalog.pg_am m on m.oid = c.opcmethod and m.amname = ${literal(using)}
  join pg_catalog.pg_type t on t.oid = ${literal(type)}::pg_catalog.regtype
  join pg_catalog.pg_amop a on a.amopfamily = c.opcfamily and a.amoppurpose = 's'
  join pg_catalog.pg_operator o on o.oid = a.amopopr and o.oprcom = o.oid and o.oprresult = 'bool'::pg_catalog.regtype
  where c.opcintype = t.oid or (t.typtype = 'r' and c.opcintype = 'anyrange'::pg_catalog.regtype)
  group by o.oprname
  order by o.oprname collate "C"`

/** `[i, j, answers…]` for every ordered pair of values, and every value with itself. */
const pairsSql = (
  table: Table,
  expression: string,
  values: readonly Row[],
  operators: readonly string[],
): string => {
  const rows = values.map((v, i) => `select ${i} as i, ${expression} as e from ${rowRelation(table, v)}`)
  const answers = operators.map((o) => `(a.e operator(${o}) b.e)::text`)
  return `with v as (${rows.join(' union all ')}) select a.i, b.i, ${answers.join(', ')} from v as a, v as b order by a.i, b.i`
}

/** Values whose element is there: not null, and not refused by the expression itself. */
const present = async (
  db: Session,
  table: Table,
  expression: string,
  values: readonly Row[],
): Promise<{ readonly values: readonly Row[]; readonly type: string | null }> => {
  const asked = values.map(
    (v) => `select ${expression} is null, pg_typeof(${expression}) from ${rowRelation(table, v)}`,
  )
  const answers = await selectEach(db, [], asked)
  const isThere = (i: number): boolean => answers[i]?.[0]?.[0] === 'f'
  const first = values.findIndex((_, i) => isThere(i))
  return { values: values.filter((_, i) => isThere(i)), type: answers[first]?.[0]?.[1] ?? null }
}

const mostValues = 20
/** Of pairs that lie to each other alike. */
const mostWays = 8

/** One pair for every way in which two values can lie to each other, pairs of equal values first. */
export const exclusionPairs = async (
  db: Session,
  table: Table,
  { expression, operator, using }: AskedElement,
  candidates: readonly Row[],
): Promise<readonly ValuePair[]> => {
  const found = await present(db, table, expression, candidates)
  if (found.type === null) return []
  const values = found.values.slice(0, mostValues)
  const [known] = await selectEach(db, [], [operatorsSql(found.type, using)])
  const others = (known ?? []).map((row) => row[0]!).filter((o) => o !== operator)
  const [withAll, withOwn] = await selectEach(
    db,
    [],
    [[operator, ...others], [operator]].map((operators) => pairsSql(table, expression, values, operators)),
  )
  const pairs = new Map<string, { readonly conflicts: boolean; readonly ways: PlacedPair[] }>()
  const answers = (withAll ?? withOwn ?? []).toSorted((x, y) => Number(x[0] !== x[1]) - Number(y[0] !== y[1]))
  for (const [i, j, ...how] of answers) {
    const signature = how.join()
    const pair = pairs.get(signature) ?? { conflicts: how[0] === 'true', ways: [] }
    pairs.set(signature, pair)
    if (pair.ways.length < mostWays) pair.ways.push({ one: values[Number(i)]!, other: values[Number(j)]! })
  }
  return [...pairs.values()]
}
