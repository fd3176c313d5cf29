/** proves: a function that talks to the database and throws when the sentence is not true. */
import { structureId } from '../../ground/names.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import type { RulePlace, RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'
import { structuresOf, type ByOption } from './example.ts'

/** What a proof function may do: runs inside a transaction that is always rolled back. */
export interface ProofDatabase {
  /** Rows as objects; values as json gives them. Throws PostgreSQL's refusal with `sqlstate`. */
  query<T = Record<string, unknown>>(sql: string): Promise<T[]>
  /** A solved, inserted row of this table with these columns set (SQL expressions); answers the stored row as json. */
  insert(table: string, values?: Readonly<Record<string, string>>): Promise<Record<string, unknown>>
  /** Succeeds only when PostgreSQL refuses the statement with this SQLSTATE. */
  refuses(sql: string, sqlstate: string): Promise<void>
}

export interface ProvesRule extends DeclaredRule {
  readonly kind: 'proves'
  readonly sentence: string
  readonly proof: (db: ProofDatabase) => Promise<void>
  readonly by: readonly string[]
}

export interface ProvesMethod {
  /**
   * A function that talks to the database and throws when the sentence is not true; rolled back afterwards.
   *
   * @example
   * t.proves('a paid order cannot be emptied', async (db) => {
   *   const { id } = await db.insert('orders', { status: `'paid'` })
   *   await db.refuses(`delete from order_items where order_id = ${id}`, 'P0001')
   * }, { by: 'trigger:keep_items' })
   * // begin; insert into "orders" …; delete from order_items … → SQLSTATE P0001; rollback
   */
  proves(sentence: string, proof: (db: ProofDatabase) => Promise<void>, options?: ByOption): RuleSet
}

export const makeProvesRules = (
  place: RulePlace,
  sentence: string,
  proof: (db: ProofDatabase) => Promise<void>,
  options: ByOption = {},
): readonly ProvesRule[] => {
  refuseUnknownKeys(place, 'proves', options, ['by'])
  return [
    {
      kind: 'proves',
      id: structureId(place.table, 'proves', sentence),
      table: place.table,
      columns: [],
      at: place.at,
      sentence,
      proof,
      by: structuresOf(options),
    },
  ]
}
