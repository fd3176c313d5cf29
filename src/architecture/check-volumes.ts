/** What can be wrong with declared volumes: names that are not there, shares and numbers that cannot be. */
import type { AssayError } from '../ground/errors.ts'
import { relationMeant } from '../ground/names.ts'
import { nearestName } from '../ground/nearest-name.ts'
import type { DeclaredTable } from './architecture.ts'
import { declarationFault } from './rule-set.ts'
import type { DeclaredAt } from './rule.ts'
import type { ColumnVolumeWish, TableVolumeWish } from './volume.ts'

interface VolumesPlace {
  readonly name: string
  readonly at: DeclaredAt | null
  readonly tables: readonly Pick<DeclaredTable, 'id' | 'schema' | 'name' | 'columns'>[]
}

const unknown = (what: string, name: string, known: readonly string[]): string => {
  const near = nearestName(name, known)
  return near === null ? `Name a ${what} that is there: ${known.join(', ')}.` : `Did you mean "${near}"?`
}

/** What is wrong with one column's wish; null when nothing is. */
const wrongWish = (wish: ColumnVolumeWish, columns: readonly string[]): string | null => {
  const { nulls, zipf, distinct, uniform, normal, weights, after, rising } = wish
  if (nulls !== undefined && !(nulls >= 0 && nulls <= 1)) return 'nulls is a share from 0 to 1'
  if (zipf !== undefined && !(zipf >= 0 && zipf <= 4)) return 'zipf is an exponent from 0 to 4'
  if (distinct !== undefined && !(Number.isSafeInteger(distinct) && distinct > 0))
    return 'distinct is a whole number above 0'
  if (uniform && !(uniform[0] <= uniform[1])) return 'uniform goes from the less to the greater number'
  if (normal && !(normal[1] > 0)) return 'normal is a mean and a deviation above 0'
  if (weights && !Object.values(weights).some((weight) => weight > 0)) return 'no weight is above 0'
  if (weights && Object.values(weights).some((weight) => !(weight >= 0))) return 'a weight is below 0'
  if (rising && (zipf !== undefined || normal || weights || after))
    return 'rising says in what order values come: it goes with uniform, distinct and nulls alone'
  if (after && !columns.includes(after[0])) return `after names "${after[0]}", which is not a column`
  return null
}

export const checkVolumes = (
  volumes: Readonly<Record<string, TableVolumeWish>>,
  place: VolumesPlace,
): readonly AssayError[] =>
  Object.entries(volumes).flatMap(([id, volume]) => {
    const fault = (message: string, mend: string): AssayError =>
      declarationFault(place, 'volume', `${place.name}: ${message}`, mend)
    const table = relationMeant(id, place.tables)
    if (!table)
      return [
        fault(
          `volumes names "${id}", which is not among the tables.`,
          unknown(
            'table',
            id,
            place.tables.map((t) => t.id),
          ),
        ),
      ]
    const columns = table.columns.map(({ name }) => name)
    const { rows } = volume
    const wrongRows = rows !== undefined && !(Number.isSafeInteger(rows) && rows >= 0)
    return [
      ...(wrongRows
        ? [fault(`the rows of "${id}" are no whole number.`, 'Write them so: rows: 5_000_000')]
        : []),
      ...Object.entries(volume.columns ?? {}).flatMap(([name, wish]) => {
        if (!columns.includes(name))
          return [
            fault(`volumes names "${id}.${name}", which is not a column.`, unknown('column', name, columns)),
          ]
        const wrong = wrongWish(wish, columns)
        return wrong === null
          ? []
          : [fault(`the volume of "${id}.${name}" cannot be: ${wrong}.`, 'Correct it.')]
      }),
    ]
  })

/** By relation id, however they are named. */
export const volumesById = (
  volumes: Readonly<Record<string, TableVolumeWish>>,
  tables: VolumesPlace['tables'],
): Readonly<Record<string, TableVolumeWish>> =>
  Object.fromEntries(
    Object.entries(volumes).map(([name, volume]) => [relationMeant(name, tables)?.id ?? name, volume]),
  )
