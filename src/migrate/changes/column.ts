/** A column added with what stands inside its definition, dropped, or given another type. */
import { alterColumn, alterTable, columnOf, tableOf } from '../../catalog/alter.ts'
import type { CheckFacts } from '../../catalog/check.ts'
import { forbidsTypeChange } from '../../catalog/type/change.ts'
import { columnKeys } from '../../catalog/dependency/dependents.ts'
import { defaultsOf } from '../../catalog/default.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import { alone, together, asOwner, type ChangeContext, type ChangeKind } from './change.ts'
import { rewrites, type Note } from './note.ts'
import { roundsNotes, usingOf } from './retype.ts'
import { aroundStanding } from './standing.ts'
import { columnSql } from './table.ts'

const defaultOf = (catalog: Catalog, table: string, column: string) =>
  defaultsOf(catalog, table).find((s) => s.name === column)

/** What ADD COLUMN cannot say without rewriting the table or reading its rows; it follows as changes of its own. */
export const waitsForRows = (structure: Structure, context: ChangeContext): ReadonlySet<string> => {
  const { after, online } = context
  const table = tableOf(structure, after)
  const standing = defaultOf(after, table.id, structure.name)
  const column = columnOf(table, structure.name)
  if (!online || column.identity !== null || column.generated !== null) return new Set()
  const isFilled =
    standing !== undefined &&
    standing.facts.sequence === null &&
    !context.isVolatile(standing.facts.expression)
  return isFilled ? new Set() : new Set(['default', 'required'])
}

/** Whether rows that stand have no value for it, and it asks for one. */
export const leavesRowsWithout = (structure: Structure, context: ChangeContext): boolean => {
  const table = tableOf(structure, context.after)
  const column = columnOf(table, structure.name)
  const isRequired = context.after.of(table.id, 'required').some(({ name }) => name === structure.name)
  if (!isRequired || column.identity !== null || column.generated !== null) return false
  return (
    defaultOf(context.after, table.id, structure.name) === undefined ||
    waitsForRows(structure, context).has('required')
  )
}

/** Dependents that PostgreSQL does not carry through, dropped before and made again after. */
const around = (before: Catalog, after: Catalog, table: string, column: string) =>
  aroundStanding(before, after, columnKeys(before, table, column), ({ kind }) => forbidsTypeChange.has(kind))

const notesOfType = (id: string, { effects }: ChangeContext): readonly Note[] => {
  const effect = effects?.get(id)
  if (effect === undefined)
    return [
      {
        ...rewrites(
          id,
          [],
          'values of another type are stored in another way, unless the two are stored alike',
        ),
        text: `${id}: PostgreSQL may rewrite the table, and nobody reads or writes it meanwhile.`,
      },
    ]
  if (effect.rewritten.length > 0)
    return [rewrites(id, effect.rewritten, 'values of the new type are stored in another way')]
  if (effect.rebuilt.length === 0) return []
  return [
    {
      code: 'design.rebuilds-index',
      structure: id,
      text: `${id}: the rows stay as they are, but PostgreSQL builds ${effect.rebuilt.join(', ')} anew, and nobody reads or writes the table meanwhile.`,
      why: 'an index with an expression, a predicate or another order of values is not taken over for the new type',
      fix: 'where the table is large, drop these indexes before (drop index concurrently) and build them again afterwards (create index concurrently), in migrations of their own',
    },
  ]
}

const notesOfNew = (after: Structure, context: ChangeContext): readonly Note[] => {
  const { id } = after
  const column = columnOf(tableOf(after, context.after), after.name)
  if (column.identity !== null || column.generated === 'stored')
    return [
      rewrites(
        id,
        [after.table ?? ''],
        'a column that numbers itself or is computed and stored has a value in each row from the start',
      ),
    ]
  const isRequired = context.after.of(after.table ?? '', 'required').some((s) => s.name === after.name)
  if (!isRequired || !waitsForRows(after, context).has('required')) return []
  return [
    {
      code: 'design.needs-backfill',
      structure: id,
      text: `${id}: rows that stand already have no value in it; fill them before NOT NULL is validated.`,
      why: 'the column has no default that is the same for every row, so that nothing says what old rows hold',
      fix: 'give the column a default, or fill it between the two stages: assay migrate backfill FILE --url …',
    },
  ]
}

