/** Indexes that no declared query needs, with what they cost. */
import type { Catalog, Structure } from '../catalog/structure.ts'
import { ident, qualified } from '../postgres/quote.ts'
import type { Finding } from '../prove/result.ts'
import { relationOfId } from '../rules/ddl.ts'
import type { IndexCost } from './result.ts'

/** "it takes 34 bytes of disk for each row, and each insert …" */
export const costText = ({
  bytesPerRow,
  buffersPerInsert,
  walPerInsert,
}: Pick<IndexCost, 'bytesPerRow' | 'buffersPerInsert' | 'walPerInsert'>): string =>
  `it takes ${bytesPerRow} bytes of disk for each row${buffersPerInsert === null || walPerInsert === null ? '' : `, and each insert looks at ${buffersPerInsert} buffers and writes ${walPerInsert} bytes of the write-ahead log more`}`

interface Columns {
  readonly columns?: readonly string[]
  readonly keys?: readonly { readonly column: string | null }[]
}

/** The foreign key whose rows it finds when the row that they point to goes. */
const foreignKeyServed = (index: Structure, catalog: Catalog): Structure | undefined => {
  const leading = ((index.facts as Columns).keys ?? []).map(({ column }) => column)
  return catalog.of(index.table ?? '').find((structure) => {
    const columns = structure.kind === 'references' ? ((structure.facts as Columns).columns ?? []) : []
    return columns.length > 0 && columns.every((column) => leading.slice(0, columns.length).includes(column))
  })
}

export const costFindings = (indexes: readonly IndexCost[], catalog: Catalog): readonly Finding[] =>
  indexes
    .filter(({ neededBy, otherRules }) => neededBy.length === 0 && otherRules.length === 0)
    .map((cost): Finding => {
      const index = catalog.structures.get(cost.structure)!
      const served = foreignKeyServed(index, catalog)
      const drop = `drop index ${qualified({ schema: relationOfId(cost.table).schema, name: cost.name })};`
      return {
        code: 'index.unneeded',
        severity: served ? 'note' : 'warning',
        structure: cost.structure,
        summary: `${cost.table}: no budget breaks without the index ${ident(cost.name)}`,
        why: `no declared query needs it, and ${costText(cost)}${served ? `; it also finds the rows of ${served.id} when what they point to is deleted` : ''}`,
        fix: `Declare the query that needs it, or drop it in a migration:\n${drop}`,
      }
    })
