/** What a person should know before a change meets a table with rows. */

/** What a change was seen to do, on a copy without rows. */
export interface Effect {
  /** Relation ids of tables whose rows are written anew. */
  readonly rewritten: readonly string[]
  /** Names of indexes that are built anew though the rows stay as they are. */
  readonly rebuilt: readonly string[]
}

export interface Note {
  readonly code: string
  readonly structure: string
  readonly text: string
  readonly why: string
  readonly fix: string
}

const expandFirst =
  'where the table is large or the application runs meanwhile, put the new shape beside the old one first (expand, then contract)'

/** `who` waits: `nobody reads or writes orders meanwhile`. */
export const rewrites = (structure: string, tables: readonly string[], why: string): Note => ({
  code: 'design.rewrites-table',
  structure,
  text: `${structure}: PostgreSQL writes ${tables.join(', ')} anew, and nobody reads or writes it meanwhile.`,
  why,
  fix: expandFirst,
})

export const blocksWrites = (structure: string, text: string, why: string): Note => ({
  code: 'design.blocks-writes',
  structure,
  text: `${structure}: ${text}`,
  why,
  fix: 'run it when little is written; docs/benchmarks.md says how long a million rows take',
})
