/** A declared call as experiments: what one call costs, and what many writers at once come to. */
import { databaseOver } from '../../architecture/call-database.ts'
import type { Architecture } from '../../architecture/architecture.ts'
import type { DeclaredRule } from '../../architecture/rule.ts'
import type { QueryForm } from '../../architecture/kinds/query.ts'
import { valueText } from '../../architecture/query-builder.ts'
import { callText } from '../../architecture/call-statement.ts'
import type { KeyFacts } from '../../catalog/key/key.ts'
import type { ReferencesFacts } from '../../catalog/foreign-key.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { arrayItems, driverRows } from '../../postgres/driver-values.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type {
  Call,
  CallValue,
  Expected,
  Experiment,
  SendCall,
  TableFilling,
  Unsolved,
  World,
} from '../experiment.ts'
import { isNamed } from '../../architecture/partial-call.ts'
import { givenIn, parametersOf, type CallParameter } from './origins.ts'
import { statementsOf, waysOf, type CallWay, type DeclaredCall } from './recorded.ts'
import { isolationOf, rowByRow, tellingColumns } from '../query/isolation.ts'
import { settingsOfAsker } from './asking.ts'
import { callValues, type ValueWish } from './values.ts'

/** The rule of a query or a write. */
export interface CallRule extends DeclaredRule, DeclaredCall {
  readonly reads: readonly string[]
  readonly asApplication: boolean
}

export interface CallWish extends Omit<ValueWish, 'parameters' | 'given' | 'reads'> {
  readonly title: string
  readonly then: Expected
  readonly mend: string
  readonly code?: string
  /** It is made for what policies hide from it. */
  readonly looksBehind?: true
  readonly isolation: string
  readonly retries: number
  /** Rows that any call of the rule takes: all are filled alike. */
  readonly most: number
}

interface CallParts {
  readonly rule: CallRule
  readonly architecture: Architecture
  readonly catalog: Catalog
}

/** On filled tables, whose rows its values are taken from. */
const filledWorld: World = { id: 'filled', statements: [] }

const fewestRows = 2_000
/** So that every tenant has rows enough, though one has more than another. */
const tenants = 3
/** Of what else tells askers apart; each asker has half of the rows of the one before. */
const furtherParts = 2
const share = 2 * tenants

/** Where the values of a column come from, up its foreign keys: the table of tenants, or the column itself. */
const rootOf = (
  table: string,
  column: string,
  catalog: Catalog,
  seen: readonly string[] = [],
): { readonly table: string; readonly column: string | null } => {
  const keys = catalog.of(table, 'references') as readonly Structure<ReferencesFacts>[]
  const found = keys
    .filter(({ facts }) => facts.columns.includes(column) && !seen.includes(facts.target))
    .toSorted((a, b) => a.facts.columns.length - b.facts.columns.length)[0]
  if (!found) return { table, column }
  const { columns, target, targetColumns } = found.facts
  if (columns.length === 1) return { table: target, column: null }
  return rootOf(target, targetColumns[columns.indexOf(column)]!, catalog, [...seen, table])
}

