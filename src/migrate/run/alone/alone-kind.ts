/**
 * A statement that runs outside of any transaction. A run that dies within it leaves something half done: each kind
 * knows how to tell, tidies up, and says whether the statement is to run again. One file per kind, the same verbs.
 */
import type { ParseNode } from '../../../postgres/parse.ts'
import type { Session } from '../../../postgres/session.ts'

/** What is remembered in the journal before it runs; JSON. */
export type AloneNote = Readonly<Record<string, unknown>>

export type Outcome =
  | { readonly is: 'done' }
  /** It did nothing, or may do it a second time. */
  | { readonly is: 'again' }
  /** Nobody can tell from the catalog. `look`: what a person has to look at. */
  | { readonly is: 'unknown'; readonly look: string }

export interface AloneKind {
  /** Whether a statement is of this kind, by its node of the parse tree. */
  fits(node: string, content: ParseNode): boolean
  /** Asked before it runs; also takes away what an earlier try left and would be in its way. */
  prepare(db: Session, content: ParseNode): Promise<AloneNote>
  /** Asked after a try that did not end well, or whose end nobody saw. Tidies up. */
  settle(db: Session, content: ParseNode, note: AloneNote): Promise<Outcome>
  /** It waits for running transactions and blocks no write meanwhile: a lock_timeout would only make it fail. */
  readonly isPatient?: true
}

/** The node that holds a name: `{ schemaname, relname }`. */
export interface RangeVar {
  readonly schemaname?: string
  readonly relname: string
}
