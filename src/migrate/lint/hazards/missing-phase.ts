/** The new shape and the end of the old one stand in one migration. */
import { changedColumnsOf, createdRelationsOf, droppedRelationsOf, nameOf } from '../evidence.ts'
import { editDistance } from '../../../ground/nearest-name.ts'
import { isTable, type ColumnState, type RelationState } from '../database-state.ts'
import type { Hazard, HazardFinding } from '../hazard.ts'
import { isRefused } from '../migration-end.ts'

const wordsOf = (name: string): readonly string[] =>
  name
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 2)

const isNamedAlike = (a: string, b: string): boolean =>
  wordsOf(a).some((word) => wordsOf(b).includes(word)) ||
  editDistance(a, b) <= Math.min(a.length, b.length) / 3

/** `varchar(20)` and `text` hold the same; a length says nothing of what a column is for. */
const family = (type: string): string => {
  const bare = type.replace(/\(.*$/u, '').trim()
  if (/^(?:character varying|character|text|bpchar)$/u.test(bare)) return 'text'
  return /^(?:smallint|integer|bigint|numeric)$/u.test(bare) ? 'number' : bare
}

/** Whether the one may be the other's new shape: by its name, or by what it can hold. */
const mayReplace = (made: ColumnState, old: ColumnState): boolean =>
  isNamedAlike(made.name, old.name) || family(made.type) === family(old.type)

/** By name, or half of its columns. */
const isAlike = (made: RelationState, old: RelationState): boolean => {
  const common = made.columns.filter(({ name }) => old.columns.some((column) => column.name === name))
  return isNamedAlike(made.name, old.name) || 2 * common.length >= old.columns.length
}

export const missingPhase: Hazard = {
  code: 'lint.missing-phase',
  severity: 'error',
  title: 'The new shape and the end of the old one stand in one migration',
  measures:
    'one migration adds a column and drops one of the same table with a like name or type, or makes a table and drops one like it',
  why: 'between the two an application has to be released: the one that runs now needs the old shape, the next one the new',
  find: (trace) => {
    if (isRefused(trace)) return []
    const grown: { readonly table: number; readonly column: ColumnState }[] = []
    const created: RelationState[] = []
    return trace.statements.flatMap((statement): readonly HazardFinding[] => {
      const changed = changedColumnsOf(trace, statement)
      for (const { table, before, after } of changed)
        if (before === null && after !== null) grown.push({ table: table.oid, column: after })
      created.push(...createdRelationsOf(statement).filter(isTable))
      const lost = changed.filter(
        ({ table, before, after }) =>
          before !== null &&
          after === null &&
          grown.some((one) => one.table === table.oid && mayReplace(one.column, before)),
      )
      const dropped = droppedRelationsOf(trace, statement).filter(
        (old) => isTable(old) && created.some((made) => isAlike(made, old)),
      )
      const fix =
        'Make three of it: one that adds the new shape, the release of an application that uses it, one that drops the old shape.'
      if (lost[0]?.before)
        return [
          {
            statement,
            relation: nameOf(statement, lost[0].table.oid),
            summary: `${nameOf(statement, lost[0].table.oid)} gets columns and loses ${lost[0].before.name} in one migration`,
            fix,
          },
        ]
      if (dropped[0])
        return [
          {
            statement,
            relation: nameOf(statement, dropped[0].oid),
            summary: `tables are made and ${nameOf(statement, dropped[0].oid)} is dropped in one migration`,
            fix,
          },
        ]
      return []
    })
  },
}
