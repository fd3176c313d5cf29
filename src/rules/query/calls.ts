/** The calls that a query is proven with: with a value that many rows have, with a rare one, and with one that none has. */
import type { QueryForm, QueryRule } from '../../architecture/kinds/query.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { ident } from '../../postgres/quote.ts'
import { readNoTable } from '../../rows/known-answers.ts'
import type { Asker } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'
import { tryEach } from '../trial.ts'
import { conditionsOf, isGrouped, type Condition, type Conditions, type Source } from './conditions.ts'
import {
  fieldsOf,
  isolationOf,
  settingsFor,
  tellingColumns,
  type Asking,
  type Isolation,
} from './isolation.ts'
import { absentValue, isValue, sampleRow, type RowSource, type Sampled, type SampleWish } from './sample.ts'
import { statedByPolicies, statedIn } from './stated-conditions.ts'
import { parameterTypes } from '../../postgres/prepared.ts'
import { withValues, type TypedValue } from './text.ts'
import { guardOf } from './who-sees.ts'

export interface QueryCall {
  readonly title: string
  /** Without parameters. */
  readonly sql: string
  /** Null: as whoever bypasses row-level security. */
  readonly as: Asker | null
}

export interface FoundCalls {
  readonly calls: readonly QueryCall[]
  /** Parameters for which no value was found, by name. */
  readonly without: readonly string[]
}

/** `source`: the rows that values are taken from. */
export interface CallContext extends Pick<RuleContext, 'architecture' | 'catalog' | 'db'> {
  readonly source: RowSource
}

type Which = 'frequent' | 'rare' | 'absent'

/** The types that PostgreSQL gives `$1`, `$2`, …; [] where it refuses the statement. */
const typesOf = async (sql: string, context: CallContext): Promise<readonly string[]> => {
  const [reply] = await tryEach(context.db, [], [parameterTypes(sql)])
  const listed = reply!.commands.find(({ columns }) => columns[0] === 'type')
  return listed?.rows.map(([type]) => type!) ?? []
}

/** As few rows as a page has. */
const limit = '20'

const elementOf = (type: string): string => type.replace(/\[\]$/u, '')

/** The value of a parameter, from what its expression is in the chosen row. */
const valueFor = ({ use }: Condition, sampled: string, type: string): TypedValue => {
  switch (use) {
    case 'pattern':
      return { text: `${sampled.slice(0, Math.max(1, sampled.length - 1))}%`, type }
    case 'any':
      return { text: `{"${sampled.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"}`, type }
    case 'equal':
    case 'bound':
    case 'limit':
    case 'offset':
    case 'part':
    case 'word':
      return { text: sampled, type }
  }
}

const noSuchWord = 'nosuchword'

const absentFor = ({ use }: Condition, type: string): TypedValue | null => {
  if (use === 'word') return { text: noSuchWord, type }
  const isList = use === 'any' || type.endsWith('[]')
  const text = absentValue(isList ? elementOf(type) : type)
  if (text === null) return null
  return { text: isList ? `{"${text}"}` : text, type }
}

interface Sampling {
  readonly values: (TypedValue | null)[]
  readonly rows: number | null
  /** Who asks, by what the rows are told apart by. */
  readonly asking: Asking
  /** Undefined: nothing tells whose the rows are. */
  readonly isolation: Isolation | undefined
}

/** The end of a range that the value of its beginning would leave empty: `at >= $1 and at < $2`. */
const isFurther = (one: Condition, all: readonly Condition[]): boolean => {
  const other = all.find(
    ({ use, expression, parameter }) =>
      use === 'bound' && expression === one.expression && parameter !== one.parameter,
  )
  if (one.use !== 'bound' || other === undefined) return false
  return one.open === undefined ? other.open === 'above' : one.open === 'below'
}

/** What the statement and the policies state of a row of the relation: the row that is asked for meets it. */
const statedOf = async (
  sql: string,
  id: string,
  { catalog, db }: CallContext,
): Promise<readonly string[]> => {
  const stated = [...statedIn(sql, catalog), ...statedByPolicies(id, catalog)].filter(
    ({ table }) => table === id,
  )
  const plain: string[] = []
  for (const one of new Set(stated.map((each) => each.sql)))
    if (await readNoTable(db, [one])) plain.push(`(${one})`)
  return plain
}