/** The tables that a call names, with rows enough, and few tenants, so that one of them has enough. */
const fillingFor = ({ rule, catalog, architecture }: CallParts, rows: number): Call['filled'] => {
  const filling = new Map<string, TableFilling>()
  const columnsOf = (id: string): readonly string[] => tellingColumns(id, architecture, catalog)
  const further = Math.max(0, ...rule.reads.map((id) => columnsOf(id).length - 1))
  const enough = Math.max(fewestRows, rows * share * furtherParts ** further)
  for (const id of rule.reads) if (catalog.tables.has(id)) filling.set(id, { rows: enough, distinct: {} })
  const fewOf = (id: string, column: string, values: number): void => {
    const root = rootOf(id, column, catalog)
    const known = filling.get(root.table)
    // Of a table that the call reads itself there are so many that one statement for each of its rows is noticed.
    const rows = rule.reads.includes(root.table) ? Math.max(values, tenants) : values
    if (root.column === null) filling.set(root.table, { rows, distinct: known?.distinct ?? {} })
    else
      filling.set(root.table, {
        rows: known?.rows ?? null,
        distinct: { ...known?.distinct, [root.column]: values },
      })
  }
  for (const id of rule.reads) {
    const columns = columnsOf(id)
    for (const [i, column] of columns.entries()) fewOf(id, column, i === 0 ? tenants : furtherParts)
    const isolation = isolationOf(id, architecture, catalog)
    // Rows of the tables that say whose they are meet them.
    for (const { links } of isolation?.members ?? [])
      for (const { own, table, column } of links)
        if (columns.includes(own)) fewOf(table, column, columns.indexOf(own) === 0 ? tenants : furtherParts)
    // Each of few sees many rows.
    for (const { who } of isolation ? rowByRow(id, isolation, catalog) : [])
      if (who !== null && who.table !== id) fewOf(who.table, who.column, tenants)
  }
  return filling
}

const summable = /^(?:smallint|integer|bigint|numeric(?:\(\d+,-?\d+\))?)$/u

