/** Triggers of a key with their functions, and who may run these: they stand while the change lasts. */
import type { Catalog } from '../../../catalog/structure.ts'
import { syncIds } from '../columns-open.ts'
import type { KeyShape } from '../shape.ts'

export const syncIdsOf = ({ parts }: KeyShape, catalog: Catalog): readonly string[] => {
  const own = parts.flatMap((part) => syncIds(part))
  const rights = [...catalog.structures.keys()].filter((id) =>
    own.some((one) => id.startsWith(`${one}/grant:`)),
  )
  return [...own, ...rights]
}
