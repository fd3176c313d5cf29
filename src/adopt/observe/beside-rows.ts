/** Rows that may matter to a trigger though they are not written: of the tables that its texts name, and of its own. */
import { primaryKeysOf } from '../../catalog/primary-key.ts'
import { referencesOf } from '../../catalog/references.ts'
import type { Table } from '../../catalog/table.ts'
import type { Family, Row } from '../../rows/rows.ts'
import type { ObservedSetting } from '../../rules/observed/stage.ts'
import type { RuleContext } from '../../rules/rule-kind.ts'
import { literal } from '../../postgres/quote.ts'
import { literalText } from './literal-text.ts'
import type { TriggerReads } from './trigger-reads.ts'
import type { Ground } from './write-settings.ts'

const mostTables = 6
/** Each is tried with several writes. */
const mostBesides = 20

/** Columns of another table that the texts name, with values that may matter to them. */
const valuesBeside = async (
  { rows }: RuleContext,
  reads: TriggerReads,
  table: Table,
): Promise<readonly Row[]> => {
  const found: Row[] = []
  for (const { name, type, generated } of table.columns) {
    if (generated !== null || !reads.names.has(name)) continue
    const spoken = (await rows.candidates(table, name)).filter((value) =>
      reads.constants.has(literalText(value) ?? value),
    )
    const values = type === 'boolean' ? ['true', 'false'] : spoken.slice(0, 3)
    found.push(...values.map((value): Row => ({ [name]: value })))
  }
  const [first] = found
  const together = found.filter((row) => first !== undefined && Object.keys(row)[0] !== Object.keys(first)[0])
  return [...found, ...together.map((row): Row => ({ ...first, ...row }))].slice(0, 8)
}

type Beside = ObservedSetting['beside']

/** A row of another table, and a second one of the same parent: each with the values that may matter. */
const groupsBeside = async (
  { rows, catalog }: RuleContext,
  other: Table,
  values: readonly Row[],
): Promise<readonly Beside[]> => {
  const base = await rows.base(other, 'a')
  const shared = referencesOf(catalog, other.id)
    .filter((s) => s.facts.columns.length === 1)
    .flatMap((s) => s.facts.columns)
    .filter((column) => base?.[column] !== undefined && base[column] !== 'null')
  const some = [{}, ...values.filter((row) => Object.keys(row).length === 1)].slice(0, 5)
  return shared
    .slice(0, 2)
    .flatMap((column) =>
      some.flatMap((one) =>
        some.map((two): Beside => ({ [other.id]: [one, { ...two, [column]: base![column]! }] })),
      ),
    )
}

/** Rows of the tables that the texts name, and a second row of the table itself. */
export const besides = async ({ context, reads, base }: Ground): Promise<readonly Beside[]> => {
  const { table, catalog } = context
  const own = { [table.id]: [{}] }
  const toItself = referencesOf(catalog, table.id).filter((s) => s.facts.target === table.id)
  // Rows below the one that is written, as in a tree.
  const children = toItself.map((s): Beside => ({
    [table.id]: [
      Object.fromEntries(
        s.facts.columns.flatMap((column, i) => {
          const value = base[s.facts.targetColumns[i]!]
          return value === undefined ? [] : [[column, value] as const]
        }),
      ),
    ],
  }))
  // Of the same group: the same parent, or another row of the same person.
  const groups = referencesOf(catalog, table.id)
    .flatMap((s) => s.facts.columns)
    .filter((column) => base[column] !== undefined && base[column] !== 'null')
    .slice(0, 3)
    .map((column): Beside => ({ [table.id]: [{ [column]: base[column]! }] }))
  const whole = referencesOf(catalog, table.id)
    .filter((s) => s.facts.columns.length > 1)
    .map(({ facts }) => Object.fromEntries(facts.columns.map((column) => [column, base[column] ?? 'null'])))
    .filter((key) => !Object.values(key).includes('null'))
    .slice(0, 2)
    .map((key): Beside => ({ [table.id]: [key] }))
  // The row's counterpart, as two sides of a booking are: alike in all that the texts name.
  const keys = new Set(primaryKeysOf(catalog, table.id).flatMap((s) => s.facts.columns))
  const alike = Object.fromEntries(
    reads.columns.flatMap((name) => {
      const value = base[name]
      return value === undefined || keys.has(name) ? [] : [[name, value] as const]
    }),
  )
  const isNamed = (name: string): boolean => reads.columns.includes(name)
  const flags = table.columns
    .filter((c) => c.type === 'boolean' || (c.labels !== null && isNamed(c.name)))
    .toSorted((a, b) => Number(isNamed(b.name)) - Number(isNamed(a.name)))
    .slice(0, 2)
  const counterparts = whole.map((group): Beside => ({
    [table.id]: [{ ...alike, ...group[table.id]![0] }],
  }))
  const flagged = [...counterparts, ...whole, ...groups].flatMap((group) =>
    flags.flatMap(({ name, labels }) =>
      (labels?.slice(0, 3).map(literal) ?? ['true', 'false']).map((value): Beside => ({
        [table.id]: [{ ...group[table.id]![0], [name]: value }],
      })),
    ),
  )
  const tables = reads.tables.slice(0, mostTables)
  const all = Object.fromEntries(tables.map((t) => [t.id, [{}]]))
  const twice = Object.fromEntries(tables.map((t) => [t.id, [{}, {}]]))
  const valued: Beside[] = []
  for (const other of tables) {
    const values = await valuesBeside(context, reads, other)
    // The row that is pointed to, in another state: no other row of its table stands for it.
    const parent = referencesOf(catalog, table.id).find(({ facts }) => facts.target === other.id)
    const pointed = parent ? await context.rows.base(other, 'a') : null
    const key = Object.fromEntries(
      (pointed && parent ? parent.facts.targetColumns : []).map((name) => [name, pointed![name] ?? 'null']),
    )
    if (pointed && !Object.values(key).includes('null'))
      valued.push(...values.map((row): Beside => ({ [other.id]: [{ ...row, ...key }] })))
    valued.push(...values.map((row): Beside => ({ [other.id]: [row] })))
    valued.push(...values.map((row): Beside => ({ ...all, [other.id]: [row] })))
  }
  return [
    own,
    ...children,
    ...whole,
    ...groups,
    { [table.id]: [{}, {}] },
    ...flagged,
    ...tables.map((t): Beside => ({ [t.id]: [{}] })),
    ...tables.map((t): Beside => ({ ...own, [t.id]: [{}, {}] })),
    ...(tables.length < 2 ? [] : [all, { ...own, ...twice }]),
    ...valued,
  ].slice(0, mostBesides)
}