/** How many rows its tables have, and the sums of the numbers that no key and no sequence gives. */
const tallyOf = ({ rule, catalog }: CallParts): string => {
  const parts = rule.reads.flatMap((id) => {
    const table = catalog.tables.get(id)
    if (!table) return []
    const keyed = new Set(
      catalog.of(id).flatMap(({ kind, facts }) => {
        if (kind === 'references') return (facts as ReferencesFacts).columns
        return kind === 'primaryKey' || kind === 'unique'
          ? (facts as KeyFacts).keys.flatMap(({ column }) => column ?? [])
          : []
      }),
    )
    const sums = table.columns.filter(
      ({ name, type, identity, default: given }) =>
        summable.test(type) && identity === null && !keyed.has(name) && !/\bnextval\(/u.test(given ?? ''),
    )
    const own = [
      `pg_catalog.count(*)::text as ${ident(`rows of ${id}`.slice(0, 60))}`,
      ...sums.map(
        ({ name }) => `pg_catalog.sum(${ident(name)})::text as ${ident(`sum of ${name}`.slice(0, 60))}`,
      ),
    ]
    return [
      `(select pg_catalog.row_to_json(told)::text from (select ${own.join(', ')} from ${qualified(table)}) told)`,
    ]
  })
  return `select ${parts.length === 0 ? 'null' : parts.join(', ')}`
}

const integers = /^(?:smallint|integer|real|double precision)$/u

/** A value as a function of the application would be given it. */
const asGiven = (value: CallValue, { origin }: CallParameter, catalog: Catalog): unknown => {
  if (value === null || origin === null) return value
  const type =
    origin.kind === 'fixed'
      ? 'integer'
      : (catalog.tables.get(origin.table)?.columns.find(({ name }) => name === origin.column)?.type ?? '')
  const one = (text: string | null): unknown => {
    if (text === null) return null
    if (type === 'boolean') return text === 't' || text === 'true'
    return integers.test(type) ? Number(text) : text
  }
  return origin.kind === 'row' && origin.isArray ? arrayItems(value).map(one) : one(value)
}

/** A call, and what it has to be given from rows. */
interface Way extends CallWay {
  readonly parameters: readonly CallParameter[]
}

const waysIn = (rule: CallRule, catalog: Catalog): readonly Way[] =>
  waysOf(rule).map((way) => ({ ...way, parameters: parametersOf(way.forms, catalog) }))

/** Needs `loadParser()`. Where the values of its parameters come from, whatever calls are named. */
export const parametersOfCall = (rule: CallRule, catalog: Catalog): readonly CallParameter[] =>
  waysIn(rule, catalog).flatMap(({ parameters }) => parameters)

const runFunction =
  ({ rule, catalog }: CallParts, { given, parameters }: Way): Call['run'] =>
  async (send: SendCall, values) => {
    const db = databaseOver(async (sql, sent) => {
      const answer = await send(sql, sent.map(valueText))
      return { rows: driverRows(answer), affected: answer.affected }
    })
    const found = Object.fromEntries(
      parameters.map((parameter, i) => [parameter.name, asGiven(values[i] ?? null, parameter, catalog)]),
    )
    await rule.function!(db, given === null ? found : isNamed(given) ? { ...found, ...given } : given)
  }

const runForm =
  (form: QueryForm, parameters: readonly CallParameter[]): Call['run'] =>
  (send, values) =>
    send(
      form.sql,
      form.parameters.map((one) =>
        'value' in one ? one.value : (values[parameters.findIndex(({ name }) => name === one.name)] ?? null),
      ),
    )

const wordsOf = ({ given, forms }: Way, { rule }: CallParts): string => {
  const call = rule.function ? (given === null ? null : callText(given)) : forms[0]!.call
  return call === null ? '' : `, as ${call}`
}

/** Without ids. Needs `loadParser()`. */
export const callExperiments = (parts: CallParts, wish: CallWish): readonly Omit<Experiment, 'id'>[] => {
  const { rule, architecture, catalog } = parts
  const { title, then, mend, code, looksBehind, isolation, retries, most, ...sizes } = wish
  const { identity } = architecture
  return waysIn(rule, catalog).map((way) => {
    const { values, takeOut, holds, asking } = callValues(
      { ...sizes, parameters: way.parameters, given: givenIn(way.forms, catalog), reads: rule.reads },
      catalog,
      architecture,
    )
    const as =
      rule.asApplication && identity !== null
        ? {
            as: (of: string | null) => ({
              role: identity.role,
              settings: settingsOfAsker(asking, architecture, of),
            }),
          }
        : {}
    return {
      rule: rule.id,
      title: `${title}${wordsOf(way, parts)}`,
      world: filledWorld,
      given: [],
      when: [],
      then,
      mend,
      ...(code === undefined ? {} : { code }),
      call: {
        filled: fillingFor(parts, most),
        values,
        takeOut,
        holds,
        run: rule.function ? runFunction(parts, way) : runForm(way.forms[0]!, way.parameters),
        ...as,
        isOneStatement: !rule.function,
        ...(looksBehind ? { looksBehind } : {}),
        writers: sizes.writers,
        isolation,
        retries,
        tally: tallyOf(parts),
      },
    }
  })
}

/** Why the call cannot be made; null: each parameter has a value. Needs `loadParser()`. */
export const lacksValues = (rule: CallRule, catalog: Catalog): Omit<Unsolved, 'rule'> | null => {
  const unknown = [
    ...new Set(
      waysIn(rule, catalog).flatMap(({ parameters, looked }) => [
        ...parameters.filter(({ origin }) => origin === null).map(({ name }) => name),
        ...looked,
      ]),
    ),
  ]
  const isNamedFor = (rule.calls?.length ?? 0) > 0
  const isSilent = typeof rule.function === 'function' && !isNamedFor && statementsOf(rule).length === 0
  if (unknown.length === 0 && !isSilent) return null
  const wanted = `{ with: [{ ${unknown.length === 0 ? '…' : unknown.map((name) => `${/^[$_\p{ID_Start}][$\p{ID_Continue}]*$/u.test(name) ? name : JSON.stringify(name)}: …`).join(', ')} }] }`
  const why =
    unknown.length === 0
      ? 'its function sent no statement when it was called over no database'
      : `no value is known for its parameter${unknown.length === 1 ? '' : 's'} ${unknown.map((name) => `"${name}"`).join(', ')}`
  return {
    summary: `${why}; name calls with ${wanted}`,
    tried: 'the columns that its parameters are compared with or written to, one by one and as unnest(…)',
    mend: `Name calls to prove it with:\n${wanted}`,
  }
}
