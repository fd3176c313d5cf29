/**
 * What rows a table is loaded with so that plans can be asked of it: per column an SQL expression over `n`, the row's
 * number from 0. Keys are distinct, leading columns repeat, what conditions are about is true of about half the rows.
 */
import type { Catalog } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { loadParser } from '../../postgres/parse.ts'
import type { Session } from '../../postgres/session.ts'
import { readPartitionBounds } from './bounds.ts'
import { solveCases, type Cases, type Condition } from './cases.ts'
import { jsonPathsIn, keysOfTable, type LoadKey } from './keys.ts'
import { followsIn, type Follows } from './ordered.ts'
import { numberInTurn, spreadNumber, spreadsOf, type Repeats } from './spread.ts'
import { valueAt, type NumberSql } from './values.ts'
import { ident } from '../../postgres/quote.ts'
import { cluesOfExpression } from '../constants.ts'
import { askOnce, readNoTable } from '../known-answers.ts'
import type { Rows } from '../rows.ts'
import { askEach } from '../savepoint.ts'

export interface LoadPlan {
  readonly table: Table
  readonly count: number
  /** Column → SQL expression over `n`. Generated columns are left out. */
  readonly values: ReadonlyMap<string, string>
  /** NOT NULL columns for which no value was found: the table cannot be loaded. */
  readonly without: readonly string[]
}

export interface LoadPlanParts {
  readonly catalog: Catalog
  readonly rows: Pick<Rows, 'candidates' | 'judge'>
  /** In a transaction; only asked, nothing is changed. */
  readonly db: Session
  /** Text values are digits alone: for indexes that cast text to a number. */
  readonly digits?: boolean
  readonly repeats?: Repeats
}

const usualCount = 10_000
/** A block range index pays only over many times its 128 pages. */
const countForBrin = 60_000

/** How far behind another a column of a row is at most. */
const longest = 30

const caseValue = ({ rows }: Cases, column: Column, salt: number): string => {
  const values = rows.map((row) => row[column.name] ?? 'null')
  const branches = values.map((value, i) => `when ${i} then (${value})::${column.type}`)
  return `(case ${spreadNumber(values.length, salt)} ${branches.join(' ')} end)`
}

/** Whether a domain takes the value of every row. Its own cast would throw, so its checks are asked of the type below it. */
const isTakenByDomain = async (
  db: Session,
  column: Column,
  value: string,
  count: number,
): Promise<boolean> => {
  if (column.domainChecks.length === 0) return true
  const checks = column.domainChecks.map((check) => `(${check}) is not false`).join(' and ')
  const sql = `
select pg_catalog.bool_and(${checks})
  from (select ${value} as "value" from pg_catalog.generate_series(0::bigint, ${count - 1}) as n) as tried`
  const sources = [value, ...column.domainChecks]
  const { isTaken } = await askOnce(db, sql, sources, async () => {
    const [reply] = await askEach(db, [sql], { anywhere: await readNoTable(db, sources) })
    return { isTaken: reply!.fault === null && reply!.commands.at(-1)?.rows[0]?.[0] === 't' }
  })
  return isTaken
}

/** A text with the number in it, in the places where a pattern is likeliest to bear it. */
const numbered = (text: string, i: NumberSql): readonly string[] => [
  `pg_catalog.left(${text}, 1) || ${i} || pg_catalog.substr(${text}, 2)`,
  `${text} || ${i}`,
  `${i} || ${text}`,
]

/** Texts of a domain that only takes a certain form: one that it takes, numbered. */
const valueForDomain = async (
  column: Column,
  i: NumberSql,
  parts: LoadPlanParts,
  table: Table,
  count: number,
): Promise<string | null> => {
  if (
    column.domainChecks.length === 0 ||
    !/^(?:text|character varying|public\.citext|citext)$/u.test(column.baseType)
  ) {
    return null
  }
  const found = await parts.rows.candidates(table, column.name)
  for (const candidate of found.filter((value) => value !== 'null').slice(0, 3)) {
    for (const value of numbered(`(${candidate})::text`, i)) {
      const cast = `(${value})::${column.baseType}`
      if (await isTakenByDomain(parts.db, column, cast, count)) return `(${value})::${column.type}`
    }
  }
  return null
}

/** Columns whose type says too little: their candidates in turn. */
const casesOfCandidates = async (
  column: Column,
  parts: LoadPlanParts,
  table: Table,
): Promise<Cases | null> => {
  const found = (await parts.rows.candidates(table, column.name)).filter((value) => value !== 'null')
  const replies = await parts.db.batch([
    'savepoint assay_cases',
    ...found.map((value) => `rollback to savepoint assay_cases; select (${value})::${column.type}`),
    'rollback to savepoint assay_cases; release savepoint assay_cases',
  ])
  // Some candidates stand just outside of what the type takes: they are there to be refused.
  const values = found.filter((_, i) => replies[i + 1]!.fault === null).slice(0, 24)
  return values.length === 0
    ? null
    : { columns: [column.name], rows: values.map((value) => ({ [column.name]: value })) }
}

