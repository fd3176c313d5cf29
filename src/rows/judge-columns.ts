/** Judges the candidate values of columns, each by its own constraints, all in one round trip. */
import type { Column } from '../catalog/table.ts'
import { type ColumnOptions, optionsOf } from './column-options.ts'
import { evaluate, type Question, type Verdict } from './evaluate.ts'
import type { TableFacts } from './facts.ts'
import { constraintsOf, ownConstraints, type RowConstraint, type RowGround } from './row-ground.ts'

interface JudgedColumn extends ColumnOptions {
  readonly column: Column
  /** Options that the column's own constraints (domain, length, CHECKs over it alone) do not refuse, in order. */
  readonly accepted: readonly string[]
  /** Options that are values of the type at all. */
  readonly possible: readonly string[]
}

export type JudgedColumns = ReadonlyMap<string, JudgedColumn>

/** Enough for a value per family and null, where nothing constrains the column. */
const fewOptions = 8
/** Where something does. */
const someOptions = 40

const isAccepted = (verdict: Verdict): boolean => verdict.fits && !/[fe]/u.test(verdict.of)

/** Judges every column's options at once. */
export const judgeColumns = async (
  ground: Pick<RowGround, 'db' | 'functions' | 'keyNames'>,
  facts: TableFacts,
  columns: readonly Column[],
  wish: {
    readonly expressions?: readonly string[]
    readonly constraints?: readonly RowConstraint[]
    /** More values by column, tried first. */
    readonly extra?: ReadonlyMap<string, readonly string[]>
    /** Only until so many rows have a value: options beyond are taken unjudged, for searches and inserts to judge. */
    readonly lightly?: number
    /** What the expressions speak of comes before the typical values. */
    readonly nearFirst?: boolean
  } = {},
): Promise<JudgedColumns> => {
  const made = columns.map((column) => {
    const options = optionsOf(facts, column, ground.functions, {
      ...(wish.expressions ? { expressions: wish.expressions } : {}),
      ...ground.keyNames(facts.table.id, column.name),
      ...(wish.nearFirst ? { nearFirst: true } : {}),
    })
    const all = [...new Set([...(wish.extra?.get(column.name) ?? []), ...options.all])]
    return { column, typical: options.typical, all }
  })
  const constraints = wish.constraints ?? constraintsOf(facts)
  const own = made.map(({ column }) => ownConstraints(facts, column, constraints))
  const ask = (of: readonly number[], count: (at: number) => number): Promise<Verdict[][]> =>
    evaluate(
      ground.db,
      of.map((at): Question => {
        const { column, all } = made[at]!
        return {
          frame: { facts, columns: [{ column, options: all }] },
          combinations: all.slice(0, count(at)).map((_o, i) => [i]),
          expressions: own[at]!,
          fitsAnyway: true,
        }
      }),
    )
  const every = [...made.keys()]
  const few = (at: number): number =>
    wish.lightly === undefined || made[at]!.column.domainChecks.length > 0
      ? Infinity
      : own[at]!.length === 0
        ? fewOptions
        : someOptions
  const verdicts = await ask(every, few)
  const wanting = every.filter((at) => {
    const found = verdicts[at]!.filter((v, i) => isAccepted(v) && made[at]!.all[i] !== 'null').length
    return few(at) < made[at]!.all.length && found < (own[at]!.length === 0 ? 1 : (wish.lightly ?? 0))
  })
  const again = await ask(wanting, () => Infinity)
  for (const [i, at] of wanting.entries()) verdicts[at] = again[i]!
  return new Map(
    made.map((m, at) => {
      const of = verdicts[at]!
      return [
        m.column.name,
        {
          ...m,
          accepted: m.all.filter((_o, i) => !of[i] || isAccepted(of[i])),
          possible: m.all.filter((_o, i) => !of[i] || of[i].fits),
        },
      ]
    }),
  )
}
