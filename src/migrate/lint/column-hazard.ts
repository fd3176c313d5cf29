/** A hazard about the type of new columns: what is bad of them, and which type is better. */
import { ident } from '../../postgres/quote.ts'
import type { RelationState, ColumnState } from './database-state.ts'
import { changedColumnsOf, listed, nameOf, sqlNameOf } from './evidence.ts'
import { perStatement, type Hazard } from './hazard.ts'
import { isExisting } from './trace.ts'

export type IsBad = (column: ColumnState, table: RelationState) => boolean

export interface BadColumn {
  readonly table: RelationState
  readonly column: ColumnState
  /** The table as SQL names it. */
  readonly at: string
  /** The column is one of a table with rows, and comes now. */
  readonly isAdded: boolean
}

export const withType =
  (type: string) =>
  ({ column, at, isAdded }: BadColumn): string =>
    isAdded
      ? `Give it the other type when it is added; later all rows would be written anew:
alter table ${at} add column ${ident(column.name)} ${type};`
      : `Give it the other type in the same statement, or behind it while the table is empty:
alter table ${at} alter column ${ident(column.name)} type ${type};`

export const columnHazard = (
  about: Pick<Hazard, 'code' | 'title' | 'measures' | 'why'>,
  isBad: IsBad,
  fixOf: (bad: BadColumn) => string,
): Hazard => ({
  ...about,
  severity: 'warning',
  find: perStatement((trace, statement) => {
    const bad = changedColumnsOf(trace, statement, 'every').flatMap(({ table, before, after }) =>
      after !== null && before?.type !== after.type && isBad(after, table)
        ? [{ table, column: after, isAdded: before === null }]
        : [],
    )
    const [first] = bad
    return first === undefined
      ? []
      : [
          {
            relation: nameOf(statement, first.table.oid),
            summary: `${listed(bad.map(({ table, column }) => `${nameOf(statement, table.oid)}.${column.name} (${column.type})`))}: ${about.title.toLowerCase()}`,
            fix: fixOf({
              ...first,
              at: sqlNameOf(statement, first.table.oid),
              isAdded: first.isAdded && isExisting(trace, first.table.oid),
            }),
          },
        ]
  }),
})
