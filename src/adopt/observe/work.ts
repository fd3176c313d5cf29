/** What observing one trigger has at hand. */
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import type { Session } from '../../postgres/session.ts'
import type { Rows } from '../../rows/rows.ts'
import type { RuleContext } from '../../rules/rule-kind.ts'
import type { TriggerReads } from './trigger-reads.ts'
import type { Laboratory } from './try-writes.ts'

export interface Work extends Laboratory {
  readonly catalog: Catalog
  readonly rows: Rows
  /** Mutants of functions that an earlier trigger's observations notice. */
  readonly noticed: Set<string>
  /** What is not noticed, by how it is broken: how many triggers have tried all rounds on it. */
  readonly barren: Map<string, number>
  /** Milliseconds of the clock after which no further rounds are begun. */
  readonly until: number
  /** Milliseconds that this trigger may take, of what is left for all. */
  readonly share: number
  /** Sentences in use, by table. */
  readonly said: Map<string, Set<string>>
}

export interface Bench {
  readonly work: Work
  readonly structure: Structure
  readonly context: RuleContext
  readonly reads: TriggerReads
  /** The table itself is the first. */
  readonly tables: readonly Table[]
}

export const inTransaction = async <T>(db: Session, work: () => Promise<T>): Promise<T> => {
  await db.query('begin')
  try {
    return await work()
  } finally {
    await db.query('rollback')
  }
}