/** Values of one call; each relation's are those of one row, and one asker sees the rows. */
const sampleCall = async (
  form: QueryForm,
  types: readonly string[],
  { sources, all }: Conditions,
  which: Which,
  context: CallContext,
): Promise<Sampling> => {
  const values: (TypedValue | null)[] = form.parameters.map((one, i) =>
    'value' in one ? { text: one.value, type: types[i] ?? 'text' } : null,
  )
  let asking: Asking = new Map()
  let whose: Isolation | undefined
  let rows: number | null = null
  const named = (condition: Condition): boolean => 'name' in (form.parameters[condition.parameter - 1] ?? {})
  for (const condition of all.filter(named)) {
    const type = types[condition.parameter - 1] ?? 'bigint'
    if (condition.use === 'limit') values[condition.parameter - 1] = { text: limit, type }
    if (condition.use === 'offset') values[condition.parameter - 1] = { text: '0', type }
  }
  for (const { alias, id } of sources) {
    const table = context.catalog.tables.get(id)
    const own = all.filter((one) => one.alias === alias)
    const wanted = own.filter(named)
    const isolation = isolationOf(id, context.architecture, context.catalog)
    const isAnswered = isolation === undefined || fieldsOf(isolation).every((field) => asking.has(field))
    if (!table || (wanted.length === 0 && isAnswered)) continue
    const fixed = own.flatMap((one) => {
      const value = values[one.parameter - 1]
      return one.use === 'equal' && !named(one) && value?.text != null
        ? [isValue(one.expression, value.text)]
        : []
    })
    const guard = isolation === undefined ? null : await guardOf(isolation, table, context)
    const telling = guard?.columns ?? []
    const shared = tellingColumns(id, context.architecture, context.catalog)
    const expressions = [
      ...wanted.map((one) => ({
        sql: one.expression,
        grouped: isGrouped(one.use),
        isFurther: isFurther(one, wanted),
      })),
      ...telling.map((column) => ({
        sql: `${ident(alias)}.${ident(column)}`,
        grouped: shared.includes(column),
      })),
    ]
    const seen = guard?.conditions(alias, asking) ?? []
    const wish: SampleWish = {
      table,
      alias,
      expressions,
      where: [...fixed, ...seen],
      common: guard?.common ?? [],
    }
    const stated = await statedOf(form.sql, id, context)
    let sampled: Sampled | null = null
    for (const where of [[...wish.where, ...stated], wish.where, []])
      sampled ??= await sampleRow({ ...wish, where }, which !== 'rare', context)
    if (sampled === null) continue
    if (expressions.some((one) => one.grouped)) rows ??= sampled.rows
    whose ??= isolation
    const row = new Map(telling.map((column, i) => [column, sampled.values[wanted.length + i]!]))
    if (guard) asking = await guard.askers(row, asking)
    for (const [i, condition] of wanted.entries()) {
      const type = types[condition.parameter - 1] ?? 'text'
      const absent = which === 'absent' && isGrouped(condition.use) ? absentFor(condition, type) : null
      values[condition.parameter - 1] = absent ?? valueFor(condition, sampled.values[i]!, type)
    }
  }
  return { values, rows, asking, isolation: whose }
}

const askerOf = (
  rule: QueryRule,
  { isolation, asking }: Sampling,
  { architecture }: CallContext,
): Asker | null => {
  const { identity } = architecture
  if (!rule.asApplication || identity === null) return null
  return { role: identity.role, settings: settingsFor(isolation, architecture, asking) }
}

const titleOf = (form: QueryForm, words: string): string => {
  const isFixed = form.parameters.every((one) => 'value' in one)
  if (form.call !== null)
    return `the call ${form.call}${isFixed ? '' : `, with ${words},`} stays within the budget`
  if (isFixed) return 'it stays within the budget'
  return `with ${words}, it stays within the budget`
}

/** Views have no policies: who asks is somebody of the tables that a query names beside them. */
const behindViews = (rule: QueryRule, sources: readonly Source[], { tables }: Catalog): readonly Source[] =>
  sources.every(({ id }) => tables.has(id))
    ? []
    : rule.reads
        .filter((id) => tables.has(id) && sources.every((source) => source.id !== id))
        .map((id, i) => ({ alias: `assay_read_${i + 1}`, id }))

/** Needs `loadParser()`. */
export const callsOf = async (
  rule: QueryRule,
  form: QueryForm,
  context: CallContext,
): Promise<FoundCalls> => {
  const types = await typesOf(form.sql, context)
  const columnsOf = (id: string): readonly string[] =>
    context.catalog.tables.get(id)?.columns.map(({ name }) => name) ?? []
  const { all, sources } = conditionsOf(form.sql, columnsOf)
  const conditions = { all, sources: [...sources, ...behindViews(rule, sources, context.catalog)] }
  const isFixed = form.parameters.every((one) => 'value' in one)
  const found: QueryCall[] = []
  const without = new Set<string>()
  let frequent: number | null = null
  for (const which of isFixed ? (['frequent'] as const) : (['frequent', 'rare', 'absent'] as const)) {
    const sampling = await sampleCall(form, types, conditions, which, context)
    const { values, rows } = sampling
    for (const [i, one] of form.parameters.entries()) if ('name' in one && !values[i]) without.add(one.name)
    const sql = withValues(form.sql, values)
    // Values of which there is no rare one, or none that is absent, are asked for once.
    if (found.some((known) => known.sql === sql)) continue
    if (which === 'frequent') frequent = rows
    const rare = rows !== null && frequent !== null && rows < frequent ? 'rare values' : 'other values'
    const words = { frequent: 'frequent values', rare, absent: 'values that no row has' }[which]
    found.push({ title: titleOf(form, words), sql, as: askerOf(rule, sampling, context) })
  }
  return { calls: found, without: [...without] }
}
