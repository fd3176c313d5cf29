/** Statements that write through a view, and how what they leave in the tables is asked for, the same on every day. */
import type { FunctionFacts } from '../../catalog/function.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { ident, identList, literal, qualified } from '../../postgres/quote.ts'
import { loadParser, parseExpression } from '../../postgres/parse.ts'
import { fieldsOf, listOf } from '../../catalog/expression/tree.ts'
import type { ViewFacts } from '../../catalog/view/structure.ts'
import { freshValues } from '../fresh-value.ts'
import { fewerRows, keepPlaces, writtenRows } from '../observed/look.ts'
import type { RuleContext } from '../rule-kind.ts'
import { shortened } from '../sentence.ts'
import { placeOfColumn, scopedSelects, type ViewQuery } from './query-scope.ts'
import type { FilledTable } from './relation-rows.ts'
import { keyColumns, pointers } from './row-change.ts'

export type WriteEvent = 'insert' | 'update' | 'delete'

export interface Probe {
  readonly title: string
  readonly given: readonly string[]
  readonly sql: string
}

interface Origin {
  readonly filled: FilledTable
  readonly column: Column
}

/** Which column of a table each column of the view is; null for what is computed. */
const originsOf = async (
  view: Structure<ViewFacts>,
  tables: readonly FilledTable[],
  viewQuery: ViewQuery,
): Promise<readonly (Origin | null)[]> => {
  await loadParser()
  const nowhere = view.facts.columns.map(() => null)
  try {
    const query = parseExpression(`(${view.facts.definition.trim().replace(/;$/u, '')}\n)`)
    const [first] = scopedSelects(query, viewQuery)
    const targets = listOf(first?.fields['targetList'])
    return view.facts.columns.map((_, i) => {
      const place = placeOfColumn(first?.scope.resolve(fieldsOf(targets[i], 'ResTarget')?.['val']))
      const filled = tables.find(({ table: t }) => t.name === place?.table && t.schema === place.schema)
      const column = filled?.table.columns.find((c) => c.name === place?.column)
      return filled && column ? { filled, column } : null
    })
  } catch {
    return nowhere
  }
}

const plainValue = (type: string): string => {
  if (/^(?:smallint|integer|bigint|numeric|real|double)/u.test(type)) return '7'
  if (type === 'boolean') return 'true'
  if (/^(?:date|timestamp)/u.test(type)) return `'2024-03-05'`
  return /^(?:text|character)/u.test(type) ? `'written'` : 'null'
}

/** Values for a new row: those of the family's rows, with keys that nobody has. */
const newRow = async (
  context: RuleContext,
  view: Structure<ViewFacts>,
  origins: readonly (Origin | null)[],
  at: number,
): Promise<readonly (readonly [string, string])[]> => {
  const values: (readonly [string, string])[] = []
  for (const [i, { name, type }] of view.facts.columns.entries()) {
    const origin = origins[i]
    const own = origin?.filled.rows.get('a')?.[origin.column.name]
    if (!origin) values.push([name, plainValue(type)])
    else {
      const isKey =
        keyColumns(context.catalog, origin.filled.table).has(origin.column.name) &&
        !pointers(context.catalog, origin.filled.table).has(origin.column.name)
      const fresh = isKey
        ? (await freshValues(context, origin.filled.table, origin.column.name))[at]
        : undefined
      const value = fresh ?? own
      if (value !== undefined && value !== 'default') values.push([name, value])
    }
  }
  return values
}

const mostUpdates = 8

/** Finds the first of its rows by a key of a table, or the last one; null where it shows none. */
const oneRow = (
  { catalog }: RuleContext,
  view: Structure<ViewFacts>,
  origins: readonly (Origin | null)[],
  which: 'first' | 'last',
): string | null => {
  const key = view.facts.columns.find((_, i) => {
    const origin = origins[i]
    return origin && keyColumns(catalog, origin.filled.table).has(origin.column.name)
  })
  if (!key) return null
  const name = ident(key.name)
  return `${name} = (select ${name} from ${qualified(view.facts)} order by ${name}${which === 'last' ? ' desc' : ''} limit 1)`
}

