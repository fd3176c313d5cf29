/** The calls that a query is proven with: with a value that many rows have, with a rare one, and with one that none has. */
import type { QueryForm, QueryRule } from '../../architecture/kinds/query.ts'
import { ident } from '../../postgres/quote.ts'
import type { Asker } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'
import { tryEach } from '../trial.ts'
import { conditionsOf, isGrouped, type Condition, type Conditions } from './conditions.ts'
import { isolationOf, settingsFor, type Isolation } from './isolation.ts'
import { absentValue, isValue, sampleRow, type RowSource, type SampleWish } from './sample.ts'
import { parameterTypes } from '../../postgres/prepared.ts'
import { withValues, type TypedValue } from './text.ts'

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
  readonly asking: ReadonlyMap<string, string>
  /** Undefined: nothing tells whose the rows are. */
  readonly isolation: Isolation | undefined
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
  const asking = new Map<string, string>()
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
    const isolating = isolation?.columns ?? []
    if (!table || (wanted.length === 0 && isolating.every(({ field }) => asking.has(field)))) continue
    const fixed = own.flatMap((one) => {
      const value = values[one.parameter - 1]
      return one.use === 'equal' && !named(one) && value?.text != null
        ? [isValue(one.expression, value.text)]
        : []
    })
    const whoSql = isolating.map(({ column }) => `${ident(alias)}.${ident(column)}`)
    const ofAsker = isolating.flatMap(({ field }, i) => {
      const value = asking.get(field)
      return value === undefined ? [] : [isValue(whoSql[i]!, value)]
    })
    const expressions = [
      ...wanted.map((one) => ({ sql: one.expression, grouped: isGrouped(one.use) })),
      ...whoSql.map((sql) => ({ sql, grouped: true })),
    ]
    const wish: SampleWish = { table, alias, expressions, where: [...fixed, ...ofAsker] }
    const sampled =
      (await sampleRow(wish, which !== 'rare', context)) ??
      (await sampleRow({ ...wish, where: [] }, which !== 'rare', context))
    if (sampled === null) continue
    if (expressions.some((one) => one.grouped)) rows ??= sampled.rows
    whose ??= isolation
    for (const [i, { field }] of isolating.entries())
      if (!asking.has(field)) asking.set(field, sampled.values[wanted.length + i]!)
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

/** Needs `loadParser()`. */
export const callsOf = async (
  rule: QueryRule,
  form: QueryForm,
  context: CallContext,
): Promise<FoundCalls> => {
  const types = await typesOf(form.sql, context)
  const columnsOf = (id: string): readonly string[] =>
    context.catalog.tables.get(id)?.columns.map(({ name }) => name) ?? []
  const conditions = conditionsOf(form.sql, columnsOf)
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
