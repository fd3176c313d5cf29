/** A constraint that is added whole: all rows are looked at under the lock of the statement. CHECKs and foreign keys alike. */
import { ident } from '../../postgres/quote.ts'
import { addedConstraintsOf, lockDuring, nameOf, scansOf, sqlNameOf, stopsWrites } from './evidence.ts'
import { perStatement, type Hazard } from './hazard.ts'
import type { StatementTrace } from './trace.ts'

type Constraint = ReturnType<typeof addedConstraintsOf>[number]['constraint']

/** `kind`: as pg_constraint has it, c or f. */
export const findValidating = (
  kind: 'c' | 'f',
  summaryOf: (statement: StatementTrace, table: number, constraint: Constraint) => string,
): Hazard['find'] =>
  perStatement((trace, statement) => {
    const scanned = new Set(scansOf(trace, statement).map(({ oid }) => oid))
    const [first] = addedConstraintsOf(trace, statement).filter(
      ({ table, constraint }) =>
        constraint.kind === kind && constraint.validated && (scanned.has(table.oid) || table.kind === 'p'),
    )
    if (scanned.size === 0 || !first || !stopsWrites(lockDuring(statement, first.table.oid))) return []
    const { table, constraint } = first
    const sql = sqlNameOf(statement, table.oid)
    return [
      {
        relation: nameOf(statement, table.oid),
        summary: summaryOf(statement, table.oid, constraint),
        fix: `Add it without looking at old rows, and validate it in a migration of its own:
alter table ${sql} add constraint ${ident(constraint.name)} ${constraint.definition} not valid;
alter table ${sql} validate constraint ${ident(constraint.name)};`,
      },
    ]
  })
