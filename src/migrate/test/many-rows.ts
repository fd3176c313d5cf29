/**
 * One insert of many rows that every constraint takes: values by type, references to rows that are there, and only
 * those of them that the CHECKs and the partitions let in. Triggers fire, as they do for every other row.
 */
import { checksOf } from '../../catalog/check.ts'
import type { ReferencesFacts } from '../../catalog/foreign-key.ts'
import { referencesOf } from '../../catalog/references.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, identList, qualified } from '../../postgres/quote.ts'

export interface ManyRows {
  readonly table: Table
  /** Column → expression over `n`, the row's number. Generated columns are left out. */
  readonly values: ReadonlyMap<string, string>
  /** Conditions of which one must be true of a row so that it has a place; none: it has one. */
  readonly bounds: readonly string[]
  readonly count: number
  /** Number of the first: rows of other numbers have other keys. */
  readonly from: number
  /** Whether what may be missing is missing in some rows, in each of them something else. */
  readonly hasGaps: boolean
}

/** One in so many rows has no value in a column. */
const gapEvery = 10

interface Reference {
  readonly facts: ReferencesFacts
  readonly target: Table
  readonly alias: string
  /** Its columns whose values an earlier reference has given. */
  readonly given: ReadonlyMap<string, string>
  readonly own: readonly string[]
}

/** In order of their width: what a wide one has given binds the narrower ones. */
const referencesIn = (table: Table, catalog: Catalog): readonly Reference[] => {
  const givenBy = new Map<string, string>()
  return referencesOf(catalog, table.id)
    .toSorted((a, b) => b.facts.columns.length - a.facts.columns.length)
    .flatMap(({ facts }, i): Reference[] => {
      const target = catalog.tables.get(facts.target)
      if (!target || facts.period) return []
      const alias = `parent_${i + 1}`
      const given = new Map(facts.columns.flatMap((c) => (givenBy.has(c) ? [[c, givenBy.get(c)!]] : [])))
      const own = facts.columns.filter((c) => !given.has(c))
      for (const column of own) {
        const at = facts.targetColumns[facts.columns.indexOf(column)] ?? ''
        givenBy.set(column, `${alias}.${ident(at)}`)
      }
      return own.length === 0 ? [] : [{ facts, target, alias, given, own }]
    })
}

/** Of its rows only those that have a match for what later references share with it. */
const sharedSql = (own: Reference, later: readonly Reference[]): readonly string[] =>
  later.flatMap(({ facts, target, given }) => {
    const pairs = [...given].flatMap(([column, value]) => {
      if (!value.startsWith(`${own.alias}.`)) return []
      const at = facts.targetColumns[facts.columns.indexOf(column)] ?? ''
      return [`shared.${ident(at)} = there${value.slice(own.alias.length)}`]
    })
    return pairs.length === 0
      ? []
      : [`exists (select from ${qualified(target)} as shared where ${pairs.join(' and ')})`]
  })

/** A row of the target for every number: scattered, and the same in every run. */
const parentSql = (reference: Reference, at: number, all: readonly Reference[]): string => {
  const { facts, target, alias, given } = reference
  const bound = facts.columns.flatMap((column, i) => {
    const value = given.get(column)
    return value === undefined ? [] : [`there.${ident(facts.targetColumns[i] ?? '')} = ${value}`]
  })
  const present = facts.targetColumns.map((column) => `there.${ident(column)} is not null`)
  const key = facts.targetColumns.map((column) => `there.${ident(column)}`)
  return `left join lateral (
    select ${key.join(', ')} from ${qualified(target)} as there
     where ${[...bound, ...present, ...sharedSql(reference, all.slice(at + 1))].join(' and ')}
     order by pg_catalog.hashtext(pg_catalog.concat_ws('/', n, ${key.join(', ')})), ${key.join(', ')}
     limit 1) as ${alias} on true`
}

/** null when a column that must have a value has none. */
export const manyRowsSql = (
  { table, values: given, bounds, count, from, hasGaps }: ManyRows,
  catalog: Catalog,
  onConflict: boolean,
): string | null => {
  const references = referencesIn(table, catalog)
  const referred = new Map(
    references.flatMap(({ facts, alias, own }) =>
      own.map((column): [string, string] => [
        column,
        `${alias}.${ident(facts.targetColumns[facts.columns.indexOf(column)] ?? '')}`,
      ]),
    ),
  )
  const columns = table.columns.filter(
    (c) => c.generated === null && (referred.has(c.name) || given.has(c.name)),
  )
  const lacks = table.columns.some((c) => c.notNull && c.generated === null && !columns.includes(c))
  if (lacks || columns.length === 0) return null
  const values = columns.map(({ name, type, notNull }, i) => {
    const value = `(${referred.get(name) ?? given.get(name)!})::${type}`
    return hasGaps && !notNull
      ? `case when n % ${gapEvery} <> ${(i * 3) % gapEvery} then ${value} end as ${ident(name)}`
      : `${value} as ${ident(name)}`
  })
  const conditions = [
    ...columns.filter((c) => c.notNull).map((c) => `${ident(c.name)} is not null`),
    ...checksOf(catalog, table.id)
      // A check over a column that the database computes cannot be asked before it is computed.
      .filter(({ facts }) => facts.columns.every((name) => columns.some((c) => c.name === name)))
      .map(({ facts }) => `(${facts.expression}) is not false`),
    ...(bounds.length === 0 ? [] : [`(${bounds.map((sql) => `(${sql})`).join(' or ')})`]),
  ]
  return `insert into ${qualified(table)} (${identList(columns.map((c) => c.name))})
overriding system value
select * from (
  select ${values.join(',\n    ')}
    from pg_catalog.generate_series(${from}::bigint, ${from + count - 1}) as n
    ${references.map(parentSql).join('\n    ')}
) as ${ident(table.name)}${conditions.length === 0 ? '' : `\n where ${conditions.join('\n   and ')}`}${onConflict ? '\non conflict do nothing' : ''}`
}
