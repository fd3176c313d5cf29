/** A statement that the application will run, and the budget that it has to stay within: the reason for its indexes. */
import type { Architecture } from '../architecture.ts'
import type { DeclaredRule } from '../rule.ts'
import type { CallFunction } from './call-function.ts'

/** A time that is aimed at, such as `10ms` or `1.5s`. */
export type Duration = `${number}ms` | `${number}s`

/** What one call may cost. Everything but `p95` is counted, so that a slow machine changes none of it. */
export interface QueryBudget {
  /** Pages of 8 kB that one call looks at, in memory or on disk. */
  readonly buffers?: number
  /** The same for each row that comes back. */
  readonly buffersPerRow?: number
  /** Rows that scans read for each row that comes back (an aggregate's: for each that it is fed). */
  readonly rowsReadPerRow?: number
  /** Statements that one call sends. Left out: none is sent once for each row of another. */
  readonly statements?: number
  /** Names of indexes that the plan has to use. */
  readonly uses?: string | readonly string[]
  /** Nodes of a plan that it must not have. Left out with no other limit: `Seq Scan`, so that no table is read whole. */
  readonly never?: string | readonly string[]
  /** A sort or a hash may go to disk; false when left out. */
  readonly spills?: boolean
  /** How many times more or fewer rows than expected may come from a node. */
  readonly estimate?: number
  /** The time that 95 of 100 calls stay below: told by `assay validate`. Left out: by the number of tables. */
  readonly p95?: Duration
}

/** What stands at `$1`, `$2`, … of a statement. */
export type QueryParameter =
  | {
      readonly name: string
      readonly type: string | null
      /** It stands in an array, alone. */
      readonly isOnlyItem?: true
    }
  /** Its value is fixed by the declaration: as text, null for NULL. */
  | {
      readonly value: string | null
      /** Where calls are named: it is the statement's own, and no call's. */
      readonly isConstant?: true
    }

/** One statement that a declaration comes to. */
export interface QueryForm {
  readonly sql: string
  /** Of `$1`, `$2`, … in order. */
  readonly parameters: readonly QueryParameter[]
  /** The call that it comes from, where the declaration names calls. */
  readonly call: string | null
}

export interface QueryRule extends DeclaredRule {
  readonly kind: 'query'
  readonly sentence: string
  /** Relation ids of the tables and views that it names; the first is `table`. */
  readonly reads: readonly string[]
  /** [] where it is a function. */
  readonly forms: readonly QueryForm[]
  /** It sends several statements. Absent: it is one. */
  readonly function?: CallFunction
  /** Calls that are named for the function; absent: none. */
  readonly calls?: readonly unknown[]
  /** Stated names and SQL types of the columns that come back; null: those that the statement has. */
  readonly shows: Readonly<Record<string, string>> | null
  readonly budget: QueryBudget
  /** Relation id → how many rows it will have. */
  readonly rowsAt: Readonly<Record<string, number>>
  /** It runs as the application: with the role and settings of the architecture's identity. */
  readonly asApplication: boolean
}

/** The queries that are declared over an architecture. */
export const queriesOf = ({ queries = [] }: Pick<Architecture, 'queries'>): readonly QueryRule[] =>
  queries.filter((rule): rule is QueryRule => rule.kind === 'query')
