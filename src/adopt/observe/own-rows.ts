/**
 * What a trigger that reads its own table may find there: the rows that it counts with the one that is written (of the
 * same owner, in the same room), those of the groups before and behind, and the states that rows may be in.
 */
import { primaryKeysOf } from '../../catalog/primary-key.ts'
import { referencesOf } from '../../catalog/references.ts'
import type { Column, Table } from '../../catalog/table.ts'
import type { Row } from '../../rows/rows.ts'
import { comparedColumns, type ComparedColumns } from './compared-columns.ts'
import { literalText } from './literal-text.ts'
import { stepped } from './stepped-values.ts'
import type { TriggerReads } from './trigger-reads.ts'
import type { Ground } from './write-settings.ts'
import { differing, isTime } from './written-values.ts'

/** More rows of one group are not laid. */
export const mostOwn = 12
const mostStates = 5
const mostOfColumn = 3
const mostOthers = 2
const mostLookedAt = 32

export interface OwnRows {
  readonly compared: readonly ComparedColumns[]
  /** Columns of the primary key that tell rows of one group apart. */
  readonly keys: readonly string[]
  /** Of the written row, with the parents that belong together. */
  readonly group: Row
  /** Of the rows that are counted with it: the group, and what is asked with an order. */
  readonly alike: Row
  /** Of rows that come before and behind it where the group is asked with an order. */
  readonly neighbours: readonly Row[]
  /** What the texts make a difference between, as rows that PostgreSQL takes. */
  readonly states: readonly Row[]
  /** How many rows the texts count to, each with one fewer and one more. */
  readonly counts: readonly number[]
}

const isValue = (sql: string | undefined): sql is string =>
  sql !== undefined && sql !== 'null' && sql !== 'default'

const isSame = (one: string, other: string): boolean =>
  one === other || (literalText(one) !== null && literalText(one) === literalText(other))

const keysOf = ({ context }: Ground): ReadonlySet<string> =>
  new Set(primaryKeysOf(context.catalog, context.table.id).flatMap((s) => s.facts.columns))

/** Columns in which the rows that are counted are alike: those that are compared, else those that point to a parent. */
const groupColumns = (ground: Ground, compared: readonly ComparedColumns[]): readonly string[] => {
  const { context, reads } = ground
  const keys = keysOf(ground)
  const alike = compared.filter(({ is, theirs, own }) => is === '=' && theirs === own).map(({ own }) => own)
  const wholeKey = [...keys].every((key) => alike.includes(key))
  const found = alike.filter((name) => !(wholeKey && keys.has(name)))
  if (found.length > 0) return [...new Set(found)]
  return referencesOf(context.catalog, context.table.id)
    .flatMap((s) => s.facts.columns)
    .filter((name) => reads.columns.includes(name) && !keys.has(name))
    .slice(0, 1)
}

/** With all columns of the foreign keys that they are in, and of those that share columns with these. */
const withReferences = ({ context }: Ground, names: readonly string[]): readonly string[] => {
  const references = referencesOf(context.catalog, context.table.id).map((s) => s.facts.columns)
  let found = new Set(names)
  for (;;) {
    const next = new Set([
      ...found,
      ...references.filter((columns) => columns.some((c) => found.has(c))).flat(),
    ])
    if (next.size === found.size) return [...found]
    found = next
  }
}

const picked = (row: Row | null, names: readonly string[]): Row | null => {
  const entries = names.map((name) => [name, row?.[name]] as const)
  return entries.every(([, value]) => isValue(value)) ? (Object.fromEntries(entries) as Row) : null
}

/** Columns without a parent are stepped, where their values have an order. */
const groupsOf = async (
  ground: Ground,
  columns: readonly string[],
): Promise<Pick<OwnRows, 'group' | 'neighbours'>> => {
  const { rows, table, catalog } = ground.context
  const all = withReferences(ground, columns)
  const pointing = new Set(referencesOf(catalog, table.id).flatMap((s) => s.facts.columns))
  const bound = all.filter((name) => pointing.has(name))
  const free = all.filter((name) => !pointing.has(name))
  const [before, middle, behind] = [
    picked(await rows.base(table, 'a'), bound),
    picked(await rows.base(table, 'b'), bound),
    picked(await rows.base(table, 'c'), bound),
  ]
  const own = picked(ground.base, free) ?? {}
  const group: Row = { ...(middle ?? picked(ground.base, bound)), ...own }
  const others = [
    ...(middle ? [before, behind].filter((one) => one !== null).map((one) => ({ ...group, ...one })) : []),
    ...Object.entries(own).flatMap(([name, value]) => {
      const column = table.columns.find((c) => c.name === name)!
      return stepped(column, value).map((other) => ({ ...group, [name]: other }))
    }),
  ]
  return { group, neighbours: others }
}

