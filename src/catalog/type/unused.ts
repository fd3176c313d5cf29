/**
 * Composite and range types: what a column holds of them is shown by the column. One that no column holds can go
 * altogether, and with it the functions that name it.
 */
import { qualified } from '../../postgres/quote.ts'
import { idsOf, makeMutant } from '../make-mutant.ts'
import type { Catalog, Mutant, Structure } from '../structure.ts'
import { retypeColumns } from './columns.ts'

type TypeStructure = Structure<{ readonly schema: string; readonly name: string }>

const dropped = ({ facts }: TypeStructure): string => `drop type ${qualified(facts)} cascade`

export const typeGone = (type: TypeStructure, catalog: Catalog): readonly string[] => {
  const { ddl } = retypeColumns(type, catalog, 'text')
  return ddl.length > 0 ? ddl : [dropped(type)]
}

/** One that anything stands on is broken where that is. */
export const unusedTypeMutants = (type: TypeStructure, catalog: Catalog): readonly Mutant[] =>
  catalog.dependents(type.id).some((s) => s.kind !== 'comment' && s.kind !== 'grant')
    ? []
    : [
        makeMutant(type, {
          does: 'removed',
          effect: 'removed',
          summary: 'the type is gone',
          ddl: [dropped(type)],
          alsoRemoves: idsOf(catalog.dependents(type.id)),
        }),
      ]