/** CHECKs over the column, which PostgreSQL would put to every row again under its lock. */
const checksOn = (before: Catalog, after: Catalog, table: Table, name: string): readonly Structure[] => {
  const over = new Set(
    columnKeys(before, table.id, name).flatMap((key) =>
      before.dependencies
        .on(key)
        .filter(({ kind, relation }) => kind === 'check' && relation === table.id)
        .map((check) => check.name),
    ),
  )
  return before.of(table.id, 'check').flatMap((check) => {
    const next = after.structures.get(check.id)
    if (!over.has(check.name) || next?.name !== check.name) return []
    const { notValid, notEnforced } = next.facts as CheckFacts
    return notValid || notEnforced ? [] : [next]
  })
}

export const columnChange: ChangeKind = {
  isGround: true,
  notes: ({ id, does, before, after }, context) => {
    if (after === null) return []
    if (does !== 'alter' || before === null) return notesOfNew(after, context)
    const was = columnOf(tableOf(before, context.before), before.name)
    const is = columnOf(tableOf(after, context.after), after.name)
    return [...notesOfType(id, context), ...roundsNotes(id, after.name, [was, is])]
  },
  make: (structure, context) => {
    const { after } = context
    const table = tableOf(structure, after)
    const leaveOut = waitsForRows(structure, context)
    const definition = columnSql(after, table, columnOf(table, structure.name), leaveOut)
    const standing = defaultOf(after, table.id, structure.name)
    const sequence = leaveOut.has('default') ? null : (standing?.facts.sequence ?? null)
    return together(
      `${alterTable(table)} add column ${definition}`,
      ...(standing && sequence
        ? [
            `create sequence if not exists ${qualified(sequence)} as ${sequence.type} owned by ${qualified(table)}.${ident(structure.name)}`,
            `${alterColumn(table, structure.name)} set default ${standing.facts.expression}`,
          ]
        : []),
    )
  },
  alter: (old, next, { before, after, online }) => {
    const table = tableOf(next, after)
    const { before: away, after: again } = around(before, after, table.id, next.name)
    const alter = alterColumn(table, next.name)
    // A default of the old type may not be one of the new type; another one is a change of its own.
    const had = defaultOf(before, table.id, old.name)
    const has = defaultOf(after, table.id, next.name)
    const column = columnOf(table, next.name)
    const { type, generated, collation: own } = column
    const collation = own === null ? '' : ` collate ${own}`
    const was = columnOf(tableOf(old, before), old.name)
    const using = generated === null ? usingOf(next.name, was, column) : ''
    const checks = online ? checksOn(before, after, table, next.name) : []
    const tableSql = alterTable(table)
    return [
      ...together(
        ...asOwner(away),
        ...checks.map(({ name }) => `${tableSql} drop constraint ${ident(name)}`),
        ...(had ? [`${alter} drop default`] : []),
        `${alter} type ${type}${collation}${using}`,
        ...(had && has?.definition === had.definition
          ? [`${alter} set default ${has.facts.expression}`]
          : []),
        ...checks.map(
          ({ name, definition }) => `${tableSql} add constraint ${ident(name)} ${definition} not valid`,
        ),
        ...asOwner(again),
      ),
      ...alone(...checks.map(({ name }) => `${tableSql} validate constraint ${ident(name)}`)),
    ]
  },
  remove: (structure, { before }) => {
    const table = tableOf(structure, before)
    return together(`${alterTable(table)} drop column ${ident(structure.name)}`)
  },
}
