/** A declared architecture as the rest of Assay reads it: plain values without the type parameters of the declaration. */
import type { RelationName } from '../ground/names.ts'
import type { DeclaredAt, DeclaredRule } from './rule.ts'

export interface DeclaredColumn {
  readonly name: string
  /** As declared: `varchar(100)`, or the name of a declared enum, domain or other type. */
  readonly type: string
}

export interface DeclaredTable extends RelationName {
  /** Relation id. */
  readonly id: string
  readonly columns: readonly DeclaredColumn[]
  /** In order of declaration: type, optional, enum and domain rules of the columns first, then the rules as written. */
  readonly rules: readonly DeclaredRule[]
  readonly at: DeclaredAt | null
}

/** How the application tells PostgreSQL who is asking: a role and settings per transaction. */
export interface Identity {
  readonly role: string
  readonly settings: (who: Readonly<Record<string, string>>) => Readonly<Record<string, string>>
}

export interface Architecture {
  readonly name: string
  readonly tables: readonly DeclaredTable[]
  readonly identity: Identity | null
}
