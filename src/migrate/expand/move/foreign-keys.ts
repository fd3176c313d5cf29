/** Foreign keys of a table that is put aside: no write of another table may fail because of it. */
import { kindOfStructure } from '../../../catalog/kind-of.ts'
import type { Catalog } from '../../../catalog/structure.ts'
import { relationId } from '../../../ground/names.ts'
import type { MoveShape } from '../shape.ts'

export const foreignKeySql = ({ other }: MoveShape, catalog: Catalog): readonly string[] =>
  catalog
    .of(relationId(other), 'references')
    .flatMap((structure) => kindOfStructure(structure).drop(structure, catalog))
