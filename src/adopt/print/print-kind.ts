/** The verb of a printer: what the catalog has of one kind becomes calls of `t`. One file per kind of structure in kinds/. */
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import type { ObservedTrigger } from '../observe/observed-trigger.ts'
import type { Code } from './code.ts'
import type { ReadableSql } from './readable-sql.ts'
import type { Unkept } from './unkept.ts'

export interface PrintContext {
  readonly catalog: Catalog
  readonly sql: ReadableSql
  /** With the tables of a platform, which foreign keys lead to. */
  readonly whole: Catalog
  /** Whether the table, by relation id, is among those that are declared or left alone by name. */
  readonly isDeclared: (table: string) => boolean
  /** Where a rule would ask more than the database keeps. */
  readonly unkept: Unkept
  /** What observeTriggers saw; absent: triggers are left. */
  readonly observed?: readonly ObservedTrigger[]
}

/** One call such as `t.unique('slug')`. */
export interface PrintedRule {
  readonly code: Code
  /** Ids of the structures that the rule will claim. */
  readonly claims: readonly string[]
}

/** A structure that no rule can state as it is. */
export interface Left {
  readonly structure: string
  readonly why: string
  /** What to do; left out: state by hand what it is for. */
  readonly fix?: string
}

export interface Printed {
  readonly rules: readonly PrintedRule[]
  readonly left?: readonly Left[]
}

/** In the order of the table's structures. */
export type PrintKind = (table: Table, context: PrintContext) => Printed
