/**
 * Calls that may show what a function does, in rounds: its arguments first, then who asks, then other rows. A later
 * round is tried only for what is still unseen, and from the calls that showed most so far.
 */
import type { Column, Table } from '../../catalog/table.ts'
import type { Session } from '../../postgres/session.ts'
import { literal } from '../../postgres/quote.ts'
import type { Row, Rows } from '../../rows/rows.ts'
import { literalText } from '../observe/literal-text.ts'
import { callSql, type ArgumentChoices, type Arguments } from './argument-values.ts'
import type { FunctionReads } from './function-reads.ts'
import type { Signature } from './signatures.ts'
import type { StandingRows } from './standing-rows.ts'
import type { CallSetting } from './try-calls.ts'

export interface RoundGround {
  readonly db: Session
  readonly rows: Rows
  readonly signature: Signature
  readonly reads: FunctionReads
  readonly standing: StandingRows
  readonly choices: ArgumentChoices
  /** SQL that grants: `"public"."f"(integer)`. */
  readonly routine: string
  readonly ownerOf: string
}

type Given = CallSetting['given']

const mostVaried = 96

/** Whether a setting was ever set in a session shows in what it answers then: here it always was. */
const unset = ({ settings }: FunctionReads): Row => Object.fromEntries(settings.map((name) => [name, `''`]))

const makeSetting =
  ({ signature, reads }: RoundGround) =>
  (args: Arguments, given: Given, more: Partial<Pick<CallSetting, 'as' | 'settings'>> = {}): CallSetting => {
    const { as = null } = more
    const settings = { ...unset(reads), ...more.settings }
    return {
      given,
      as,
      byStranger: false,
      settings,
      args,
      call: callSql(signature, args, settings['search_path'] !== undefined),
    }
  }

/** One row, or two, of every table. */
const rowsOf = (standing: StandingRows, most: number): Given =>
  Object.fromEntries(
    standing.map(({ table, rows }) => [table.id, rows.slice(0, most).map((row) => row.pins)]),
  )

const unique = (settings: readonly CallSetting[]): readonly CallSetting[] => [
  ...new Map(settings.map((one) => [JSON.stringify(one), one])).values(),
]

/** One argument after the other takes other values. */
const varied = ({ choices }: RoundGround, base: Arguments): readonly Arguments[] =>
  choices.others.flatMap((values, i) => values.map((value) => base.map((own, k) => (k === i ? value : own))))

/** The arguments of what stands, among no rows, one row and two rows of each table; then one argument otherwise. */
export const firstRound = (ground: RoundGround): readonly CallSetting[] => {
  const make = makeSetting(ground)
  const { standing, choices } = ground
  const { aligned } = choices
  const [base = []] = aligned
  const one = rowsOf(standing, 1)
  const two = rowsOf(standing, 2)
  return unique([
    ...aligned.map((args) => make(args, two)),
    ...aligned.map((args) => make(args, one)),
    make(base, {}),
    ...varied(ground, base).map((args) => make(args, two)),
  ]).slice(0, mostVaried)
}

const mostIdentities = 12

/** Keys of rows that a function may look a setting up in. */
const identities = ({ standing }: RoundGround): readonly string[] => {
  const keys = standing.flatMap(({ rows }) =>
    rows.slice(0, 1).flatMap(({ pins }) => Object.values(pins).slice(0, 2)),
  )
  const texts = keys.flatMap((sql) => literalText(sql) ?? [])
  return [...new Set([...texts, 'true', '1', ''])].slice(0, mostIdentities)
}

/** Settings that the texts ask for: each alone, all of them alike. */
export const settingRound = (ground: RoundGround, from: readonly CallSetting[]): readonly CallSetting[] => {
  const { reads } = ground
  if (reads.settings.length === 0) return []
  const values = identities(ground)
  const sets = [
    ...reads.settings.flatMap((name) => values.map((value): Row => ({ [name]: literal(value) }))),
    ...(reads.settings.length < 2
      ? []
      : values.map((value): Row => Object.fromEntries(reads.settings.map((name) => [name, literal(value)])))),
  ]
  return unique(
    from.flatMap((one) => sets.map((set) => ({ ...one, settings: { ...one.settings, ...set } }))),
  ).slice(0, mostVaried)
}

interface RoleRow {
  readonly name: string
}

const mostRoles = 2

