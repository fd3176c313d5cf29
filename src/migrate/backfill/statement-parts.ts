/** What a parsed statement names: tables that it reads and locks, columns that it sets, and the words outside of brackets. */
import type { ParseNode } from '../../postgres/parse.ts'
import { scanWords, type Word } from '../../postgres/scan.ts'

/** `schema` is null where the text names none. */
export interface NamedTable {
  readonly schema: string | null
  readonly name: string
}

export interface Target {
  readonly relname: string
  readonly schemaname?: string
  readonly alias?: { readonly aliasname: string }
}

export const tableOf = ({ schemaname, relname }: Target): NamedTable => ({
  schema: schemaname ?? null,
  name: relname,
})

/** As columns of it are named. */
export const calledName = ({ alias, relname }: Target): string => alias?.aliasname ?? relname

/** Nodes of these kinds, with what stands in them. */
const nodesIn = (node: unknown, kind: string, without: readonly string[] = []): readonly ParseNode[] => {
  if (typeof node !== 'object' || node === null) return []
  if (Array.isArray(node)) return node.flatMap((one) => nodesIn(one, kind, without))
  return Object.entries(node).flatMap(([key, part]) => [
    ...(key === kind ? [part as ParseNode] : []),
    ...(without.includes(key) ? [] : nodesIn(part, kind, without)),
  ])
}

const targetsIn = (node: unknown, without: readonly string[] = []): readonly Target[] =>
  nodesIn(node, 'RangeVar', ['RangeVar', 'LockingClause', ...without]) as unknown as readonly Target[]

export const readsIn = (node: unknown): readonly NamedTable[] => targetsIn(node).map(tableOf)

interface LockingClause {
  readonly lockedRels?: readonly { readonly RangeVar?: Target }[]
  readonly waitPolicy?: string
}

export const lockingClausesOf = ({ lockingClause }: ParseNode): readonly LockingClause[] =>
  ((lockingClause ?? []) as readonly { readonly LockingClause?: LockingClause }[]).flatMap(
    (one) => one.LockingClause ?? [],
  )

/** What the query locks of what it reads itself. */
export const lockedBy = (select: ParseNode): readonly Target[] => {
  const all = targetsIn(select['fromClause'])
  return lockingClausesOf(select).flatMap(({ lockedRels }) => {
    const names = lockedRels?.map(({ RangeVar }) => RangeVar?.relname)
    return names === undefined ? all : all.filter((one) => names.includes(calledName(one)))
  })
}

/** Tables of which rows are locked by `for update` and its like, in whatever part of the statement. */
export const locksIn = (node: unknown): readonly NamedTable[] =>
  nodesIn(node, 'SelectStmt').flatMap(lockedBy).map(tableOf)

export const namesOf = (targetList: unknown): readonly string[] =>
  ((targetList ?? []) as readonly { readonly ResTarget?: { readonly name?: string } }[]).flatMap(
    ({ ResTarget }) => (ResTarget?.name === undefined ? [] : [ResTarget.name]),
  )

const opens = new Set(['(', '['])
const closes = new Set([')', ']'])

/** Words that stand in no bracket. */
export const outerWords = (text: string): readonly Word[] => {
  let depth = 0
  return scanWords(text).filter((word) => {
    if (closes.has(word.text)) depth -= 1
    const isOuter = depth === 0
    if (opens.has(word.text)) depth += 1
    return isOuter
  })
}
