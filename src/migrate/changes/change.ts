/**
 * One difference between two catalogs and the statements that carry it out. Every kind of structure that needs more
 * than its create and drop is one file beside this one with the same verbs: make, alter, remove.
 */
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { ident } from '../../postgres/quote.ts'
import type { Effect, Note } from './note.ts'

export interface Step {
  /** One statement, without a semicolon. */
  readonly sql: string
  /** Runs in a transaction of its own, or in none: it may run again after a failure half way. */
  readonly alone?: true
  /** It locks more than one table: while it holds one and waits for the other, a writer may wait the other way round. */
  readonly locksSeveral?: true
}

export interface ChangeContext {
  readonly before: Catalog
  readonly after: Catalog
  /** The role that owns everything here: whoever runs the migration owns it there, so it is never named. */
  readonly owner: string
  /** Whether writers go on meanwhile; false: the plain form, in one transaction. */
  readonly online: boolean
  /** Whether an expression gives another value for each row, so that adding a column with it rewrites the table. */
  readonly isVolatile: (expression: string) => boolean
  /** Relation ids of tables whose partitions a function makes, which is called when the migration runs. */
  readonly calledFor?: ReadonlySet<string>
  /** What is undone was made in stages, and may have stopped between them. */
  readonly fromHalfWay?: boolean
  /** What changes were seen to do to stored rows, by the structure's id; what is not in it was not seen. */
  readonly effects?: ReadonlyMap<string, Effect>
}

/** The verbs of a kind of change. What `make` and `remove` do not say is taken from the structure's own kind. */
export interface ChangeKind {
  readonly make?: (after: Structure, context: ChangeContext) => readonly Step[]
  /** Absent: what stands is removed and the other made. */
  readonly alter?: (before: Structure, after: Structure, context: ChangeContext) => readonly Step[]
  readonly remove?: (before: Structure, context: ChangeContext) => readonly Step[]
  /** What a person should know before it meets rows. Asked only where writers may wait for it. */
  readonly notes?: (change: Change, context: ChangeContext) => readonly Note[]
  /** Other things are made of it: it goes last, and they give way first. */
  readonly isGround?: true
  /** An old one may stay until the new one stands, so that there is no moment without. */
  readonly mayOverlap?: true
  /** A table has one: another one changes place with it, unless this says that something holds on to it. */
  readonly changesPlace?: (before: Structure, context: ChangeContext) => boolean
}

export interface Change {
  /** The structure's id. */
  readonly id: string
  readonly kind: string
  readonly table: string | null
  readonly does: 'make' | 'alter' | 'remove'
  readonly before: Structure | null
  readonly after: Structure | null
  /** Ids of the structures that this change carries out: its own, and what stands inside its statement. */
  readonly covers: readonly string[]
}

export const together = (...statements: readonly string[]): readonly Step[] =>
  statements.map((sql) => ({ sql }))

export const alone = (...statements: readonly string[]): readonly Step[] =>
  statements.map((sql) => ({ sql, alone: true }))

export const lockingSeveral = (steps: readonly Step[]): readonly Step[] =>
  steps.map((step) => ({ ...step, locksSeveral: true }))

/** Who runs a migration owns what it makes. */
const givesAway =
  /^alter (?:materialized view|view|table|sequence|function|procedure) "(?:[^"]|"")+"\."(?:[^"]|"")+"(?:\([^]*\))? owner to "(?:[^"]|"")+"$/u

/** Statements that put back what stood, as whoever runs the migration. */
export const asOwner = (statements: readonly string[]): readonly string[] =>
  statements.filter((sql) => !givesAway.test(sql))

/** The statements of a kind's own DDL that belong into a migration: comments are structures of their own. */
export const withoutOwners = (statements: readonly string[]): readonly string[] =>
  asOwner(statements).filter((sql) => !sql.startsWith('comment on '))

const quotedRole = '(?:public|"(?:[^"]|"")+")'
const revoked = new RegExp(`^(revoke all on [^]* from )(${quotedRole}(?:, ${quotedRole})*)$`, 'u')

/** Rights of the owner itself, which whoever owns the object has anyway; null: nothing else is said. */
export const withoutOwnRights = (sql: string, owner: string): string | null => {
  const who = ident(owner)
  if (
    sql.startsWith('grant ') &&
    (sql.endsWith(` to ${who}`) || sql.endsWith(` to ${who} with grant option`))
  )
    return null
  const [, head, list] = revoked.exec(sql) ?? []
  if (head === undefined || list === undefined) return sql
  const others = [...list.matchAll(new RegExp(quotedRole, 'gu'))]
    .map(([role]) => role)
    .filter((r) => r !== who)
  return others.length === 0 ? null : head + others.join(', ')
}

/** Whether the table is made by this very change of catalogs: then it has no rows, and nobody waits for it. */
export const isNewTable = (table: string | null, { before }: Pick<ChangeContext, 'before'>): boolean =>
  table !== null && !before.tables.has(table)