/** Roles that may call it, and are not its owner. */
const rolesOf = async ({ db, routine, ownerOf }: RoundGround): Promise<readonly string[]> => {
  const rows = await db.json<RoleRow>(
    `select r.rolname as name from pg_catalog.pg_roles r
      where not r.rolsuper and not r.rolbypassrls and r.rolname <> ${literal(ownerOf)} and r.rolname !~ '^pg_'
        and pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER')
        and pg_catalog.has_function_privilege(r.oid, ${literal(routine)}::pg_catalog.regprocedure, 'EXECUTE')
      order by r.rolname collate "C" limit ${mostRoles}`,
  )
  return rows.map((row) => row.name)
}

/** Names that the function leaves open are not found on an empty path; a role lacks rights that its owner has. */
export const askerRound = async (
  ground: RoundGround,
  from: readonly CallSetting[],
): Promise<readonly CallSetting[]> => {
  const { signature } = ground
  const qualified = ({ call }: CallSetting): string =>
    signature.schema === 'public' && call.startsWith(`${signature.nameSql}(`)
      ? `${signature.schemaSql}.${call}`
      : call
  const roles = await rolesOf(ground)
  return unique([
    ...from.map((one) => ({ ...one, byStranger: true })),
    ...from.map((one) => ({
      ...one,
      call: qualified(one),
      settings: { ...one.settings, search_path: `''` },
    })),
    ...roles.flatMap((as) => from.map((one) => ({ ...one, as }))),
  ])
}

const isTime = (column: Column): boolean => /^(?:timestamp|date)/u.test(column.baseType)
const mostValues = 8

/** Times as far from now as the text speaks of. */
const relative = (constants: readonly string[]): readonly string[] =>
  constants
    .filter((c) => /^\d+ (?:second|minute|hour|day|week|month|year)s?$/u.test(c))
    .map((c) => `now() - interval ${literal(c)}`)

const parses = (text: string): boolean => !/\b(?:select|new|old)\b/iu.test(text)

const valuesFor = async (
  { rows, reads, standing }: RoundGround,
  table: Table,
  column: Column,
): Promise<readonly string[]> => {
  const all = standing.find((one) => one.table === table)?.rows ?? []
  const own = all[0]?.pins[column.name]
  const spoken = await rows.candidates(table, column.name, reads.conditions.filter(parses))
  const plain = new Set(await rows.candidates(table, column.name))
  const constants = new Set(reads.constants)
  const special = spoken.filter((v) => constants.has(literalText(v) ?? v) || !plain.has(v))
  const values = [
    ...(column.notNull ? [] : ['null']),
    all[1]?.pins[column.name],
    ...special.slice(0, mostValues),
    ...(isTime(column)
      ? [`'2001-01-02 00:00:00+00'`, `'2101-01-01 00:00:00+00'`, 'now()', ...relative(reads.constants)]
      : []),
    ...(special.length === 0 ? spoken.slice(0, 3) : spoken.slice(0, 1)),
  ]
  return [...new Set(values.flatMap((v) => (v === undefined || v === 'default' ? [] : [v])))]
    .filter((v) => v !== own)
    .slice(0, mostValues + 3)
}

export interface Change {
  readonly table: string
  /** Which row is changed. */
  readonly at: number
  readonly row: Row
}

const columnOf = ({ row }: Change): string => Object.keys(row)[0] ?? ''

const changed = (given: Given, { table, at, row }: Change): Given => {
  const rows = given[table] ?? []
  return { ...given, [table]: rows.map((own, n) => (n === at ? { ...own, ...row } : own)) }
}

/** What lies on either side of the value that an argument has. */
const besides = (value: string | undefined): readonly string[] =>
  value !== undefined && /^\d{1,15}$/u.test(value) ? [`${Number(value) - 1}`, `${Number(value) + 1}`] : []

/** One value of a row at a time: of the first row before the others, those that conditions ask for before the rest. */
export const changesOf = async (ground: RoundGround): Promise<readonly Change[]> => {
  const { standing, reads } = ground
  const linked = new Set([...reads.linked.values()].flat())
  const ranked: { readonly rank: number; readonly change: Change }[] = []
  for (const { table, rows, isParent } of standing) {
    if (isParent) continue
    const names = table.columns.filter((c) => c.generated === null && reads.names.has(c.name))
    for (const column of names) {
      const values = await valuesFor(ground, table, column)
      for (const [at, { pins }] of rows.entries()) {
        const own = pins[column.name]
        const others = [
          ...values,
          ...(at > 0 && rows[0]!.pins[column.name] !== undefined ? [rows[0]!.pins[column.name]!] : []),
          ...(linked.has(column.name) ? besides(own) : []),
        ].filter((value) => value !== own)
        const rank = (reads.asked.has(column.name) ? 0 : 2) + at
        for (const value of new Set(others))
          ranked.push({ rank, change: { table: table.id, at, row: { [column.name]: value } } })
      }
    }
  }
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ change }) => change)
}

