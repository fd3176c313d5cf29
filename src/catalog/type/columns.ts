/** The columns whose values are of a declared type, directly, in an array, or through a type that is made of it. */
import { columnOf } from '../alter.ts'
import { changeType, restoreType } from './change.ts'
import { literal } from '../../postgres/quote.ts'
import type { Catalog, Structure } from '../structure.ts'
import type { Column, Table } from '../table.ts'

/** A column of a partition follows its parent's, which is listed for both. */
const columnsOfType = (type: Structure, catalog: Catalog): readonly { table: Table; column: Column }[] =>
  catalog
    .dependents(type.id)
    .filter((s) => s.kind === 'column')
    .flatMap((s) => {
      const table = catalog.tables.get(s.table ?? '')
      return table && table.partitionOf === null ? [{ table, column: columnOf(table, s.name) }] : []
    })

/** What cannot stand while some of the columns are of the one type and some of the other is gone already. */
const unlessItIsGone = (statement: string): string =>
  `do ${literal(`begin execute ${literal(statement)}; exception when undefined_object or undefined_table or undefined_column or undefined_function then null; end`)}`

const takesAway = /^(?:drop |alter table (?:(?!'|\$).)* drop )/isu

/** Several columns of the type may stand under one structure, which each change takes away. */
const onceGone = (ddl: readonly string[]): readonly string[] => {
  const seen = new Set<string>()
  return ddl.map((statement) => {
    const again = seen.has(statement) && takesAway.test(statement)
    seen.add(statement)
    return again ? unlessItIsGone(statement) : statement
  })
}

/** Every such column gets the other type; what stands on it and can stand on the other type is made again. */
export const retypeColumns = (
  type: Structure,
  catalog: Catalog,
  to: string,
): { readonly ddl: readonly string[]; readonly removes: readonly string[] } => {
  const changes = columnsOfType(type, catalog).map(({ table, column }) =>
    changeType(catalog, table, column, to),
  )
  return {
    ddl: onceGone(changes.flatMap((c) => c.ddl)),
    removes: [...new Set(changes.flatMap((c) => c.removes))],
  }
}

export const restoreColumns = (type: Structure, catalog: Catalog): readonly string[] =>
  columnsOfType(type, catalog).map(({ table, column }) => restoreType(catalog, table, column))

/** CREATE TYPE and CREATE DOMAIN have no IF NOT EXISTS. */
export const unlessItIsThere = (statement: string): string =>
  `do ${literal(`begin execute ${literal(statement)}; exception when duplicate_object then null; end`)}`
