/** A column added with what stands inside its definition, dropped, or given another type. */
import { alterColumn, alterTable, columnOf, tableOf } from '../../catalog/alter.ts'
import { forbidsTypeChange } from '../../catalog/type/change.ts'
import { columnKeys } from '../../catalog/dependency/dependents.ts'
import { defaultsOf } from '../../catalog/default.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import { together, asOwner, type ChangeContext, type ChangeKind } from './change.ts'
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

/** Dependents that PostgreSQL does not carry through, dropped before and made again after. */
const around = (before: Catalog, after: Catalog, table: string, column: string) =>
  aroundStanding(before, after, columnKeys(before, table, column), ({ kind }) => forbidsTypeChange.has(kind))

export const columnChange: ChangeKind = {
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
  alter: (old, next, { before, after }) => {
    const table = tableOf(next, after)
    const column = columnOf(table, next.name)
    const { before: away, after: again } = around(before, after, table.id, next.name)
    const alter = alterColumn(table, next.name)
    // A default of the old type may not be one of the new type; another one is a change of its own.
    const had = defaultOf(before, table.id, old.name)
    const has = defaultOf(after, table.id, next.name)
    const collation = column.collation === null ? '' : ` collate ${column.collation}`
    const using = column.generated === null ? ` using ${ident(next.name)}::${column.type}` : ''
    return together(
      ...asOwner(away),
      ...(had ? [`${alter} drop default`] : []),
      `${alter} type ${column.type}${collation}${using}`,
      ...(had && has?.definition === had.definition ? [`${alter} set default ${has.facts.expression}`] : []),
      ...asOwner(again),
    )
  },
  remove: (structure, { before }) => {
    const table = tableOf(structure, before)
    return together(`${alterTable(table)} drop column ${ident(structure.name)}`)
  },
}
