/** The new shape and the end of the old one stand in one migration. */
import { changedColumnsOf, createdRelationsOf, droppedRelationsOf, nameOf } from '../evidence.ts'
import type { Hazard, HazardFinding } from '../hazard.ts'
import { isRefused } from '../migration-end.ts'

export const missingPhase: Hazard = {
  code: 'lint.missing-phase',
  severity: 'error',
  title: 'The new shape and the end of the old one stand in one migration',
  measures: 'one migration adds a column or a table and drops a column of the same table, or a table',
  why: 'between the two an application has to be released: the one that runs now needs the old shape, the next one the new',
  find: (trace) => {
    if (isRefused(trace)) return []
    const grown = new Set<number>()
    let created = 0
    return trace.statements.flatMap((statement): readonly HazardFinding[] => {
      const changed = changedColumnsOf(trace, statement)
      for (const { table, before } of changed) if (before === null) grown.add(table.oid)
      created += createdRelationsOf(statement).filter(({ kind }) => kind === 'r' || kind === 'p').length
      const lost = changed.filter(({ table, after }) => after === null && grown.has(table.oid))
      const dropped = droppedRelationsOf(trace, statement).filter(({ kind }) => kind === 'r' || kind === 'p')
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
      if (dropped[0] && created > 0)
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
