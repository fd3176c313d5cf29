/**
 * Rows that PostgreSQL accepts, or refuses for one reason. PostgreSQL is the oracle: candidates are judged by
 * select over values and confirmed by real inserts; nothing of its semantics is written again here.
 */
import type { Table } from '../catalog/table.ts'

/** Column name → SQL expression (`1001`, `'abc'::text`, `now() - interval '1 day'`, `null`). Columns left out get their default. */
export type Row = Readonly<Record<string, string>>

/** `=` as the session finds it, or whatever its search_path is. */
export type Equality = '=' | 'operator(pg_catalog.=)'

/** A trigger, or a CHECK, that takes no row, whatever was tried: a world takes it away, and says so. */
export interface SetAside {
  /** Its id in the catalog. */
  readonly structure: string
  /** What PostgreSQL answered. */
  readonly why: string
}

/** World of a table as data; structurally a rules World. */
export interface RowWorld {
  readonly id: string
  readonly statements: readonly string[]
  /** Triggers that its statements disable; absent: none. */
  readonly asides?: readonly SetAside[]
}

/** Mutually distinct families: a's parents are a's, b's parents are b's, in every table. */
export type Family = 'a' | 'b' | 'c'

export interface SolveWish {
  /** Values that must stand. */
  readonly pins?: Row
  /** The family whose base row fills the rest and whose parents are referenced; `a` by default. */
  readonly family?: Family
  /** Further SQL expressions over the table's columns that must be true of the row (row-level; may be volatile-free only). */
  readonly where?: readonly string[]
  /** CHECK constraints that need not hold (the rule under proof breaks them): names, and expressions that are declared only. */
  readonly ignoreChecks?: readonly string[]
  /** It need not fall into a partition that exists now. */
  readonly anywhere?: boolean
  /** Its references need not lead to rows that stand: whoever inserts it puts its parents there. */
  readonly parentless?: boolean
}

export type Solved = { readonly row: Row } | { readonly unsolved: string; readonly tried: string }

/** What solves rows for every table of a catalog. Everything it answers is deterministic: the same catalog gives the same text. */
export interface Rows {
  /**
   * Parents of the table's rows in all three families, each accepted by PostgreSQL, none of the table's own rows
   * (unless it must reference itself). Unsolvable: throws nothing, `problem` says why.
   */
  world(table: Table): Promise<RowWorld & { readonly problem: string | null }>
  /** The same with the table's own rows of these families inserted too. */
  worldWith(
    table: Table,
    families: readonly Family[],
  ): Promise<RowWorld & { readonly problem: string | null }>
  /** The base row of a family: confirmed by a real insert in `world`. Null when unsolvable (see `world().problem`). */
  base(table: Table, family: Family): Promise<Row | null>
  /** A row with pins, everything else as near to the family's base row as the row-level constraints allow. */
  solve(table: Table, wish: SolveWish): Promise<Solved>
  /** insert into … values …; identity columns that are given get OVERRIDING SYSTEM VALUE; generated columns are left out. */
  insert(table: Table, row: Row): string
  /** Behind an insert: what leaves out rows that stand already, as far as the table's keys let it be said. */
  unlessThere(table: Table): string
  /** A predicate that finds exactly this row: its primary key, else a unique key, else all of its columns. */
  where(table: Table, row: Row, equality?: Equality): string
  /** Candidate SQL expressions for a column, typical first: its type's edges, labels, constants and patterns of the expressions given, with neighbours. */
  candidates(table: Table, column: string, expressions?: readonly string[]): Promise<readonly string[]>
  /**
   * Rows that tell `expression` from each of `others` (acceptance as CHECK has it: null counts as true), plus at
   * least one accepted and one rejected row, as few as cover them. Rows obey every other row-level constraint.
   */
  distinguish(
    table: Table,
    expression: string,
    others: readonly string[],
    wish?: Pick<SolveWish, 'family' | 'ignoreChecks' | 'anywhere'>,
  ): Promise<Distinguished>
  /** Evaluates boolean expressions for rows: 't', 'f', null (unknown) or 'error'. [row][expression]. */
  judge(
    table: Table,
    rows: readonly Row[],
    expressions: readonly string[],
  ): Promise<('t' | 'f' | 'error' | null)[][]>
}

export interface Distinguished {
  readonly rows: readonly {
    readonly row: Row
    /** The columns in which it differs from the base row, for titles. */
    readonly differs: readonly string[]
    readonly accepted: boolean
    /** Indexes into `others` that this row tells apart. */
    readonly tells: readonly number[]
  }[]
  /** Indexes into `others` that no row tells apart. */
  readonly untold: readonly number[]
  /** Indexes into `others` that PostgreSQL cannot evaluate for any row (also among `untold`): its DDL is refused, or every row is. */
  readonly stillborn: readonly number[]
  /** Those of `untold` that provably agree with the expression on every row the other constraints allow. */
  readonly equivalent: readonly number[]
  /** No row is rejected by the expression alone: the table's other row-level constraints provably imply it. */
  readonly impliedByOthers: boolean
  /** Then: the nearest row that it rejects, with the other constraints that reject it too. */
  readonly rejectedTogether: { readonly row: Row; readonly by: readonly string[] } | null
  /**
   * Rows for which it raises an error in place of an answer, and that no other row-level constraint refuses; only where
   * nothing is rejected otherwise, or something is left untold.
   */
  readonly raised: readonly {
    readonly row: Row
    readonly differs: readonly string[]
    readonly tells: readonly number[]
  }[]
  /** Everything untold is stillborn or equivalent. */
  readonly exhaustive: boolean
  readonly tried: string
}
