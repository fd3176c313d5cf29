/** The verbs of a kind of rule. One file per kind beside this one; to add a kind, add a file here and in architecture/kinds. */
import type { Architecture } from '../architecture/architecture.ts'
import type { DeclaredRule } from '../architecture/rule.ts'
import type { OperatorSet } from '../catalog/operator-set/names.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import type { PlanNode } from '../postgres/plan.ts'
import type { Session } from '../postgres/session.ts'
import type { Repeats } from '../rows/load/spread.ts'
import type { Rows } from '../rows/rows.ts'
import type { Experiment, Note, Unsolved } from './experiment.ts'

/** What a rule may ask while its experiments are written. */
export interface RuleContext {
  readonly architecture: Architecture
  readonly catalog: Catalog
  readonly rows: Rows
  /** The rule's table as the catalog has it (the engine has checked that it exists, and its columns). */
  readonly table: Table
  /** Structures that this rule claims (ids in `catalog`), so that an experiment can expect the name that a refusal gives. */
  readonly claims: readonly string[]
  /** A prover session on an empty clone, inside a transaction that is rolled back; use savepoints. */
  readonly db: Session
  /** The rule is about what triggers do, too: none of its table stands aside. */
  readonly heedsTriggers?: boolean
  /** Only mutants of these operators will be asked about; absent or null: all. */
  readonly operators?: OperatorSet | null
}

export interface Written {
  readonly experiments: readonly Experiment[]
  readonly unsolved: readonly Unsolved[]
  readonly notes?: readonly Note[]
  readonly indistinct?: readonly Indistinct[]
  /** How the rows have to repeat that its plans are asked on: the same for all rules of an architecture. */
  readonly repeats?: Repeats
}

/** An expression broken in a way that provably changes nothing: a mutant of the structure made of it is equivalent. */
export interface Indistinct {
  /** Structure id. */
  readonly structure: string
  /** As expressionMutants or valueMutants writes it: what stands in parentheses in the mutant's DDL. */
  readonly expression?: string
  /** Instead: the mutant's id. */
  readonly mutant?: string
  readonly why: string
}

export interface RuleKind<R extends DeclaredRule = DeclaredRule> {
  readonly kind: R['kind']
  /** Its rules were recorded from a database, and nobody has said that they are right: counted apart. */
  readonly isObserved?: true
  /** Its rules say what the structures that they claim answer when they are called. */
  readonly saysAnswers?: true
  /** Its rules stand on the absence of a key: RED is shown by one that is added. */
  readonly isWithoutKey?: true
  /** Where its designs stand among those of one migration: lower ones first, 0 when it is absent. Types come before columns, columns before keys. */
  readonly designPlace?: number
  /** Its rules are about what a write does as a whole: no trigger of their table is set aside for them. */
  readonly heedsTriggers?: true
  /** One line a reviewer can judge: "two products of a tenant never share a slug". */
  sentence(rule: R): string
  experiments(rule: R, context: RuleContext): Promise<Written>
  /** Before its claims: what takes time to find out. Throws nothing. */
  prepare?(rule: R): Promise<void>
  /** What writing its experiments takes, beside the 1 of most rules: whoever shares the work begins with the most. */
  labour?(rule: R, context: Pick<RuleContext, 'catalog' | 'table' | 'operators'>): number
  /**
   * Plain DDL that would make the rule green on its table: mends print it, property tests build schemas with it.
   * `major`: the version of the server it is for; left out: the newest.
   */
  design(rule: R, architecture: Architecture, major?: number): readonly string[]
  /** Ids of the structures that this rule gives a reason to exist. May be empty: then the rule has nothing to stand on and is RED. */
  claims(
    rule: R,
    context: Pick<RuleContext, 'catalog' | 'table' | 'architecture'> & { readonly normal: Normal },
  ): readonly string[]
}

/** Declared SQL brought to the text that PostgreSQL itself would print, so that it can be compared with the catalog. */
export interface Normal {
  /** Of an expression over the table's columns; the text itself when PostgreSQL refuses it. */
  expression(table: string, sql: string): string
  /**
   * The plan of a whole statement with `$1` … as it is for any values, where no table is read whole that an index can
   * be found for; null before it was asked, or when PostgreSQL refuses it. `isGuess`: it was found out and not declared,
   * so that a refusal is nobody's fault.
   */
  statement(sql: string, parameters: number, isGuess?: boolean): PlanNode | null
}
