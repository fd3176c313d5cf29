/** What every part of solving stands on: the session, the facts of all tables, and the judged values of each column. */
import type { Catalog } from '../catalog/structure.ts'
import type { Column, Table } from '../catalog/table.ts'
import type { Session } from '../postgres/session.ts'
import { type ColumnOptions, optionsOf } from './column-options.ts'
import { evaluate, type Question } from './evaluate.ts'
import type { TableFacts } from './facts.ts'
import type { FunctionClues } from './function-clues.ts'
import type { KeyNames } from './key-names.ts'
import type { Parents } from './parents.ts'

export interface RowGround {
  readonly db: Session
  readonly catalog: Catalog
  readonly facts: ReadonlyMap<string, TableFacts>
  readonly parents: Parents
  readonly functions: FunctionClues
  readonly keyNames: KeyNames
}

export interface JudgedColumn extends ColumnOptions {
  readonly column: Column
  /** Options that the column's own constraints (domain, length, CHECKs over it alone) do not refuse, in order. */
  readonly accepted: readonly string[]
  /** Options that are values of the type at all. */
  readonly possible: readonly string[]
}

export type JudgedColumns = ReadonlyMap<string, JudgedColumn>

export const writableColumns = (table: Table): readonly Column[] =>
  table.columns.filter((c) => c.generated === null)

/** CHECKs and the partition's condition. */
export const constraintsOf = (
  facts: TableFacts,
  ignored: (check: { readonly name: string | null; readonly expression: string }) => boolean = () => false,
): readonly {
  readonly expression: string
  readonly columns: readonly string[]
  readonly label: string
}[] => [
  ...facts.checks
    .filter((c) => !ignored(c))
    .map((c) => ({ ...c, label: c.name === null ? `CHECK (${c.expression})` : `CHECK ${c.name}` })),
  ...(facts.partition ? [{ ...facts.partition, label: 'the bounds of its partitions' }] : []),
]

/** Expressions over this column alone, those of its domain included. */
export const ownConstraints = (
  facts: TableFacts,
  column: Column,
  constraints = constraintsOf(facts),
): readonly string[] => [
  ...constraints
    .filter((c) => c.columns.length === 1 && c.columns[0] === column.name)
    .map((c) => c.expression),
  ...column.domainChecks,
]

/** Enough for a value per family, and null. */
const fewOptions = 8

/** Judges every column's options at once. */
export const judgeColumns = async (
  ground: Pick<RowGround, 'db' | 'functions' | 'keyNames'>,
  facts: TableFacts,
  columns: readonly Column[],
  wish: {
    readonly expressions?: readonly string[]
    readonly constraints?: ReturnType<typeof constraintsOf>
    /** More values by column, tried first. */
    readonly extra?: ReadonlyMap<string, readonly string[]>
    /** Columns that nothing constrains are judged on their first options only; the others are taken as they are. */
    readonly lightly?: boolean
  } = {},
): Promise<JudgedColumns> => {
  const made = columns.map((column) => {
    const options = optionsOf(facts, column, ground.functions, {
      ...(wish.expressions ? { expressions: wish.expressions } : {}),
      ...ground.keyNames(facts.table.id, column.name),
    })
    const all = [...new Set([...(wish.extra?.get(column.name) ?? []), ...options.all])]
    return { column, typical: options.typical, all }
  })
  const constraints = wish.constraints ?? constraintsOf(facts)
  const judgedOf = (column: Column): number =>
    wish.lightly && ownConstraints(facts, column, constraints).length === 0 ? fewOptions : Infinity
  const ask = (of: typeof made, count: (column: Column) => number) =>
    evaluate(
      ground.db,
      of.map(
        ({ column, all }): Question => ({
          frame: { facts, columns: [{ column, options: all }] },
          combinations: all.slice(0, count(column)).map((_o, i) => [i]),
          expressions: ownConstraints(facts, column, constraints),
          fitsAnyway: true,
        }),
      ),
    )
  const verdicts = await ask(made, judgedOf)
  // A type that no family knows: none of its first options is a value.
  const strange = made.filter((m, i) => judgedOf(m.column) !== Infinity && !verdicts[i]!.some((v, k) => v.fits && m.all[k] !== 'null'))
  const again = await ask(strange, () => Infinity)
  for (const [i, m] of strange.entries()) verdicts[made.indexOf(m)] = again[i]!
  return new Map(
    made.map((m, at) => {
      const of = verdicts[at]!
      return [
        m.column.name,
        {
          ...m,
          accepted: m.all.filter((_o, i) => !of[i] || (of[i].fits && !/[fe]/u.test(of[i].of))),
          possible: m.all.filter((_o, i) => !of[i] || of[i].fits),
        },
      ]
    }),
  )
}
