/** What PostgreSQL says of a statement with `$1`, `$2`, … before it has values: the types of these, and its plan. */

const name = 'assay_statement'

/** Stands before the statement: positions in a fault count from its start. */
export const prepareHead = `prepare ${name} as `

const prepare = (sql: string): string => `${prepareHead}${sql}\n`

/** The plan whatever the values are, where no table is read whole that an index can be found for. In a transaction. */
export const genericPlan = (sql: string, parameters: number): readonly string[] => {
  const values = Array.from({ length: parameters }, () => 'null').join(', ')
  return [
    prepare(sql),
    'set local enable_seqscan = off; set local enable_partition_pruning = off; set local plan_cache_mode = force_generic_plan; set local jit = off',
    `explain (verbose, format json, costs off) execute ${name}${parameters === 0 ? '' : `(${values})`}`,
    `deallocate ${name}`,
  ]
}

/** One row for each of its parameters, in a column `type`. */
export const parameterTypes = (sql: string): readonly string[] => [
  prepare(sql),
  `select t.type::pg_catalog.text as type
     from pg_catalog.pg_prepared_statements s,
          lateral pg_catalog.unnest(s.parameter_types) with ordinality t(type, at)
    where s.name = '${name}' order by t.at`,
  `deallocate ${name}`,
]
