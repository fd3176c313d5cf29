/** What one builder call such as `t.required('slug', 'name')` answers: its rules, and what the compiler learns from them. */
import { AssayError } from '../ground/errors.ts'
import type { FormerName } from './former-name.ts'
import type { DeclaredAt, DeclaredRule } from './rule.ts'

/** What rules say about a table's columns, as unions of column names; `references`: the tables it points to. */
export interface RuleFacts<
  NotNull extends string = string,
  Default extends string = string,
  Never extends string = string,
  References = unknown,
> {
  readonly notNull: NotNull
  /** May be left out of an insert. */
  readonly default: Default
  /** May never be written. */
  readonly never: Never
  readonly references: References
}

/** A foreign key for the compiler: the table's name and the columns that it names there (never: its primary key). */
export interface ReferenceFact<Table extends string = string, Columns extends string = string> {
  readonly table: Table
  readonly columns: Columns
}

/** That a table keeps its versions, for the compiler: the name of its history. */
export interface VersionsFact<History extends string = string> {
  readonly history: History
}

export interface AnyRuleSet {
  readonly rules: readonly DeclaredRule[]
  /** Exists for the compiler only. */
  readonly $facts?: RuleFacts
}

export interface RuleSet<
  NotNull extends string = never,
  Default extends string = never,
  Never extends string = never,
  References = never,
> extends AnyRuleSet {
  readonly $facts?: RuleFacts<NotNull, Default, Never, References>
}

/** Where rules are made: their table, the line of the call, and where to report what is wrong with the call. */
export interface RulePlace {
  /** Relation id. */
  readonly table: string
  /** Names of the table's columns. */
  readonly tableColumns: readonly string[]
  readonly at: DeclaredAt | null
  /** Faults are gathered and thrown together by `architecture()`. */
  refuse(fault: AssayError): void
  /** Takes a former name of the table or of a column of it; absent: it can have none. */
  readonly rename?: (name: FormerName) => void
}

/** A usage fault of a declaration, at its line. */
export const declarationFault = (
  place: Pick<RulePlace, 'at'>,
  code: string,
  summary: string,
  mend: string,
  why?: string,
): AssayError =>
  new AssayError(summary, {
    code: `architecture.${code}`,
    exit: 2,
    mend,
    ...(why === undefined ? {} : { why }),
    ...(place.at === null ? {} : { where: { file: place.at.file, line: place.at.line } }),
  })
