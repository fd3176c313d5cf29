/** ALTER COLUMN TYPE as a mend: views, policies and triggers that read the columns are dropped before and made again after. */
import { alterColumn } from '../../catalog/alter.ts'
import { forbidsTypeChange } from '../../catalog/type/change.ts'
import { aroundChange, columnKeys } from '../../catalog/dependency/dependents.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { ident } from '../../postgres/quote.ts'

export interface TypeChange {
  readonly table: Table
  readonly column: Column
  readonly type: string
  /** Absent: PostgreSQL's own conversion. */
  readonly using?: string
}

/** A reader would not find the change among so many statements. */
const mostAround = 60

/** All of them in one go: what reads two of the columns is made again once. */
export const alterTypes = (catalog: Catalog, changes: readonly TypeChange[]): readonly string[] => {
  const keys = changes.flatMap(({ table, column }) => columnKeys(catalog, table.id, column.name))
  const { before, after } = aroundChange(catalog, keys, ({ kind }) =>
    forbidsTypeChange.has(kind) ? 'remake' : 'keep',
  )
  const alters = changes.map(
    ({ table, column, type, using }) =>
      `${alterColumn(table, column.name)} type ${type}${using === undefined ? '' : ` using ${using}`}`,
  )
  const isReadable = before.length + after.length <= mostAround
  // The copy has an owner of its own: who owns the tables of the original makes views again as theirs.
  const owners = new Set(changes.map(({ table }) => ` owner to ${ident(table.owner)}`))
  const kept = after.filter((sql) => ![...owners].some((owner) => sql.endsWith(owner)))
  const asOwner = kept.length < after.length ? ['-- as the owner of the table, who then has them again:'] : []
  const statements = isReadable ? [...before, ...alters, ...kept] : alters
  return [...(isReadable ? asOwner : []), ...statements.map((sql) => `${sql};`)]
}
