/**
 * An INSERT … SELECT that can be cut into stretches of the table that it reads. It has to lock what it reads: then
 * PostgreSQL itself refuses whatever would make one row of several, and rows that others change meanwhile are waited for.
 */
import type { AssayError } from '../../ground/errors.ts'
import type { ParseNode } from '../../postgres/parse.ts'
import { refuseStatement, type BackfillSource } from './refuse-statement.ts'
import {
  calledName,
  lockedBy,
  lockingClausesOf,
  outerWords,
  tableOf,
  type NamedTable,
  type Target,
} from './statement-parts.ts'

const lockExample =
  'insert into profiles (user_id, bio) select u.id, u.bio from users as u for no key update of u on conflict (user_id) do nothing'

interface Join {
  readonly jointype?: string
  readonly larg?: FromItem
}

interface FromItem {
  readonly RangeVar?: Target
  readonly JoinExpr?: Join
}

const kept = ['JOIN_INNER', 'JOIN_LEFT']

/** The table that stands first, each row of which comes by; null: another thing does. */
const firstTable = (item: FromItem | undefined): Target | null | 'other join' => {
  if (item?.RangeVar) return item.RangeVar
  if (!item?.JoinExpr) return null
  return kept.includes(item.JoinExpr.jointype ?? '') ? firstTable(item.JoinExpr.larg) : 'other join'
}

/** What cannot be done stretch by stretch: it is said of all rows at once. */
const whole: readonly (readonly [string, string])[] = [
  ['withClause', 'WITH'],
  ['limitCount', 'LIMIT'],
  ['limitOffset', 'OFFSET'],
  ['sortClause', 'ORDER BY'],
]

export interface InsertSelect {
  readonly walked: Target
  readonly into: NamedTable
}

/** Throws AssayError `backfill.statement`. */
export const readInsertSelect = (source: BackfillSource, content: ParseNode): InsertSelect => {
  const refuse = (found: string, why: string, mend: string): AssayError =>
    refuseStatement(source, found, why, mend)
  const example = `Write it as: ${lockExample}`
  const select = (content['selectStmt'] as { readonly SelectStmt?: ParseNode } | undefined)?.SelectStmt ?? {}
  if ((select['op'] ?? 'SETOP_NONE') !== 'SETOP_NONE')
    throw refuse('UNION, INTERSECT or EXCEPT', 'each backfill walks one table', 'Make a statement of each.')
  const part = whole.find(([name]) => select[name] !== undefined)
  if (part !== undefined)
    throw refuse(part[1], 'it would be said of each batch anew', `Leave it out. ${example}`)
  const [first] = (select['fromClause'] ?? []) as readonly FromItem[]
  const walked = firstTable(first)
  if (walked === null)
    throw refuse('no table that stands first behind FROM', 'only a table has a key to walk along', example)
  if (walked === 'other join')
    throw refuse(
      'RIGHT or FULL JOIN',
      'rows of the other table would be met in every batch',
      'Put the table that is walked first, and join the others by JOIN or LEFT JOIN.',
    )
  if (lockingClausesOf(select).some(({ waitPolicy }) => (waitPolicy ?? 'LockWaitBlock') !== 'LockWaitBlock'))
    throw refuse(
      'SKIP LOCKED or NOWAIT',
      'rows would be left out for good',
      'Leave it out: locks are waited for.',
    )
  if (!lockedBy(select).includes(walked))
    throw refuse(
      `no FOR NO KEY UPDATE of ${calledName(walked)}`,
      'whoever changes a row while it is copied has to wait, or the copy says what stood there before',
      example,
    )
  if (!outerWords(source.text).some(({ text }) => text === 'for'))
    throw refuse(
      'brackets around SELECT',
      'the range is set in behind its condition',
      'Leave the brackets out.',
    )
  return { walked, into: tableOf(content['relation'] as unknown as Target) }
}
