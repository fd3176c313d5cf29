/** accepts / rejects: a row that must be taken, or refused with a SQLSTATE. The escape hatch where no kind fits. */
import { structureId } from '../../ground/names.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import { declarationFault, type RulePlace, type RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'
import { rulesSql } from '../sql-expression.ts'

export interface AcceptsRule extends DeclaredRule {
  readonly kind: 'accepts'
  readonly sentence: string
  /** Column → SQL expression; what is left out is solved. */
  readonly row: Readonly<Record<string, string>>
  /** Structures (ids, or `trigger:name` of this table) that exist because of it. */
  readonly by: readonly string[]
}

export interface RejectsRule extends DeclaredRule {
  readonly kind: 'rejects'
  readonly sentence: string
  readonly row: Readonly<Record<string, string>>
  readonly sqlstate: string
  readonly by: readonly string[]
}

/** Column → SQL expression. */
type ExampleRow<K extends string> = { readonly [P in K]?: string }

export interface ByOption {
  /** Structures that exist because of the rule: their ids, or `trigger:name` for a trigger of this table. */
  readonly by?: string | readonly string[]
}

export interface ExampleMethods<K extends string> {
  /**
   * A row with these values (SQL expressions; the others are solved) is accepted.
   *
   * @example
   * t.accepts('a free product is allowed', { price: '0' })  // insert into … ("price", …) values (0, …)
   */
  accepts(sentence: string, row: ExampleRow<K>, options?: ByOption): RuleSet
  /**
   * A row with these values is refused with this SQLSTATE.
   *
   * @example
   * t.rejects('a product of a closed tenant is refused', { tenant_id: '7' }, 'P0001', { by: 'trigger:closed' })
   * // insert into … ("tenant_id", …) values (7, …) → SQLSTATE P0001
   */
  rejects(sentence: string, row: ExampleRow<K>, sqlstate: string, options?: ByOption): RuleSet
}

export const structuresOf = (options: ByOption): readonly string[] =>
  typeof options.by === 'string' ? [options.by] : (options.by ?? [])

type GivenRow = Readonly<Record<string, string | undefined>>

const toRow = (place: RulePlace, row: GivenRow): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(row).flatMap(([column, value]: readonly [string, unknown]) => {
      if (value === undefined) return []
      if (typeof value === 'string') return [[column, value]]
      place.refuse(
        declarationFault(
          place,
          'row-value',
          `${place.table}: the value of "${column}" is ${JSON.stringify(value)}, not SQL in quotes.`,
          `Write it as PostgreSQL shall read it: { ${column}: '${value === null ? 'null' : JSON.stringify(value)}' }.`,
        ),
      )
      return []
    }),
  )

export const makeAcceptsRules = (
  place: RulePlace,
  sentence: string,
  row: GivenRow,
  options: ByOption = {},
): readonly AcceptsRule[] => {
  refuseUnknownKeys(place, 'accepts', options, ['by'])
  const given = toRow(place, row)
  return [
    {
      kind: 'accepts',
      id: structureId(place.table, 'accepts', sentence),
      table: place.table,
      columns: Object.keys(given),
      at: place.at,
      sentence,
      row: given,
      sql: rulesSql('nothing', given),
      by: structuresOf(options),
    },
  ]
}

export const makeRejectsRules = (
  place: RulePlace,
  sentence: string,
  row: GivenRow,
  sqlstate: string,
  options: ByOption = {},
): readonly RejectsRule[] => {
  refuseUnknownKeys(place, 'rejects', options, ['by'])
  const given = toRow(place, row)
  if (!/^[0-9A-Z]{5}$/u.test(sqlstate))
    place.refuse(
      declarationFault(
        place,
        'sqlstate',
        `${place.table}: rejects "${sentence}" expects SQLSTATE "${sqlstate}", which is none.`,
        'Give the five characters that PostgreSQL answers with, such as 23514 or P0001.',
      ),
    )
  return [
    {
      kind: 'rejects',
      id: structureId(place.table, 'rejects', sentence),
      table: place.table,
      columns: Object.keys(given),
      at: place.at,
      sentence,
      row: given,
      sql: rulesSql('nothing', given),
      sqlstate,
      by: structuresOf(options),
    },
  ]
}
