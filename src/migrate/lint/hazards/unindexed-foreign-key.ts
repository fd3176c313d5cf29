/** A new foreign key has no index on the side that references. */
import { identList } from '../../../postgres/quote.ts'
import type { RelationState } from '../database-state.ts'
import { addedConstraintsOf, nameOf, sqlNameOf } from '../evidence.ts'
import type { Hazard, HazardFinding } from '../hazard.ts'
import { isExisting, type MigrationTrace } from '../trace.ts'
import { isRefused } from '../migration-end.ts'

const leads = (index: RelationState, columns: readonly number[]): boolean => {
  const keys = index.index?.columns.slice(0, columns.length) ?? []
  return index.index?.partial === false && columns.every((c) => keys.includes(c))
}

/** Of a partition, and made by the parent's: that one is told. */
const isInherited = (
  { after }: MigrationTrace,
  table: RelationState,
  { references }: RelationState['constraints'][number],
): boolean =>
  table.parents.some((parent) =>
    after.relations.get(parent)?.constraints.some((k) => k.kind === 'f' && k.references === references),
  )

export const unindexedForeignKey: Hazard = {
  code: 'lint.unindexed-foreign-key',
  severity: 'warning',
  title: 'A foreign key has no index on the side that references',
  measures: 'at the end of the migration no index begins with the columns of a foreign key that it made',
  why: 'every delete and every change of a key in the referenced table reads all rows of the referencing one, under a lock of the row',
  find: (trace) =>
    isRefused(trace)
      ? []
      : trace.statements.flatMap((statement): readonly HazardFinding[] => {
          const made = addedConstraintsOf(trace, statement, 'every').filter(
            ({ table, constraint }) => constraint.kind === 'f' && !isInherited(trace, table, constraint),
          )
          return made.flatMap(({ table, constraint }) => {
            const now = trace.after.relations.get(table.oid)
            if (!now?.constraints.some(({ oid }) => oid === constraint.oid)) return []
            const indexes = [...trace.after.relations.values()].filter((one) => one.table === table.oid)
            if (indexes.some((index) => leads(index, constraint.columns))) return []
            const columns = constraint.columns.map(
              (position) => now.columns.find((c) => c.position === position)?.name ?? '',
            )
            return [
              {
                statement,
                relation: nameOf(statement, table.oid),
                summary: `no index serves the foreign key ${constraint.name} of ${nameOf(statement, table.oid)}`,
                fix: `${isExisting(trace, table.oid) ? 'Make one, in a file of its own' : 'Make one while the table is new'}:
create index ${isExisting(trace, table.oid) ? 'concurrently ' : ''}on ${sqlNameOf(statement, table.oid)} (${identList(columns)});`,
              },
            ]
          })
        }),
}
