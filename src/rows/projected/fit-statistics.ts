/**
 * Statistics of another version of the schema on this one: what both have is taken, what only they have is left, and
 * what only this one has is known to nobody.
 */
import { relationId } from '../../ground/names.ts'
import type { DatabaseStatistics, TableStatistics } from './statistics.ts'

/** What this version has, and the statistics say nothing of. */
export interface Misfit {
  /** Relation id. */
  readonly table: string
  /** Null: nothing of the whole table. */
  readonly column: string | null
  readonly text: string
}

export interface FittedStatistics {
  /** With exactly the tables and columns of this version. */
  readonly statistics: DatabaseStatistics
  readonly misfits: readonly Misfit[]
}

interface FittedTable {
  readonly table: TableStatistics
  readonly misfits: readonly Misfit[]
}

const fitTable = (here: TableStatistics, there: TableStatistics | undefined): FittedTable => {
  const id = relationId(here)
  if (there === undefined) {
    // Time adds partitions, and a new one is as empty as it is here.
    const misfits = here.partitionOf === null ? [{ table: id, column: null, text: `${id} is only here` }] : []
    return { table: here, misfits }
  }
  if (there.kind !== here.kind)
    return {
      table: here,
      misfits: [{ table: id, column: null, text: `${id} is another kind of relation here` }],
    }
  const known = new Map(there.columns.map((column) => [column.name, column]))
  const misfits: Misfit[] = []
  const columns = here.columns.map((column) => {
    const { name: own, type } = column
    const other = known.get(own)
    if (other?.type === type) return { ...other, position: column.position }
    const text =
      other === undefined
        ? `${id}.${own} is only here`
        : `${id}.${own} is ${other.type} there and ${type} here`
    misfits.push({ table: id, column: own, text })
    return column
  })
  const isSame = misfits.length === 0 && there.columns.length === here.columns.length
  // These name columns by their places.
  return { table: { ...there, columns, extended: isSame ? there.extended : [] }, misfits }
}

/** `here`: the structure that plans are made on. */
export const fitStatistics = (there: DatabaseStatistics, here: DatabaseStatistics): FittedStatistics => {
  const known = new Map(there.tables.map((table) => [relationId(table), table]))
  const fitted = here.tables.map((table) => fitTable(table, known.get(relationId(table))))
  return {
    statistics: { ...there, tables: fitted.map(({ table }) => table) },
    misfits: fitted.flatMap(({ misfits }) => misfits),
  }
}
