/** One way in which the rows under a view may differ from how they stand, as a statement that PostgreSQL may refuse. */
import type { Catalog } from '../../catalog/structure.ts'
import { primaryKeysOf } from '../../catalog/primary-key.ts'
import { referencesOf } from '../../catalog/references.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { uniquesOf } from '../../catalog/unique.ts'

/**
 * `meets`: a row has all that is asked of its table alone; `pairs`: rows of two tables meet; `gathers`: rows share what
 * they point to; `alike`: they say the same; `copies`: there are more rows;
 * `alone`: the first row is the only one; `asks`: somebody whom rows are about reads it.
 */
export type Promised = 'asks' | 'meets' | 'pairs' | 'gathers' | 'alike' | 'copies' | 'alone'

export interface RowChange {
  /** Completes "with …". */
  readonly title: string
  readonly sql: string
  /** What it may make a query show: such changes are tried together, too. */
  readonly promises?: Promised
  /** Relation id of the table that it changes. */
  readonly table: string
  /** Of a single value: its column. */
  readonly value?: { readonly table: string; readonly column: string; readonly sql: string }
}

export const isWritable = (column: Column): boolean =>
  column.generated === null && column.identity !== 'always'

/** Columns of primary keys and unique keys. */
export const keyColumns = (catalog: Catalog, table: Table): ReadonlySet<string> =>
  new Set([
    ...primaryKeysOf(catalog, table.id).flatMap(({ facts }) => facts.columns),
    ...uniquesOf(catalog, table.id).flatMap(({ facts }) => facts.keys.flatMap((key) => key.column ?? [])),
  ])

/** Columns of foreign keys: their values are those of other families. */
export const pointers = (catalog: Catalog, table: Table): ReadonlySet<string> =>
  new Set(referencesOf(catalog, table.id).flatMap(({ facts }) => facts.columns))
