/** What the experiments of versions stand on: rows of the table, a change of one of its columns, and how a write is tried. */
import type { VersionedRule } from '../../architecture/kinds/versioned.ts'
import type { Structure } from '../../catalog/structure.ts'
import { ident, identList, qualified } from '../../postgres/quote.ts'
import { insertRows } from '../../rows/insert.ts'
import type { Row } from '../../rows/rows.ts'
import { rulesOf } from '../declared.ts'
import type { World } from '../experiment.ts'
import { makeRow } from '../make-row.ts'
import type { RuleContext } from '../rule-kind.ts'
import type { VersionPlan } from './plan.ts'
import { tryEach } from '../trial.ts'

/** One column, which no key has, and another value for it. */
export interface Touch {
  readonly column: string
  /** SQL of the row's own value and of the other one. */
  readonly own: string
  readonly other: string
}

export interface VersionGround {
  readonly rule: VersionedRule
  readonly context: RuleContext
  readonly plan: VersionPlan
  readonly world: World
  /** Rows that stand side by side, at least one. */
  readonly rows: readonly [Row, ...Row[]]
  /** Null when nothing of a row can be changed but its key. */
  readonly touch: Touch | null
  /** Triggers by which the table's versions are kept. */
  readonly triggers: readonly Structure[]
  readonly insert: (...rows: readonly Row[]) => string
  /** A predicate that finds the row. */
  readonly key: (row: Row) => string
  readonly remove: (...rows: readonly Row[]) => string
  readonly set: (assignments: string, ...rows: readonly Row[]) => string
  /** Which of these PostgreSQL takes in the world, whatever the triggers of versions say. */
  readonly taken: (writes: readonly (readonly string[])[]) => Promise<readonly boolean[]>
}

/** Disables these triggers, so that a fault of theirs hides no experiment. */
const asleep = (plan: VersionPlan, triggers: readonly Structure[]): readonly string[] =>
  triggers.map(({ name }) => `alter table ${plan.table} disable trigger ${ident(name)}`)

const makeTaken =
  (context: RuleContext, plan: VersionPlan, world: World, triggers: readonly Structure[]) =>
  async (writes: readonly (readonly string[])[]): Promise<readonly boolean[]> => {
    const quiet = asleep(plan, triggers)
    const replies = await tryEach(context.db, world.statements, [
      ...writes,
      ...writes.map((statements) => [...quiet, ...statements]),
    ])
    return writes.map((_, i) => [i, i + writes.length].some((n) => replies[n]?.fault === null))
  }

/** Base rows that stand side by side, as many as there are. */
const standing = async (context: RuleContext, taken: VersionGround['taken']): Promise<readonly Row[]> => {
  const { rows, table } = context
  let found: readonly Row[] = []
  for (const family of ['a', 'b', 'c'] as const) {
    const base = await rows.base(table, family)
    if (!base) continue
    const more = [...found, base]
    const [isTaken] = await taken([[insertRows(table, more)]])
    if (isTaken) found = more
  }
  return found
}

const isGiven = (value: string | undefined): value is string =>
  value !== undefined && value !== 'null' && value !== 'default'

/** The first column with a value that PostgreSQL takes and stores as another one. */
const findTouch = async (
  context: RuleContext,
  plan: VersionPlan,
  taken: VersionGround['taken'],
  [row, ...others]: readonly Row[],
): Promise<Touch | null> => {
  if (row === undefined) return null
  const { rows, table } = context
  const wishes: Touch[] = []
  // A row that changes its tenant is out of the sight of who asks for it.
  const tenants = rulesOf(context.architecture, context.table.id, 'isolatedBy').flatMap((r) => r.columns)
  for (const column of plan.correctable.filter((c) => !tenants.includes(c))) {
    const own = row[column]
    if (!isGiven(own)) continue
    const candidates = [
      ...others.map((r) => r[column]),
      ...(await rows.candidates(table, column)).slice(0, 8),
    ]
    for (const other of new Set(candidates))
      if (isGiven(other) && other !== own) wishes.push({ column, own, other })
  }
  const name = qualified(table)
  const is = (column: string, sql: string): string => {
    const type = table.columns.find((c) => c.name === column)?.type ?? 'text'
    return `${ident(column)}::text is not distinct from cast(${sql} as ${type})::text`
  }
  const answers = await taken(
    wishes.map(({ column, own, other }) => [
      rows.insert(table, row),
      // A division by zero refuses what is stored as it was, or by a trigger as something else.
      `select 1 / (${is(column, own)})::int from ${name} where ${rows.where(table, row)}`,
      `update ${name} set ${ident(column)} = ${other} where ${rows.where(table, row)}`,
      `select 1 / (${is(column, other)} and not ${is(column, own)})::int from ${name} where ${rows.where(table, row)}`,
    ]),
  )
  return wishes[answers.indexOf(true)] ?? null
}

