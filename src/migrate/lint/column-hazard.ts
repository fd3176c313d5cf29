/** A hazard about the type of new columns: what is bad of them, and which type is better. */
import { ident } from '../../postgres/quote.ts'
import type { RelationState, ColumnState } from './database-state.ts'
import { changedColumnsOf, listed, nameOf, sqlNameOf } from './evidence.ts'
import { perStatement, type Hazard } from './hazard.ts'

export type IsBad = (column: ColumnState, table: RelationState) => boolean

export const columnHazard = (
  about: Pick<Hazard, 'code' | 'title' | 'measures' | 'why'>,
  isBad: IsBad,
  better: (column: ColumnState) => string,
): Hazard => ({
  ...about,
  severity: 'warning',
  find: perStatement((trace, statement) => {
    const bad = changedColumnsOf(trace, statement, 'every').flatMap(({ table, before, after }) =>
      after !== null && before?.type !== after.type && isBad(after, table) ? [{ table, column: after }] : [],
    )
    const [first] = bad
    return first === undefined
      ? []
      : [
          {
            relation: nameOf(statement, first.table.oid),
            summary: `${listed(bad.map(({ table, column }) => `${nameOf(statement, table.oid)}.${column.name} (${column.type})`))}: ${about.title.toLowerCase()}`,
            fix: `Give it the other type while the table is new:
alter table ${sqlNameOf(statement, first.table.oid)} alter column ${ident(first.column.name)} type ${better(first.column)};`,
          },
        ]
  }),
})
