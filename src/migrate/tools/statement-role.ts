/**
 * What a statement is to a migration that another tool ran: its work, or what the tool asked and wrote for itself. Told
 * from PostgreSQL's own parse tree. Call `loadParser` before.
 */
import type { ParseNode } from '../../postgres/parse.ts'
import { isSessionSetting } from '../files/session-settings.ts'
import { parseStatement } from '../files/transaction-need.ts'
import { allIn, readMark, type Mark, type ToolTable } from './tool-tables.ts'

export type StatementRole =
  /** A migration ends here. */
  | { readonly is: 'mark'; readonly mark: Mark }
  /** Of the tool alone: its tables, its locks, what it asks the catalog. */
  | { readonly is: 'own' }
  /** It sets something for its session. */
  | { readonly is: 'setting' }
  /** It reads rows of the application and changes nothing. */
  | { readonly is: 'read'; readonly tables: readonly string[] }
  | { readonly is: 'work' }

const nameIn = (relation: unknown): string =>
  typeof relation === 'object' && relation !== null && 'relname' in relation ? String(relation.relname) : ''

const isOfCatalog = (relation: unknown): boolean => {
  const schema =
    typeof relation === 'object' && relation !== null && 'schemaname' in relation ? relation.schemaname : null
  return schema === 'pg_catalog' || schema === 'information_schema' || nameIn(relation).startsWith('pg_')
}

/** Last part of the name of each function that is called. */
const calledIn = (content: ParseNode): readonly string[] =>
  allIn(content, 'FuncCall').flatMap((call) => {
    const parts = allIn(allIn(call, 'funcname')[0], 'sval')
    return typeof parts.at(-1) === 'string' ? [String(parts.at(-1)).toLowerCase()] : []
  })

/** Functions of PostgreSQL that only tell something. Whatever is not among them may do something, and is kept. */
const tells =
  /^(?:version|count|min|max|sum|avg|coalesce|lower|upper|length|substring|substr|replace|concat|format|format_type|now|row_number|unnest|current_\w+|has_\w+|array_\w+|string_\w+|json\w*|to_char|to_reg\w+|to_json\w*|obj_description|col_description|quote_\w+|regexp_\w+|generate_series|generate_subscripts|pg_(?:get|table|relation|total|backend|is|encoding|size|type|function|index|indexes|sequence_parameters|try_advisory|advisory)\w*)$/u

const isSelect = (kind: string, content: ParseNode): boolean =>
  kind === 'SelectStmt' &&
  content['intoClause'] === undefined &&
  content['lockingClause'] === undefined &&
  // WITH … (insert …) changes rows.
  ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'].every((name) => allIn(content, name).length === 0)

/** `drop table` names its tables as lists of words. */
const droppedIn = (kind: string, content: ParseNode): readonly string[] =>
  kind !== 'DropStmt'
    ? []
    : allIn(content['objects'], 'items').flatMap((items) => {
        const last = allIn(items, 'sval').at(-1)
        return typeof last === 'string' ? [last] : []
      })

/** `table`: the tool's, when it is known already. */
export const roleOf = (text: string, direction: 'up' | 'down', table: ToolTable | null): StatementRole => {
  if (/^(?:show|discard|deallocate|listen|unlisten|fetch|close)\b/iu.test(text)) return { is: 'own' }
  if (isSessionSetting({ text })) return { is: 'setting' }
  const [kind, content] = parseStatement(text) ?? []
  if (kind === undefined || content === undefined) return { is: 'work' }
  const mark = readMark(kind, content, direction)
  if (mark !== null) return { is: 'mark', mark }
  const relations = [...allIn(content, 'RangeVar'), ...allIn(content, 'relation')]
  const names = [...relations.map(nameIn), ...droppedIn(kind, content)]
  if (table !== null && names.some((name) => name === table.name || table.others.includes(name)))
    return { is: 'own' }
  if (!isSelect(kind, content) || !calledIn(content).every((name) => tells.test(name))) return { is: 'work' }
  const queried = new Set(allIn(content, 'ctename').map(String))
  const tables = relations
    .filter((relation) => !isOfCatalog(relation) && nameIn(relation) !== '' && !queried.has(nameIn(relation)))
    .map(nameIn)
  return tables.length === 0 ? { is: 'own' } : { is: 'read', tables: [...new Set(tables)] }
}