/**
 * Rows that agree with this one in every part of the key but one, where theirs comes before or after: as far as there
 * are such. A value of another row that stands may need parents of its own; any other is looked for.
 */
const besides = async (
  context: RuleContext,
  plan: VersionPlan,
  row: Row,
  others: readonly Row[],
): Promise<readonly string[]> => {
  const { rows, table } = context
  const before = [insertRows(table, [row, ...others])]
  const made: string[] = []
  for (const column of plan.key) {
    const type = table.columns.find((c) => c.name === column)?.type ?? 'text'
    const pins = Object.fromEntries(plan.key.filter((c) => c !== column).map((c) => [c, row[c] ?? 'null']))
    for (const operator of ['<', '>']) {
      const where = [`${ident(column)} ${operator} cast(${row[column] ?? 'null'} as ${type})`]
      const known = others.flatMap((other) =>
        isGiven(other[column]) ? [{ ...pins, [column]: other[column] }] : [],
      )
      for (const wish of [...known, pins]) {
        const beside = await makeRow(context, table, { pins: wish, where, before: [...before, ...made] })
        if (!('row' in beside)) continue
        made.push(...beside.given, rows.insert(table, beside.row))
        break
      }
    }
  }
  return made
}

/** How long ago the versions of the rows beside began, and how long ago the ones that stand did. */
export const besideSince = [100, 50] as const

/** Every row of the world has held for long, and has one version before that: two, whose bounds no experiment moves. */
const aged = ({ history, columns }: VersionPlan): readonly string[] => {
  const [first, second] = besideSince
  const list = identList(columns)
  return [
    `update ${history} set valid = tstzrange(now() - interval '${second} hours', null)`,
    `insert into ${history} (${list}, valid) select ${list}, tstzrange(now() - interval '${first} hours', lower(valid)) from ${history}`,
  ]
}

/** Or why there is nothing to stand on. */
export const layGround = async (
  rule: VersionedRule,
  context: RuleContext,
  plan: VersionPlan,
  triggers: readonly Structure[],
): Promise<VersionGround | { readonly unsolved: string; readonly tried: string }> => {
  const { rows, table } = context
  const made = await rows.world(table)
  const none = `no row of ${rule.table} was found that all its constraints accept`
  if (made.problem !== null) return { unsolved: none, tried: made.problem }
  const bare = makeTaken(context, plan, { id: made.id, statements: made.statements }, triggers)
  const found = await standing(context, bare)
  // The one in the middle, so that there is most to find on either side of its key.
  const first = found[1] ?? found[0]
  if (first === undefined) return { unsolved: none, tried: 'the base rows of all families' }
  const others = found.filter((row) => row !== first)
  const beside = await besides(context, plan, first, others)
  const world: World = {
    id: `${made.id}+versions`,
    statements: [...made.statements, ...beside, ...aged(plan)],
  }
  const taken = makeTaken(context, plan, world, triggers)
  const key = (row: Row): string => rows.where(table, row)
  const which = (some: readonly Row[]): string => some.map((row) => `(${key(row)})`).join(' or ')
  return {
    rule,
    context,
    plan,
    world,
    rows: [first, ...others],
    touch: await findTouch(context, plan, taken, [first, ...others]),
    triggers,
    insert: (...some) => insertRows(table, some),
    key,
    remove: (...some) => `delete from ${plan.table} where ${which(some)}`,
    set: (assignments, ...some) => `update ${plan.table} set ${assignments} where ${which(some)}`,
    taken,
  }
}
