/** A column of a key, of a foreign key, or one that is numbered, computed or read: it is renamed itself, and another one serves the old name. */
import { structureName } from '../../../rules/ddl.ts'
import type { GeneratedFacts } from '../../../catalog/generated.ts'
import { contractColumns, forgetColumns } from '../columns-close.ts'
import { openInPlace } from '../in-place/open.ts'
import { standsInPlace } from '../in-place/stands.ts'
import { phases, type ColumnsShape } from '../shape.ts'
import { formerColumns, isStated, pair, standingType, wantedType } from './columns.ts'
import type { FoundTable, ShapeKind } from './shape-kind.ts'

interface Renamed {
  readonly from: string
  readonly to: string
}

/** Of the same type, and told from the other name by nothing else. */
export const isRenamedInPlace = (found: FoundTable, { from, to }: Renamed): boolean =>
  standingType(found, from) === wantedType(found, to) &&
  !isStated(found, from, to) &&
  standsInPlace(found.catalog, found.standing, from)

/** What a domain forbids is forbidden to the column that stands; the one beside it would be looked at row by row. */
const plainType = ({ standing }: FoundTable, column: string, type: string): string => {
  const known = standing.columns.find(({ name }) => name === column)
  return known?.typeKind === 'domain' ? known.baseType : type
}

const shapeOf = (found: FoundTable, all: readonly Renamed[]): readonly ColumnsShape[] => {
  const [first] = all
  if (first === undefined) return []
  const { declared, catalog, standing } = found
  const pairs = all.map(({ from, to }) => {
    const { olds, news } = pair(found, from, to)
    const facts = catalog
      .of(standing.id, 'generated')
      .map((one) => one.facts as GeneratedFacts)
      .find(({ column }) => column === from)
    return {
      olds: olds.map((one) => ({ ...one, type: plainType(found, from, one.type) })),
      news: news.map((one) => ({
        ...one,
        type: plainType(found, from, one.type),
        ...(facts === undefined ? {} : { computed: facts.expression }),
      })),
    }
  })
  return [
    {
      kind: 'rename-in-place',
      name: structureName(declared.id, ...all.map(({ from }) => from), 'to', ...all.map(({ to }) => to)),
      table: { schema: declared.schema, name: declared.name },
      olds: pairs.flatMap(({ olds }) => olds),
      news: pairs.flatMap(({ news }) => news),
      types: [],
    },
  ]
}

export const renameInPlace: ShapeKind<ColumnsShape> = {
  kinds: ['rename-in-place'],
  phases,
  find: (found) =>
    shapeOf(
      found,
      formerColumns(found).filter((one) => isRenamedInPlace(found, one)),
    ),
  open: openInPlace,
  contract: contractColumns,
  forget: forgetColumns,
}
