/** A new column whose value differs from row to row: every row is written anew. */
import { ident, qualified } from '../../../postgres/quote.ts'
import type { ColumnState } from '../database-state.ts'
import {
  changedColumnsOf,
  listed,
  lockDuring,
  lockWords,
  nameOf,
  rewritesOf,
  sqlNameOf,
} from '../evidence.ts'
import { perStatement, type Hazard } from '../hazard.ts'
import { sequenceOf } from '../sequence-of.ts'
import type { MigrationTrace } from '../trace.ts'

/** Serial makes its sequence itself; whoever sets the default afterwards has to. */
const withSequence = (
  { before }: MigrationTrace,
  { name, type, default: value }: ColumnState,
  table: string,
): readonly string[] => {
  const sequence = sequenceOf(value)
  const stood = [...before.relations.values()].some(
    (one) =>
      one.kind === 'S' &&
      (ident(one.name) === sequence || one.name === sequence || qualified(one) === sequence),
  )
  const isOwn = sequence !== null && !stood
  return [
    `alter table ${table} add column ${ident(name)} ${type};`,
    ...(isOwn ? [`create sequence ${sequence} as ${type} owned by ${table}.${ident(name)};`] : []),
    `alter table ${table} alter column ${ident(name)} set default ${value};`,
  ]
}

export const defaultRewrites: Hazard = {
  code: 'lint.default-rewrites',
  severity: 'error',
  title: 'A new column with a value of its own for every row writes the whole table anew',
  measures:
    'a column is new (a volatile default, an identity, serial, or generated and stored), and the table has another file',
  why: 'a constant default is kept once for all old rows; a volatile one, a sequence or a stored expression has to be written into each',
  find: perStatement((trace, statement) => {
    const rewritten = rewritesOf(trace, statement)
    const added = changedColumnsOf(trace, statement).filter(
      ({ table, before, after }) =>
        before === null &&
        after !== null &&
        (after.default !== null || after.identity) &&
        (rewritten.includes(table.oid) || table.kind === 'p'),
    )
    const [first] = added
    if (rewritten.length === 0 || !first?.after) return []
    const { name, type, default: value, generated } = first.after
    const table = sqlNameOf(statement, first.table.oid)
    return [
      {
        relation: nameOf(statement, first.table.oid),
        summary: `${listed(added.map((c) => `${nameOf(statement, c.table.oid)}.${c.after?.name ?? ''}`))} needs a value of its own in every row, and all rows are written anew under ${lockWords(lockDuring(statement, first.table.oid))}`,
        fix:
          generated || value === null
            ? `Add a plain column, fill it in batches while a trigger keeps it true, and make it what it shall be afterwards:
alter table ${table} add column ${ident(name)} ${type};`
            : `Add the column without it, let new rows have it, and fill the old ones in batches:
${withSequence(trace, first.after, table).join('\n')}`,
      },
    ]
  }),
}