/** The second row is like the first in all but its key. */
const gathered = ({ standing }: RoundGround): readonly Change[] =>
  standing.flatMap(({ table, rows, keys }) => {
    const [first, second] = rows
    if (!first || !second) return []
    const row = Object.fromEntries(
      Object.entries(first.pins).filter(([name, value]) => !keys.has(name) && second.pins[name] !== value),
    )
    return Object.keys(row).length < 2 ? [] : [{ table: table.id, at: 1, row }]
  })

/** The rows of each table from the last to the first: which of several is found first shows. */
const reversed = (given: Given): readonly Given[] =>
  Object.entries(given).flatMap(([table, rows]) =>
    rows.length < 2 ? [] : [{ ...given, [table]: rows.toReversed() }],
  )

const mostAround = 88
const mostArguments = 30
const mostSettings = 16

/** Calls beside one that came far, each in one thing otherwise: first what those names are that are still asked about. */
export const roundAround = (
  ground: RoundGround,
  from: CallSetting,
  changes: readonly Change[],
  names: ReadonlySet<string>,
): readonly CallSetting[] => {
  const { signature, choices, reads, standing } = ground
  const given = Object.keys(from.given).length === 0 ? rowsOf(standing, 2) : from.given
  const isQualified = from.settings['search_path'] !== undefined
  const isAsked = (name: string): number => Number(!names.has(name))
  const others = signature.arguments
    .map((argument, i) => ({ argument, i }))
    .toSorted((a, b) => isAsked(a.argument.name) - isAsked(b.argument.name))
    .flatMap(({ i }) => choices.others[i]!.map((value) => from.args.with(i, value)))
    .slice(0, mostArguments)
  const settings = reads.settings.flatMap((name) =>
    identities(ground).map((value): Row => ({ ...from.settings, [name]: literal(value) })),
  )
  const near = [...gathered(ground), ...changes].toSorted(
    (a, b) => isAsked(columnOf(a)) - isAsked(columnOf(b)),
  )
  const without = standing.map(({ table }): Given =>
    Object.fromEntries(Object.entries(given).filter(([id]) => id !== table.id)),
  )
  const all = [
    ...others.map((args) => ({ ...from, given, args, call: callSql(signature, args, isQualified) })),
    ...settings.slice(0, mostSettings).map((one) => ({ ...from, given, settings: one })),
    ...[...reversed(given), ...without].map((one) => ({ ...from, given: one })),
  ]
  const left = Math.max(mostAround - all.length, mostAround / 3)
  return unique([
    ...all,
    ...near.slice(0, left).map((change) => ({ ...from, given: changed(given, change) })),
  ])
}

const mostCombined = 96
const mostPerColumn = 4

const isSameRow = (a: Change, b: Change): boolean => a.table === b.table && a.at === b.at

/** Of each column of each row the first values. */
const fewOf = (changes: readonly Change[]): readonly Change[] => {
  const counts = new Map<string, number>()
  return changes.filter((change) => {
    const key = JSON.stringify([change.table, change.at, columnOf(change)])
    const count = counts.get(key) ?? 0
    counts.set(key, count + 1)
    return count < mostPerColumn
  })
}

/** Two values at a time: of one row first. */
export const combinedRound = (
  from: readonly CallSetting[],
  changes: readonly Change[],
): readonly CallSetting[] => {
  const some = fewOf(changes).slice(0, 40)
  const pairs = some.flatMap((a, i) =>
    some
      .slice(i + 1)
      .filter((b) => !isSameRow(a, b) || columnOf(a) !== columnOf(b))
      .map((b) => ({ a, b })),
  )
  const sorted = pairs.toSorted(
    (one, two) => Number(isSameRow(two.a, two.b)) - Number(isSameRow(one.a, one.b)),
  )
  const each = Math.floor(mostCombined / Math.max(1, from.length))
  return unique(
    from.flatMap((one) =>
      sorted.slice(0, each).map(({ a, b }) => ({ ...one, given: changed(changed(one.given, a), b) })),
    ),
  )
}