/** Beside what the texts name a few values that they do not, as the table takes them: one may come before, one behind. */
const unnamedOf = async (
  { rows, table }: Ground['context'],
  name: string,
  named: readonly string[],
): Promise<readonly string[]> => {
  const found: string[] = []
  for (const value of (await rows.candidates(table, name)).slice(0, mostLookedAt)) {
    if (found.length === mostOthers) break
    if (/^(?:null|default)$/u.test(value) || [...named, ...found].some((one) => isSame(one, value))) continue
    if ('row' in (await rows.solve(table, { pins: { [name]: value } }))) found.push(value)
  }
  return found
}

/** Values of flags and states that the texts tell apart: all of these columns at first as in the base row, then one after the other. */
const statesOf = async (
  { context, reads, base, values }: Ground,
  fixed: ReadonlySet<string>,
): Promise<readonly Row[]> => {
  const { rows, table } = context
  const isState = ({ labels }: Column, value: string): boolean =>
    labels !== null || reads.constants.has(literalText(value) ?? value)
  const flags: Record<string, string> = {}
  const singles: Row[] = []
  for (const { column: name, values: all } of values) {
    const column = table.columns.find((c) => c.name === name)
    const own = base[name]
    if (!column || own === undefined || fixed.has(name) || isTime(column)) continue
    const isBoolean = column.type === 'boolean'
    const some = isBoolean ? ['true', 'false'] : all.filter((value) => isState(column, value))
    if (some.length === 0) continue
    const unnamed = isBoolean ? [] : await unnamedOf(context, name, some)
    const every = [...some.slice(0, mostOfColumn), ...unnamed, ...(column.notNull ? [] : ['null'])]
    flags[name] = own
    singles.push(...every.filter((value) => !isSame(value, own)).map((value): Row => ({ [name]: value })))
  }
  const found = new Map<string, Row>()
  for (const pins of [{}, ...singles].map((single) => ({ ...flags, ...single }))) {
    const solved = await rows.solve(table, { pins })
    if ('row' in solved) found.set(JSON.stringify(pins), { ...pins, ...differing(solved.row, base) })
  }
  return [...found.values()].slice(0, mostStates)
}

/** Whole numbers up to the bound that the texts name, then their neighbours. */
const countsOf = ({ reads }: Ground): readonly number[] => {
  const limits = limitsOf(reads.constants).filter((n) => n < mostOwn)
  const all = [...limits, ...limits.map((n) => n - 1), ...limits.map((n) => n + 1), 1]
  return [...new Set(all)].filter((n) => n > 0 && n <= mostOwn)
}

/** Whole numbers greater than one that the texts name. */
export const limitsOf = (constants: ReadonlySet<string>): readonly number[] =>
  [...constants]
    .filter((text) => /^\d{1,4}$/u.test(text))
    .flatMap((text) => (Number(text) > 1 ? [Number(text)] : []))

/** What the texts may count rows to, but no write was tried beside so many. */
export const countedNoFurther = ({ constants, names }: TriggerReads, { name }: Table): readonly number[] =>
  names.has(name) && names.has('count') ? limitsOf(constants).filter((n) => n >= mostOwn) : []

/** Null where no text names the table itself. */
export const readOwnRows = async (ground: Ground): Promise<OwnRows | null> => {
  const { context, reads } = ground
  const { table } = context
  if (!reads.names.has(table.name)) return null
  const compared = comparedColumns(reads.texts, table, table)
  const columns = groupColumns(ground, compared)
  const { group, neighbours } = await groupsOf(ground, columns)
  const keys = [...keysOf(ground)].filter((name) => !(name in group))
  const written: Row = { ...ground.base, ...ground.aged, ...group }
  const ordered = compared.filter(({ is }) => /^[<>]=?$/u.test(is)).map(({ theirs }) => theirs)
  const placed = picked(
    written,
    ordered.filter((name) => !keys.includes(name)),
  )
  const alike: Row = { ...group, ...placed }
  const fixed = new Set([...Object.keys(group), ...keys])
  return {
    compared,
    keys,
    group,
    alike,
    neighbours,
    states: await statesOf(ground, fixed),
    counts: countsOf(ground),
  }
}