const conditionsOf = async (
  table: Table,
  keys: readonly LoadKey[],
  unmet: readonly string[],
  db: Session,
): Promise<readonly Condition[]> => {
  const predicates = [...keys.flatMap(({ predicate }) => predicate ?? []), ...unmet]
  const bounds = await readPartitionBounds(db, table)
  return [
    ...[...new Set(predicates)].map((sql) => ({ sql, mustHold: false })),
    ...bounds.map((sql) => ({ sql, mustHold: true })),
  ]
}

/** Conditions that statements state and that no row would meet, so that they would find nothing whatever they ask for. */
const unmetBy = async (
  { table, values, count }: LoadPlan,
  { db, repeats }: LoadPlanParts,
): Promise<readonly string[]> => {
  const stated = [...(repeats?.conditions.get(table.id) ?? [])].toSorted()
  const known: string[] = []
  for (const sql of stated) if (await readNoTable(db, [sql])) known.push(sql)
  if (known.length === 0) return []
  const columns = table.columns.flatMap(({ name, type, generated }) =>
    generated === null ? [`${values.get(name) ?? `null::${type}`} as ${ident(name)}`] : [],
  )
  const rows = `(select ${columns.join(', ')} from pg_catalog.generate_series(0::bigint, ${count - 1}) as n) as ${ident(table.name)}`
  const replies = await askEach(
    db,
    known.map((sql) => `select pg_catalog.bool_or((${sql}) is true) from ${rows}`),
  )
  return known.filter(
    (_, i) => replies[i]!.fault === null && replies[i]!.commands.at(-1)?.rows[0]?.[0] === 'f',
  )
}

/** `unmet`: conditions that some rows have to meet. */
const planRows = async (table: Table, parts: LoadPlanParts, unmet: readonly string[]): Promise<LoadPlan> => {
  await loadParser()
  const { catalog, rows, db } = parts
  const keys = keysOfTable(table, catalog)
  const count = keys.some((key) => key.method === 'brin') ? countForBrin : usualCount
  const cases = await solveCases(table, rows, await conditionsOf(table, keys, unmet, db))
  const caseOf = new Map(cases.flatMap((c) => c.columns.map((column) => [column, c] as const)))
  const spreads = spreadsOf(table, keys, new Set(caseOf.keys()), parts.repeats)
  const repeats = parts.repeats?.columns.get(table.id)
  const keyed = new Set(keys.flatMap((key) => key.parts.flatMap((part) => part.columns)))
  const isFree = (name: string): boolean => !keyed.has(name) && !caseOf.has(name)
  // What is computed of two columns may be none where they stand the other way round: a range with its end before its start.
  const computed = table.columns.flatMap(({ generated, default: sql }) =>
    generated === null ? [] : [cluesOfExpression(sql ?? 'null')?.columns ?? []],
  )
  const follows = new Map<string, Follows>(
    [...followsIn(table, catalog, isFree)].filter(
      ([name, { column }]) =>
        parts.repeats !== undefined || computed.some((of) => of.includes(name) && of.includes(column)),
    ),
  )
  const ownNumber = ({ name, position }: Column): NumberSql => {
    const spread = spreads.get(name)!
    return repeats?.get(name)?.inTurn === true ? numberInTurn(spread) : spreadNumber(spread, position)
  }
  const numberFor = (column: Column): NumberSql => {
    const followed = follows.get(column.name)
    const other = table.columns.find(({ name }) => name === followed?.column)
    if (followed === undefined || other === undefined || caseOf.has(other.name)) return ownNumber(column)
    return `(${ownNumber(other)} ${followed.isBefore ? '-' : '+'} (1 + n % ${longest}))`
  }
  const values = new Map<string, string>()
  const without: string[] = []
  for (const column of table.columns.filter((c) => c.generated === null)) {
    const solved = caseOf.get(column.name)
    // Columns of one group share the salt, so that a row is one of the group's rows.
    if (solved) {
      values.set(column.name, caseValue(solved, column, table.columns.length + cases.indexOf(solved)))
      continue
    }
    const i = numberFor(column)
    const options = { jsonPaths: jsonPathsIn(keys, column.name), digits: parts.digits ?? false }
    const bare = valueAt({ ...column, type: column.baseType }, i, options)
    const isTaken = bare !== null && (await isTakenByDomain(db, column, bare, count))
    const value = isTaken ? valueAt(column, i, options) : await valueForDomain(column, i, parts, table, count)
    if (value !== null) {
      values.set(column.name, value)
      continue
    }
    const candidates = await casesOfCandidates(column, parts, table)
    if (candidates) values.set(column.name, caseValue(candidates, column, column.position))
    else if (column.notNull) without.push(column.name)
  }
  return { table, count, values, without }
}

/** Deterministic: the same catalog gives the same expressions. */
export const planLoad = async (table: Table, parts: LoadPlanParts): Promise<LoadPlan> => {
  const plan = await planRows(table, parts, [])
  const unmet = await unmetBy(plan, parts)
  return unmet.length === 0 ? plan : planRows(table, parts, unmet)
}
