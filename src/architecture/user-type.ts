/** A column type that the schema makes: enum-type.ts, domain-type.ts and sql-type.ts each make one kind of it. */
import type { RelationName } from '../ground/names.ts'
import { ident } from '../postgres/quote.ts'
import type { DeclaredObject } from './architecture.ts'
import type { DeclaredRule } from './rule.ts'
import type { RulePlace } from './rule-set.ts'

/** A type's name as the schema has it: `order_status`, `sales.order_status`, or in parts when it has dots or quotes in it. */
export type TypeName = string | RelationName

/** Read and Write: the JavaScript values; NotNull: true when the type itself refuses null. */
export interface UserType<Read = unknown, Write = unknown, NotNull extends boolean = boolean> {
  /** SQL text of the type's name. */
  readonly type: string
  readonly refusesNull: NotNull
  /** The rules that a column has by being of this type. */
  readonly columnRules: (place: RulePlace, column: string) => readonly DeclaredRule[]
  /** What it is where no column of a table uses it; absent: it stands with its columns only. */
  readonly standing?: (place: Pick<RulePlace, 'at' | 'refuse'>) => DeclaredObject
  /** Exists for the compiler only. */
  readonly $values?: { readonly read: Read; readonly write: Write }
}

export const typeText = (name: TypeName): string =>
  typeof name === 'string' ? name : `${ident(name.schema)}.${ident(name.name)}`
