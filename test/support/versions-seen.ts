/** What a test has seen a versioned table hold, moment by moment, and what its history says otherwise. */
import type { RelationName } from '../../src/ground/names.ts'
import { ident, qualified } from '../../src/postgres/quote.ts'
import { writtenColumns } from './write-sequences.ts'

const gathered = (from: string): string =>
  `(select coalesce(array_agg(line order by line collate "C"), '{}')::text from (select row(${Object.keys(
    writtenColumns,
  )
    .map((name) => `r.${ident(name)}`)
    .join(', ')})::text as line from ${from}) as lines)`

/** Statements over a table `seen`, which `create` makes. */
export interface VersionsSeen {
  readonly create: string
  readonly clear: string
  /** After a transaction: the moment, the rows of the table and the open versions of its history. */
  readonly remember: string
  /** One row a disagreement: moments that the history answers otherwise, transactions behind which it was not the table. */
  readonly wrong: string
}

export const versionsSeen = (table: RelationName, historyTable: RelationName): VersionsSeen => {
  const present = qualified(table)
  const history = qualified(historyTable)
  return {
    create: 'create table seen (at timestamptz, held text, open text)',
    clear: 'truncate seen',
    remember: `insert into seen select clock_timestamp(), ${gathered(`${present} as r`)}, ${gathered(`${history} as r where upper_inf(r.valid)`)}`,
    wrong: `
select 'open versions' where exists (select from seen where held <> open)
union all
select 'as of' where exists (select from seen where held <> ${gathered(`${history} as r where r.valid @> seen.at`)})
union all
select 'before' where exists (select from ${history} where valid @> timestamptz '2000-01-01')
union all
select 'empty' where exists (select from ${history} where isempty(valid))`,
  }
}
