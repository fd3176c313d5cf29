/** The little that is asked of a statement's text: its kind, and which tables it names. All else is measured. Call `loadParser` before. */
import type { ParseNode } from '../../postgres/parse.ts'
import { parseStatement } from '../files/transaction-need.ts'
import { isTable, tableOfRelation, type DatabaseState, type RelationState } from './database-state.ts'

/** PostgreSQL's own name of the statement, such as `TruncateStmt`; empty when it does not parse. */
export const statementKind = (text: string): string => parseStatement(text)?.[0] ?? ''

interface WrittenName {
  readonly schema: string | null
  readonly name: string
}

const namesIn = (node: unknown, found: WrittenName[]): void => {
  if (Array.isArray(node)) {
    for (const one of node) namesIn(one, found)
    return
  }
  if (typeof node !== 'object' || node === null) return
  for (const [key, value] of Object.entries(node as ParseNode)) {
    const body = value as ParseNode | null
    if ((key === 'RangeVar' || key === 'relation' || key === 'name') && typeof body === 'object' && body) {
      const { relname, schemaname } = body
      if (typeof relname === 'string')
        found.push({ schema: typeof schemaname === 'string' ? schemaname : null, name: relname })
    }
    if (key === 'List' && Array.isArray(body?.['items'])) {
      const words = (body['items'] as readonly ParseNode[]).map(
        (item) => (item['String'] as ParseNode | undefined)?.['sval'],
      )
      const name = words.at(-1)
      if (typeof name === 'string')
        found.push({ schema: words.length > 1 ? String(words.at(-2)) : null, name })
    }
    namesIn(value, found)
  }
}

/** Tables that a statement names, itself or by an index of theirs; a name without schema may mean several. */
export const tablesNamedBy = (text: string, state: DatabaseState): readonly RelationState[] => {
  const found: WrittenName[] = []
  namesIn(parseStatement(text)?.[1] ?? {}, found)
  const oids = [...state.relations.values()]
    .filter((r) => found.some((w) => w.name === r.name && (w.schema === null || w.schema === r.schema)))
    .map((relation) => tableOfRelation(state, relation.oid))
  return [...new Set(oids)].flatMap((oid) => {
    const relation = state.relations.get(oid)
    return relation && (isTable(relation) || relation.kind === 'm') ? [relation] : []
  })
}
