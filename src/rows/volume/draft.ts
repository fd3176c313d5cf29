/** A table's volume while it is planned. What is settled of a column is not chosen again. */
import type { Column } from '../../catalog/table.ts'
import type { TableFacts } from '../facts.ts'
import { makerColumn, makerOf } from './makers/makers.ts'
import type { Maker, MakerColumn } from './makers/maker.ts'
import type { Link, Pool, Source, TableVolume } from './volume-plan.ts'

export interface DraftColumn {
  readonly column: Column
  readonly making: MakerColumn
  /** Null: nothing is known that makes its values; the column is null or its default. */
  source: Source | null
  nulls: number
  /** Keys or links stand on it: its values are not to be exchanged for others. */
  isFixed: boolean
}

export interface TableDraft {
  readonly facts: TableFacts
  count: number
  readonly columns: ReadonlyMap<string, DraftColumn>
  readonly links: Link[]
  readonly pools: Pool[]
}

export const openDraft = (facts: TableFacts, count: number): TableDraft => {
  const columns = facts.table.columns.filter((column) => column.generated === null)
  return {
    facts,
    count,
    columns: new Map(
      columns.map((column) => [
        column.name,
        { column, making: makerColumn(column, facts.table.name), source: null, nulls: 0, isFixed: false },
      ]),
    ),
    links: [],
    pools: [],
  }
}

export const makerFor = ({ making }: Pick<DraftColumn, 'making'>, isDistinct: boolean): Maker | null =>
  makerOf(making, { isDistinct })

export const volumeOf = (draft: TableDraft): TableVolume => {
  const { id, schema, name } = draft.facts.table
  return {
    id,
    schema,
    name,
    count: draft.count,
    links: draft.links,
    pools: draft.pools,
    columns: [...draft.columns.values()].flatMap(({ making, source, nulls }) =>
      source === null ? [] : [{ column: making, source, nulls }],
    ),
  }
}
