/** What a person should know before a designed migration meets a table with rows. */
import { columnOf, tableOf } from '../../catalog/alter.ts'
import type { Finding } from '../../prove/result.ts'
import { isNewTable, type Change, type ChangeContext } from '../changes/change.ts'
import { waitsForRows } from '../changes/column.ts'

export interface Note {
  readonly code: string
  readonly structure: string
  readonly text: string
  readonly why: string
  readonly fix: string
}

const expandFirst =
  'where the table is large or the application runs meanwhile, put the new shape beside the old one first (expand, then contract)'

const ofColumn = (change: Change, context: ChangeContext): Note | null => {
  const { after, does, id } = change
  if (after === null) return null
  const column = columnOf(tableOf(after, context.after), after.name)
  if (does === 'alter')
    return {
      code: 'design.rewrites-table',
      structure: id,
      text: `${id}: PostgreSQL may rewrite the table, and nobody reads or writes it meanwhile.`,
      why: 'values of another type are stored in another way, unless the two are stored alike',
      fix: expandFirst,
    }
  if (column.identity !== null || column.generated === 'stored')
    return {
      code: 'design.rewrites-table',
      structure: id,
      text: `${id}: every row gets a value, so that PostgreSQL rewrites the table, and nobody reads or writes it meanwhile.`,
      why: 'a column that numbers itself or is computed and stored has a value in each row from the start',
      fix: expandFirst,
    }
  const isRequired = context.after.of(after.table ?? '', 'required').some((s) => s.name === after.name)
  if (isRequired && waitsForRows(after, context).has('required'))
    return {
      code: 'design.needs-backfill',
      structure: id,
      text: `${id}: rows that stand already have no value in it; fill them before NOT NULL is validated.`,
      why: 'the column has no default that is the same for every row, so that nothing says what old rows hold',
      fix: 'give the column a default, or fill it between the two stages: assay migrate backfill FILE --url …',
    }
  return null
}

const noteOf = (change: Change, context: ChangeContext): Note | null => {
  if (!context.online || change.does === 'remove' || isNewTable(change.table, context)) return null
  if (change.kind === 'column') return ofColumn(change, context)
  if (change.kind === 'generated')
    return {
      code: 'design.rewrites-table',
      structure: change.id,
      text: `${change.id}: PostgreSQL computes it for every row, and nobody reads or writes the table meanwhile.`,
      why: 'the values of a stored generated column are computed when it is made',
      fix: expandFirst,
    }
  if (change.kind !== 'excludes') return null
  return {
    code: 'design.blocks-writes',
    structure: change.id,
    text: `${change.id}: nobody writes to the table while its index is built.`,
    why: 'PostgreSQL has no online form for an exclusion constraint',
    fix: 'run it when little is written',
  }
}

export const notesOf = (changes: readonly Change[], context: ChangeContext): readonly Note[] =>
  changes.flatMap((change) => noteOf(change, context) ?? [])

export const noteFinding = ({ code, structure, text, why, fix }: Note): Finding => ({
  code,
  severity: 'warning',
  structure,
  summary: text,
  why,
  fix,
})
