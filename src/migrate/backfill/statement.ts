/**
 * The one statement of a backfill, and the same statement over a range of keys. The range is set into the text as it was
 * written: nothing else of it is printed anew. Call `loadParser` of parse.ts before.
 */
import { parseStatements, type ParseNode } from '../../postgres/parse.ts'
import { ident } from '../../postgres/quote.ts'
import { scanWords } from '../../postgres/scan.ts'
import { readInsertSelect } from './insert-select.ts'
import { refuseStatement, type BackfillSource } from './refuse-statement.ts'
import {
  calledName,
  locksIn,
  namesOf,
  outerWords,
  readsIn,
  tableOf,
  type NamedTable,
  type Target,
} from './statement-parts.ts'

export interface BackfillStatement {
  readonly verb: 'update' | 'delete' | 'insert'
  /** The one that is walked: an insert reads it. */
  readonly table: NamedTable
  /** What an insert fills; null: it is no insert. */
  readonly into: NamedTable | null
  /** Other relations that it names; those of WITH are among them. */
  readonly reads: readonly NamedTable[]
  /** Those of them of which it locks rows. */
  readonly locks: readonly NamedTable[]
  /** Columns that it sets in rows that stand. */
  readonly sets: readonly string[]
  /** As it was written, without a final semicolon. */
  readonly text: string
  /** Its own condition as written; null: every row. */
  readonly condition: string | null
  /** How columns of the table are to be named in a condition: `"p"."id"`. */
  readonly column: (name: string) => string
  /** The statement for the rows of which `range` is true too. */
  readonly within: (range: string) => string
}

const onlyStatement = (source: BackfillSource): ParseNode => {
  let nodes: readonly { readonly node: ParseNode }[]
  try {
    const isEmpty = source.text.trim() === '' || scanWords(source.text).length === 0
    nodes = isEmpty ? [] : parseStatements(source.text)
  } catch (cause) {
    throw refuseStatement(
      source,
      `PostgreSQL's parser refuses it: ${cause instanceof Error ? cause.message : String(cause)}`,
      'what cannot be read cannot be cut into batches',
      'Correct the statement; it must run as it stands.',
    )
  }
  const [first, ...more] = nodes
  if (first && more.length === 0) return first.node
  throw refuseStatement(
    source,
    nodes.length === 0 ? 'no statement' : `${nodes.length} statements`,
    'each backfill keeps one cursor over one table',
    'Put each statement into a file of its own.',
  )
}

const verbs: Readonly<Record<string, BackfillStatement['verb']>> = {
  UpdateStmt: 'update',
  DeleteStmt: 'delete',
  InsertStmt: 'insert',
}

/** Reads the statement. Throws AssayError `backfill.statement` (exit 2) for what cannot run in batches. */
export const readBackfillStatement = (source: BackfillSource): BackfillStatement => {
  const node = onlyStatement(source)
  const [kind, content] = (Object.entries(node)[0] ?? ['nothing', {}]) as [string, ParseNode]
  const verb = verbs[kind]
  if (verb === undefined)
    throw refuseStatement(
      source,
      kind.replace(/Stmt$/u, ' statement').toLowerCase(),
      'only rows that stand can be walked through by their key',
      'Write it as an UPDATE, DELETE or INSERT … SELECT of the rows that stand, or run it as a migration of its own.',
    )
  for (const [part, words] of [
    ['withClause', 'WITH'],
    ['returningList', 'RETURNING'],
    ['returningClause', 'RETURNING'],
  ] as const)
    if (content[part] !== undefined)
      throw refuseStatement(
        source,
        words,
        words === 'WITH' ? 'it would be computed anew for every batch' : 'nobody reads what a batch returns',
        words === 'WITH'
          ? 'Put the query into the statement itself: set … = (select …), or from (select …) as s.'
          : 'Leave RETURNING out.',
      )
  const whereClause = content['whereClause'] as ParseNode | undefined
  if (whereClause && 'CurrentOfExpr' in whereClause)
    throw refuseStatement(
      source,
      'WHERE CURRENT OF',
      'a cursor ends with its transaction',
      'Name the rows by a condition.',
    )

  const insert = verb === 'insert' ? readInsertSelect(source, content) : null
  const target = insert?.walked ?? (content['relation'] as unknown as Target)
  const words = outerWords(source.text)
  const last = words.findLast(({ text }) => text !== ';')
  const start = words[0]?.start ?? 0
  const end = last?.end ?? source.text.length
  // What it locks stands behind the condition.
  const tailStart = (insert && words.find(({ text }) => text === 'for')?.start) ?? end
  const body = words.filter((word) => word.end <= tailStart)
  const bodyEnd = body.findLast(({ text }) => text !== ';')?.end ?? end
  const where = body.find(({ text }) => text === 'where')
  const condition = where === undefined ? null : source.text.slice(where.end, bodyEnd).trim()
  const head = source.text.slice(start, where?.start ?? bodyEnd).trimEnd()
  const tail = tailStart === end ? '' : `\n${source.text.slice(tailStart, end)}`
  const named = ident(calledName(target))
  return {
    verb,
    table: tableOf(target),
    into: insert?.into ?? null,
    reads: readsIn(content),
    locks: locksIn(content),
    sets: verb === 'update' ? namesOf(content['targetList']) : [],
    text: source.text.slice(start, end),
    condition,
    column: (name) => `${named}.${ident(name)}`,
    // On lines of their own: the text may end in a comment.
    within: (range) =>
      condition === null
        ? `${head}\nwhere ${range}${tail}`
        : `${head}\nwhere (${condition}\n) and ${range}${tail}`,
  }
}
