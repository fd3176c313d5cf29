/** One table as `export const … = table(…)`, with what it needs around it and what no rule of it states. */
import type { Column, Table } from '../../catalog/table.ts'
import { structureId } from '../../ground/names.ts'
import { ownOrInherited } from '../../rules/inherited.ts'
import { array, arrow, atom, call, entry, expandedObject, type Code } from './code.ts'
import { printKinds } from './kinds.ts'
import { exportConst } from './layout.ts'
import { docLines, key } from './literals.ts'
import type { Left, PrintContext, PrintedRule } from './print-kind.ts'
import { tableName } from './relation-code.ts'
import type { UserTypes } from './user-types.ts'

export interface PrintedTable {
  readonly table: Table
  readonly name: string
  readonly text: string
  /** From 'assay'. */
  readonly imports: readonly string[]
  /** Structure ids of the types that its columns name. */
  readonly types: readonly string[]
  /** Constants of other tables that it names. */
  readonly needs: readonly string[]
  /** Structure ids. */
  readonly claims: readonly string[]
  readonly left: readonly Left[]
}

const commentOf = (table: Table, column: Column, { catalog }: PrintContext): string | null => {
  const comment = catalog.structures.get(structureId(table.id, 'comment', column.name))
  return (comment?.facts as { readonly text?: string } | undefined)?.text ?? null
}

interface PrintedRules {
  readonly rules: readonly PrintedRule[]
  readonly body: readonly Code[]
  readonly left: readonly Left[]
}

const printRules = (table: Table, context: PrintContext): PrintedRules => {
  const printed = printKinds.map((print) => print(table, context))
  const { structures } = context.catalog
  // Of a platform's table only what the project put on it is in the catalog.
  const rules = printed
    .flatMap((one) => one.rules)
    .filter(({ claims }) => claims.length === 0 || claims.some((id) => structures.has(id)))
  return {
    rules,
    body: rules.length === 0 ? [] : [arrow('(t)', array(rules.map((rule) => rule.code)))],
    left: printed.flatMap((one) => one.left ?? []),
  }
}

export const printTable = (
  table: Table,
  name: string,
  types: UserTypes,
  context: PrintContext,
): PrintedTable => {
  const uses = table.columns.map((column) => ({ column, type: types.columnType(column) }))
  const columns = expandedObject(
    uses.map(({ column, type }) =>
      entry(key(column.name), type.code, docLines(commentOf(table, column, context))),
    ),
  )
  const { rules, body, left } = printRules(table, context)
  return {
    table,
    name,
    text: exportConst(name, call('table', tableName(table), columns, ...body), docLines(table.comment)),
    imports: ['table', ...uses.flatMap(({ type }) => type.imports)],
    types: uses.flatMap(({ type }) => type.types),
    needs: [],
    claims: [
      structureId(table.id, 'table'),
      ...table.columns.flatMap((c) => ownOrInherited(context.catalog, table.id, 'column', c.name) ?? []),
      ...uses.flatMap(({ type }) => type.types),
      ...rules.flatMap((rule) => rule.claims),
    ],
    left,
  }
}

/** A partition that has structures of its own: `whole` is the constant of its table, which says the rest. */
export const printPartition = (
  table: Table,
  name: string,
  whole: string,
  context: PrintContext,
): PrintedTable => {
  const { rules, body, left } = printRules(table, context)
  const code = call('partition', tableName(table), atom(whole), ...body)
  return {
    table,
    name,
    text: exportConst(name, code, docLines(table.comment)),
    imports: ['partition'],
    types: [],
    needs: [whole],
    claims: rules.flatMap((rule) => rule.claims),
    left,
  }
}