const neighbours = ['a', 'c'] as const

/** About the middle one of three parents, each with a row: what is asked with = instead of <= or >= is told apart. */
export const amongNeighbours = async (
  { context, aged }: Ground,
  typical: readonly ObservedSetting[],
): Promise<readonly ObservedSetting[]> => {
  const { rows, table, catalog } = context
  const found: ObservedSetting[] = []
  for (const { facts } of referencesOf(catalog, table.id)) {
    const target = catalog.tables.get(facts.target)
    if (!target || target.id === table.id) continue
    const keyOf = async (family: Family): Promise<Row | null> => {
      const row = await rows.base(target, family)
      const entries = facts.columns.map((column, i) => [column, row?.[facts.targetColumns[i]!]] as const)
      return entries.every(([, value]) => value !== undefined) ? (Object.fromEntries(entries) as Row) : null
    }
    const middle = await keyOf('b')
    const others = [await keyOf(neighbours[0]), await keyOf(neighbours[1])].filter((key) => key !== null)
    if (!middle) continue
    const beside = { [table.id]: others }
    for (const one of typical) {
      const [write, ...more] = one.writes
      if (!write || write.does === 'truncate' || write.does === 'again') continue
      found.push(
        write.does === 'insert'
          ? { ...one, beside, writes: [{ ...write, row: { ...aged, ...write.row, ...middle } }, ...more] }
          : { ...one, beside, given: { ...one.given, ...middle } },
      )
    }
  }
  return found
}

const mostAskers = 3
const mostAsked = 90

/** Where it is asked who writes: rows of other tables for the askers that made a difference. */
export const askedBeside = async (
  { context, reads }: Ground,
  telling: readonly ObservedSetting[],
): Promise<readonly ObservedSetting[]> => {
  const asked = telling.filter((one) => Object.keys(one.settings).length > 0 || one.as !== null)
  const found: Beside[][] = []
  for (const other of reads.tables.slice(0, mostTables)) {
    const values = await valuesBeside(context, reads, other)
    found.push([
      ...values.map((row): Beside => ({ [other.id]: [row] })),
      ...(await groupsBeside(context, other, values)),
    ])
  }
  // One of each table in turn.
  const longest = Math.max(0, ...found.map((some) => some.length))
  const inTurn = Array.from({ length: longest }, (_, n) => found.flatMap((some) => some.slice(n, n + 1)))
  return inTurn
    .flat()
    .flatMap((beside) =>
      asked
        .slice(0, mostAskers)
        .map((one): ObservedSetting => ({ ...one, beside: { ...one.beside, ...beside } })),
    )
    .slice(0, mostAsked)
}
