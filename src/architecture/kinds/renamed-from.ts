/** What a table or its columns were called before: no rule, but what a design would otherwise have to guess. */
import { parseRelationName, relationId, type RelationName } from '../../ground/names.ts'
import type { FormerName } from '../former-name.ts'
import { declarationFault, type RulePlace, type RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'
import type { TableName } from '../table-key.ts'

export interface RenamedFromMethod<K extends string> {
  /**
   * The table, or each of these columns, had another name: `assay design` renames it and keeps its rows. It may be
   * taken out again once the migration ran everywhere.
   *
   * @example
   * t.renamedFrom({ slug: 'code' })    // alter table … rename column "code" to "slug"
   * t.renamedFrom('articles')          // alter table "articles" rename to …
   */
  renamedFrom<C extends K>(from: TableName | { readonly [P in C]: string }): RuleSet
}

const isRelation = (from: object): from is RelationName =>
  Object.keys(from).length === 2 && 'schema' in from && 'name' in from

const columnName = (place: RulePlace, column: string, from: unknown): readonly FormerName[] => {
  const fault = (summary: string, mend: string): readonly FormerName[] => {
    place.refuse(declarationFault(place, 'renamed', `${place.table}: ${summary}`, mend))
    return []
  }
  if (typeof from !== 'string' || from === '')
    return fault(`the former name of ${column} is no text.`, `Write t.renamedFrom({ ${column}: 'before' }).`)
  if (!place.tableColumns.includes(column))
    return fault(
      `renamedFrom names ${column}, which is no column of the table.`,
      'Give the name that it has now first: { now: before }.',
    )
  if (place.tableColumns.includes(from))
    return fault(
      `${column} is renamed from ${from}, which is still a column of the table.`,
      'A name that stands is not a former one: take it out of the columns, or out of renamedFrom. Names that change places need two migrations.',
    )
  return [{ of: 'column', column, from }]
}

const tableName = (place: RulePlace, from: RelationName): readonly FormerName[] => {
  if (relationId(from) !== place.table) return [{ of: 'table', from }]
  place.refuse(
    declarationFault(
      place,
      'renamed',
      `${place.table}: the table is renamed from its own name.`,
      'Give the name that it had before.',
    ),
  )
  return []
}

/** Hands them to the table; there is no rule of it. */
export const makeRenamedFrom = (
  place: RulePlace,
  from: TableName | Readonly<Record<string, string>>,
): readonly DeclaredRule[] => {
  const names =
    typeof from === 'string'
      ? tableName(place, parseRelationName(from))
      : isRelation(from) && !place.tableColumns.includes('schema')
        ? tableName(place, from)
        : Object.entries(from).flatMap(([column, before]) => columnName(place, column, before))
  for (const name of names) place.rename?.(name)
  return []
}
