/** A role may do exactly this with a table, and nothing else. */
import type { DeclaredRule } from '../rule.ts'

export type TablePrivilege = 'select' | 'insert' | 'update' | 'delete' | 'truncate' | 'references' | 'trigger'

export interface VisibleToRule extends DeclaredRule {
  readonly kind: 'visibleTo'
  readonly role: string
  /** true: the whole table; a list: these columns only (select, insert, update, references). */
  readonly privileges: Readonly<Partial<Record<TablePrivilege, true | readonly string[]>>>
}