/** Writes of one kind, in order of promise. */
export const probesOf = async (
  context: RuleContext,
  event: WriteEvent,
  view: Structure<ViewFacts>,
  tables: readonly FilledTable[],
  viewQuery: ViewQuery,
): Promise<readonly Probe[]> => {
  const relation = qualified(view.facts)
  const origins = await originsOf(view, tables, viewQuery)
  const ends = (['first', 'last'] as const).flatMap((which) => oneRow(context, view, origins, which) ?? [])
  if (event === 'delete')
    return [
      { title: 'a delete through it', given: [], sql: `delete from ${relation}` },
      ...ends.map((where) => ({
        title: 'a delete of one row through it',
        given: [],
        sql: `delete from ${relation} where ${where}`,
      })),
    ]
  if (event === 'insert') {
    const probes: Probe[] = []
    for (const at of [0, 1]) {
      const row = await newRow(context, view, origins, at)
      const insertion = (given: readonly (readonly [string, string])[]): string =>
        `insert into ${relation} (${identList(given.map(([name]) => name))}) values (${given.map(([, value]) => value).join(', ')})`
      if (row.length > 0) probes.push({ title: 'an insert through it', given: [], sql: insertion(row) })
      const without = row.filter(([, value]) => value !== 'null')
      for (const [name] of at === 0 ? without : []) {
        const rest = row.filter(([other]) => other !== name)
        if (rest.length > 0)
          probes.push({ title: `an insert through it without ${name}`, given: [], sql: insertion(rest) })
      }
    }
    return probes
  }
  const probes: Probe[] = []
  for (const [i, { name, type }] of view.facts.columns.entries()) {
    const origin = origins[i]
    const other = origin?.filled.rows.get('b')?.[origin.column.name]
    const fresh = origin
      ? ((await freshValues(context, origin.filled.table, origin.column.name))[0] ?? other)
      : plainValue(type)
    for (const value of new Set([fresh, other]))
      if (value !== undefined && value !== 'default' && probes.length < mostUpdates)
        probes.push({
          title: `an update of ${name} to ${shortened(value, 40)} through it`,
          given: [],
          sql: `update ${relation} set ${ident(name)} = ${value}${ends.length === 0 ? '' : ` where ${ends[probes.length % 2]!}`}`,
        })
  }
  return probes
}

const clock =
  /\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|age)\s*\(|current_(?:date|time)|localtime/iu

/** What functions and rules say: where they read the clock, moments are only told from nothing. */
const readsClock = (structure: Structure, catalog: Catalog): boolean =>
  clock.test(structure.definition) ||
  structure.dependsOn.some((id) => {
    const on = catalog.structures.get(id)
    return on?.kind === 'function' && clock.test((on.facts as FunctionFacts).statement)
  })

/** Values that a sequence or the clock gives are another one in every run. */
const shownValue = (column: Column, isMoving: boolean): string => {
  const name = `seen.${ident(column.name)}`
  const isMoment = /^(?:date|time)/u.test(column.type)
  const isMade = column.identity !== null || (column.default?.includes('(') ?? false)
  return isMade || (isMoment && isMoving) ? `(${name} is null)::text` : `${name}::text`
}

export interface Outcome {
  /** What has to run before the write. */
  readonly before: readonly string[]
  /** One text of all that was written and removed. */
  readonly select: string
}

/** What a write leaves in these tables. `by`: the trigger or rule that carries it out. */
export const outcomeOf = (tables: readonly Table[], by: Structure, catalog: Catalog): Outcome => {
  const isMoving = readsClock(by, catalog)
  const parts = tables.flatMap((table, at) => {
    const pairs = table.columns.map((c) => `${literal(c.name)}, ${shownValue(c, isMoving)}`)
    const row = `pg_catalog.json_build_object(${pairs.join(', ')})::text`
    return [
      `select ${literal(`${table.id}: `)} || ${row} as line ${writtenRows(table, at)}`,
      `select ${literal(`${table.id}: fewer by `)} || (${fewerRows(table, at)}) where (${fewerRows(table, at)}) > 0`,
    ]
  })
  return {
    before: keepPlaces(tables),
    select: `select coalesce(string_agg(line, E'\\n' order by line collate "C"), '') from (${parts.join(' union all ')}) as "assay written"`,
  }
}
