/** The statements that set a view beside the query that was declared for it. */
import { ident, literal } from '../../postgres/quote.ts'
import type { Expected } from '../experiment.ts'
import { rowsAre } from '../draft.ts'

const lines = (query: string): string => `select "assay row"::text as line from (${query}\n) as "assay row"`

/**
 * How many rows one has that the other lacks, and the other way round; rows are compared as text, so that every type
 * can be. Each is run once: planning a query over many tables takes longer than running it.
 */
export const differenceSql = (relation: string, query: string): string => {
  const counted = (sql: string, by: number): string =>
    `select line, ${by} as times from (${sql}) as "assay side"`
  const sides = `${counted(lines(`select * from ${relation}`), 1)} union all ${counted(lines(query), -1)}`
  const sum = (sign: string): string => `cast(coalesce(sum(greatest(${sign}times, 0)), 0) as bigint)`
  return `select ${sum('')} as "too many", ${sum('-')} as "too few" from (select line, sum(times) as times from (${sides}) as "assay sides" group by line) as "assay rows"`
}

export const noDifference: Expected = rowsAre(['0', '0'])

export const columnsSql = (relation: string): string =>
  `select attname, pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute where attrelid = ${literal(relation)}::regclass and attnum > 0 and not attisdropped order by attnum`

/** A relation of the session's own with the columns that are declared, or that the query has. */
export const declaredRelation = (
  query: string,
  shape: Readonly<Record<string, string>> | null,
): { readonly sql: string; readonly relation: string } => ({
  relation: 'pg_temp.assay_declared',
  sql:
    shape === null
      ? `create temp view assay_declared as ${query}`
      : `create temp table assay_declared (${Object.entries(shape)
          .map(([name, type]) => `${ident(name)} ${type}`)
          .join(', ')})`,
})
