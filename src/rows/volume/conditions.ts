/** What a table's rows must satisfy by themselves, put to PostgreSQL for many rows at once. */
import type { Column } from '../../catalog/table.ts'
import { literal } from '../../postgres/quote.ts'
import { saidOfColumn } from '../domain-value.ts'
import { constraintsOf } from '../row-ground.ts'
import type { Row, Rows } from '../rows.ts'
import type { DraftColumn, TableDraft } from './draft.ts'
import { askedTuples, type PlannedBefore, type Tuple } from './samples.ts'

export interface Judging extends PlannedBefore {
  readonly rows: Pick<Rows, 'candidates' | 'judge'>
  /** SQL expressions as PostgreSQL prints their values; null for those that are none of the column's. */
  readonly texts: (
    column: Column,
    expressions: readonly string[],
  ) => Promise<readonly (string | null | undefined)[]>
}

/** Conditions that share columns. */
export interface Component {
  readonly columns: readonly DraftColumn[]
  readonly expressions: readonly string[]
}

/** A domain's conditions over the column. */
const domainExpressions = ({ name, domainChecks }: Column): readonly string[] =>
  domainChecks.flatMap((check) => saidOfColumn(check, name) ?? [])

export const componentsOf = (draft: TableDraft): readonly Component[] => {
  const all = [
    ...constraintsOf(draft.facts).map(({ expression, columns }) => ({ expression, columns })),
    ...[...draft.columns.values()].flatMap(({ column }) =>
      domainExpressions(column).map((expression) => ({ expression, columns: [column.name] })),
    ),
  ]
  let components: { columns: readonly string[]; expressions: readonly string[] }[] = []
  for (const { expression, columns } of all) {
    const touching = components.filter((one) => one.columns.some((name) => columns.includes(name)))
    components = [
      ...components.filter((one) => !touching.includes(one)),
      {
        columns: [...new Set([...touching.flatMap((one) => one.columns), ...columns])],
        expressions: [...touching.flatMap((one) => one.expressions), expression],
      },
    ]
  }
  return components
    .map(({ columns, expressions }) => ({
      columns: columns.flatMap((name) => draft.columns.get(name) ?? []),
      expressions,
    }))
    .filter(({ columns }) => columns.length > 0)
}

const rowOf = (columns: readonly DraftColumn[], tuple: Tuple): Row =>
  Object.fromEntries(
    columns.map(({ column }, at) => {
      const text = tuple[at] ?? null
      return [column.name, text === null ? 'null' : literal(text)]
    }),
  )

export const accepts = async (
  draft: TableDraft,
  { columns, expressions }: Component,
  tuples: readonly Tuple[],
  { rows }: Judging,
): Promise<readonly boolean[]> => {
  if (tuples.length === 0) return []
  // Many rows are one tuple: each is asked once.
  const keys = tuples.map((tuple) => JSON.stringify(tuple))
  const first = [...new Map(keys.map((key, at) => [key, tuples[at]!]))]
  const asked = first.map(([, tuple]) => rowOf(columns, tuple))
  const judged = await rows.judge(draft.facts.table, asked, expressions)
  const verdicts = new Map(
    first.map(([key], at) => [key, judged[at]!.every((verdict) => verdict === 't' || verdict === null)]),
  )
  return keys.map((key) => verdicts.get(key)!)
}

export const distinctTuples = (tuples: readonly Tuple[]): readonly Tuple[] => [
  ...new Map(tuples.map((tuple) => [JSON.stringify(tuple), tuple])).values(),
]

const atFirst = 64

/** Whether PostgreSQL takes all that is asked of the columns as they are planned now. `few`: only little is asked. */
export const isTaken = async (
  draft: TableDraft,
  component: Component,
  judging: Judging,
  { few = false } = {},
): Promise<boolean> => {
  const tuples = askedTuples(draft, component.columns, judging, few)
  // What is refused is mostly refused soon.
  for (const part of [tuples.slice(0, atFirst), tuples.slice(atFirst)])
    if (!(await accepts(draft, component, part, judging)).every(Boolean)) return false
  return true
}
