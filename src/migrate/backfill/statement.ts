/**
 * The one statement of a backfill, and the same statement over a range of keys. The range is set into the text as it was
 * written: nothing else of it is printed anew. Call `loadParser` of parse.ts before.
 */
import { AssayError, type SourcePlace } from '../../ground/errors.ts'
import { parseStatements, type ParseNode } from '../../postgres/parse.ts'
import { ident } from '../../postgres/quote.ts'
import { scanWords, type Word } from '../../postgres/scan.ts'

/** `schema` is null where the text names none. */
export interface NamedTable {
  readonly schema: string | null
  readonly name: string
}

export interface BackfillStatement {
  readonly verb: 'update' | 'delete'
  readonly table: NamedTable
  /** Other relations that it names; those of WITH are among them. */
  readonly reads: readonly NamedTable[]
  /** Columns that it sets. */
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

export interface BackfillSource {
  /** Where it stands, for errors; null: it was given as text. */
  readonly file: string | null
  readonly text: string
}

interface Target {
  readonly relname: string
  readonly schemaname?: string
  readonly alias?: { readonly aliasname: string }
}

const example = 'update products set slug = lower(name) where slug is null'

const refuse = (source: BackfillSource, found: string, why: string, mend: string): AssayError => {
  const where: SourcePlace | null = source.file === null ? null : { file: source.file, line: 1 }
  return new AssayError('This statement cannot run in batches.', {
    code: 'backfill.statement',
    exit: 2,
    asked: `one UPDATE or DELETE of one table, such as: ${example}`,
    found,
    why,
    mend,
    ...(where === null ? {} : { where }),
  })
}

const opens = new Set(['(', '['])
const closes = new Set([')', ']'])

/** Words that stand in no bracket. */
const outerWords = (text: string): readonly Word[] => {
  let depth = 0
  return scanWords(text).filter((word) => {
    if (closes.has(word.text)) depth -= 1
    const isOuter = depth === 0
    if (opens.has(word.text)) depth += 1
    return isOuter
  })
}

const onlyStatement = (source: BackfillSource): ParseNode => {
  let nodes: readonly { readonly node: ParseNode }[]
  try {
    const isEmpty = source.text.trim() === '' || scanWords(source.text).length === 0
    nodes = isEmpty ? [] : parseStatements(source.text)
  } catch (cause) {
    throw refuse(
      source,
      `PostgreSQL's parser refuses it: ${cause instanceof Error ? cause.message : String(cause)}`,
      'what cannot be read cannot be cut into batches',
      'Correct the statement; it must run as it stands.',
    )
  }
  const [first, ...more] = nodes
  if (first && more.length === 0) return first.node
  throw refuse(
    source,
    nodes.length === 0 ? 'no statement' : `${nodes.length} statements`,
    'each backfill keeps one cursor over one table',
    'Put each statement into a file of its own.',
  )
}

const namesOf = (targetList: unknown): readonly string[] =>
  ((targetList ?? []) as readonly { readonly ResTarget?: { readonly name?: string } }[]).flatMap(
    ({ ResTarget }) => (ResTarget?.name === undefined ? [] : [ResTarget.name]),
  )

const tableOf = ({ schemaname, relname }: Target): NamedTable => ({
  schema: schemaname ?? null,
  name: relname,
})

const readsIn = (node: unknown): readonly NamedTable[] => {
  if (typeof node !== 'object' || node === null) return []
  if (Array.isArray(node)) return node.flatMap((one) => readsIn(one))
  return Object.entries(node).flatMap(([kind, part]) =>
    kind === 'RangeVar' ? [tableOf(part as Target)] : readsIn(part),
  )
}

/** Reads the statement. Throws AssayError `backfill.statement` (exit 2) for what cannot run in batches. */
export const readBackfillStatement = (source: BackfillSource): BackfillStatement => {
  const node = onlyStatement(source)
  const [kind, content] = (Object.entries(node)[0] ?? ['nothing', {}]) as [string, ParseNode]
  const verb = kind === 'UpdateStmt' ? 'update' : kind === 'DeleteStmt' ? 'delete' : null
  if (verb === null)
    throw refuse(
      source,
      kind.replace(/Stmt$/u, ' statement').toLowerCase(),
      'only rows that stand can be walked through by their key; an INSERT … SELECT has no place to go on from',
      'Write it as an UPDATE of the rows that stand, or run it as a migration of its own.',
    )
  for (const [part, words] of [
    ['withClause', 'WITH'],
    ['returningList', 'RETURNING'],
    ['returningClause', 'RETURNING'],
  ] as const)
    if (content[part] !== undefined)
      throw refuse(
        source,
        words,
        words === 'WITH' ? 'it would be computed anew for every batch' : 'nobody reads what a batch returns',
        words === 'WITH'
          ? 'Put the query into the statement itself: set … = (select …), or from (select …) as s.'
          : 'Leave RETURNING out.',
      )
  const whereClause = content['whereClause'] as ParseNode | undefined
  if (whereClause && 'CurrentOfExpr' in whereClause)
    throw refuse(
      source,
      'WHERE CURRENT OF',
      'a cursor ends with its transaction',
      'Name the rows by a condition.',
    )

  const target = content['relation'] as unknown as Target
  const words = outerWords(source.text)
  const last = words.findLast(({ text }) => text !== ';')
  const where = words.find(({ text }) => text === 'where')
  const start = words[0]?.start ?? 0
  const end = last?.end ?? source.text.length
  const text = source.text.slice(start, end)
  const condition = where === undefined ? null : source.text.slice(where.end, end).trim()
  const head = source.text.slice(start, where?.start ?? end).trimEnd()
  const named = ident(target.alias?.aliasname ?? target.relname)
  return {
    verb,
    table: tableOf(target),
    reads: readsIn(content),
    sets: verb === 'update' ? namesOf(content['targetList']) : [],
    text,
    condition,
    column: (name) => `${named}.${ident(name)}`,
    // On lines of their own: the text may end in a comment.
    within: (range) =>
      condition === null ? `${head}\nwhere ${range}` : `${head}\nwhere (${condition}\n) and ${range}`,
  }
}
