/** Where a row may point: to a parent, not to a missing one, not to a mixture of two, to none. */
import type { PgFault } from '../../postgres/fault.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Family, Row } from '../../rows/rows.ts'
import { optionalColumns } from '../declared.ts'
import { accepted, type Case, type Ground } from '../draft.ts'
import type { Expected } from '../experiment.ts'
import { addCircleCase } from './circle.ts'
import { familyOf } from './family.ts'
import {
  keysPointedTo,
  obstaclesTo,
  ownKeyColumn,
  pointingTo,
  sharedColumns,
  type ForeignKey,
} from '../foreign-key.ts'
import { withComputedKey } from '../computed-key.ts'
import { freshKeys, freshValues } from '../fresh-value.ts'
import { makeRow } from '../make-row.ts'
import type { RuleContext } from '../rule-kind.ts'
import { listed } from '../sentence.ts'
import { quieted } from '../quiet.ts'
import { tryOne } from '../trial.ts'
import { addUntriggered, comesOut, withoutTriggers } from '../untriggered.ts'

const missing = (key: ForeignKey): Expected => ({
  kind: 'rejected',
  by: { sqlstate: '23503', constraint: key.name },
})

/** The table's row with these references: as the row-level constraints have it, or plainly put into the base row. */
const childOf = async (context: RuleContext, family: Family, pins: Row): Promise<Row> => {
  const solved = await context.rows.solve(context.table, { pins, family })
  if ('row' in solved) return solved.row
  return { ...(await context.rows.base(context.table, family)), ...pins }
}

/** Rows of the table itself that a self-reference points to: the world has none. */
const ownParents = (key: ForeignKey, context: RuleContext, parents: readonly Row[]): readonly string[] =>
  key.isSelf ? parents.map((row) => context.rows.insert(key.target, row)) : []

/** Cases may be answered by a trigger of the table's: then it is set aside. */
const add = (context: RuleContext, ground: Ground, one: Case): Promise<void> =>
  addUntriggered(context, ground, one)

/** A refusal that another reference over the same column may speak before this one: that is set aside, too. */
const addRefused = async (
  key: ForeignKey,
  context: RuleContext,
  ground: Ground,
  { given = [], ...one }: Case,
): Promise<void> => {
  const aside = await obstaclesTo(key, context, ground.world, given, one.when)
  const plain = { ...one, given: [...aside, ...given] }
  const quiet = quieted(context, [context.table])
  if (quiet.length > 0 && !(await comesOut(context, ground, plain))) {
    // What else refuses it is heard where its triggers are not.
    const behind = await obstaclesTo(key, context, ground.world, [...quiet, ...given], one.when)
    const asleep = { ...one, given: [...behind, ...quiet, ...given] }
    if (behind.length > 0 && (await comesOut(context, ground, asleep))) return ground.draft.add(asleep)
  }
  await add(context, ground, plain)
}

const addExistingCase = async (
  key: ForeignKey,
  context: RuleContext,
  ground: Ground,
  parent: Row,
): Promise<void> => {
  const { rows, table } = context
  const made = await makeRow(context, table, {
    pins: pointingTo(key, parent),
    family: key.isSelf ? 'b' : 'a',
    before: ownParents(key, context, [parent]),
    until: key.names,
  })
  if ('unsolved' in made) {
    const family = await familyOf(key, context, ground.world)
    if (!('unsolved' in family)) {
      await add(context, ground, {
        title: `a row that points to an existing row of ${key.rule.target} is accepted`,
        given: [...family.beforeParent, family.insertParent, ...family.beforeChild],
        when: [family.insertChild],
        then: accepted,
      })
      return
    }
    ground.draft.unsolved(
      `no row that points to an existing row of ${key.rule.target} was found: ${made.unsolved}`,
      made.tried,
    )
    return
  }
  if (made.refusedBy !== null && (await addCircleCase(key, context, ground))) return
  await add(context, ground, {
    title: `a row that points to an existing row of ${key.rule.target} is accepted`,
    given: [...ownParents(key, context, [parent]), ...made.given],
    when: [rows.insert(table, made.row)],
    then: accepted,
  })
}

/** A base row of the target, with the values of its key that PostgreSQL computes. */
const parentOf = async (key: ForeignKey, context: RuleContext, family: Family): Promise<Row | null> => {
  const base = await context.rows.base(key.target, family)
  return base && withComputedKey(key, context, base)
}

/** The key of a row that is not there; a computed one follows from a row that comes to none of those that are. */
const missingKey = async (key: ForeignKey, context: RuleContext, parent: Row): Promise<Row | null> => {
  const { rows, table } = context
  const { columns } = key.rule
  const computed = table.columns.find((c) => columns.includes(c.name) && c.generated !== null)
  if (computed === undefined) {
    const own = ownKeyColumn(key, context)
    const taken = await keysPointedTo(key, context, own)
    const [value] = await freshValues(context, key.target, own, taken)
    if (value === undefined) return null
    return pointingTo(key, await withComputedKey(key, context, { ...parent, [own]: value }))
  }
  const there: string[] = []
  for (const family of ['a', 'b', 'c'] as const) {
    const other = await parentOf(key, context, family)
    if (other) there.push(pointingTo(key, other)[computed.name] ?? 'null')
  }
  const values = there.map((sql) => `cast(${sql} as ${computed.type})`)
  const pins = Object.fromEntries(
    Object.entries(pointingTo(key, parent)).filter(([name]) => name !== computed.name),
  )
  const where = [`(${computed.default ?? 'null'}) not in (${values.join(', ')})`]
  const solved = await rows.solve(table, { pins, family: 'a', where })
  if ('unsolved' in solved) return null
  const row = await withComputedKey({ target: table, targetColumns: columns }, context, solved.row)
  return Object.fromEntries(columns.map((name) => [name, row[name] ?? 'null']))
}

/** A CHECK, NOT NULL or the partitions of the table, which speak before any reference does. */
const isOfRow = (fault: PgFault | null): boolean =>
  fault !== null &&
  (fault.sqlstate === '23502' ||
    (fault.sqlstate === '23514' && /^Exec(?:Constraints|FindPartition)$/u.test(fault.routine ?? '')))

/** What refuses the statements; where that may be what a trigger of the table made of the row, what refuses them without it. */
const faultBehindTriggers = async (
  context: RuleContext,
  { world }: Ground,
  statements: readonly string[],
): Promise<PgFault | null> => {
  const fault = await tryOne(context.db, world, statements)
  const quiet = quieted(context, [context.table])
  const isConstraints = fault === null || (fault.sqlstate.startsWith('23') && !isOfRow(fault))
  return isConstraints || quiet.length === 0 ? fault : tryOne(context.db, world, [...quiet, ...statements])
}

/** Whether a CHECK speaks before any reference does. */
const isCheckFirst = async (
  context: RuleContext,
  ground: Ground,
  statements: readonly string[],
): Promise<boolean> => isOfRow(await faultBehindTriggers(context, ground, statements))

/** The row with these references; where a CHECK speaks of what a trigger would have written, as it is without triggers. */
const heardChild = async (context: RuleContext, ground: Ground, pins: Row): Promise<Row> => {
  const row = await childOf(context, 'a', pins)
  const isHeard = !(await isCheckFirst(context, ground, [context.rows.insert(context.table, row)]))
  return isHeard ? row : withoutTriggers(context, () => childOf(context, 'a', pins))
}

/** A key of one column that this table's own CHECKs take and that no row of the target has, not even what stands above its rows. */
const ownKey = async (key: ForeignKey, context: RuleContext, ground: Ground): Promise<Row | null> => {
  const { rows, table, db } = context
  const [column] = key.rule.columns as readonly [string]
  for (const value of (await freshKeys(context, table, column)).slice(0, mostKeysTried)) {
    const row = await childOf(context, 'a', { [column]: value })
    const fault = await tryOne(db, ground.world, [rows.insert(table, row)])
    if (fault?.sqlstate === '23503' && key.names.includes(fault.constraint ?? '')) return { [column]: value }
  }
  return null
}

/** Of each column of the key. */
const mostValuesTried = 3
/** Of a key of one column. */
const mostKeysTried = 8

/**
 * That key, or one that differs from the parent's in another column where a CHECK of this table speaks before the
 * reference does: `kind = 'person'` takes no other kind.
 */
const heardKey = async (
  key: ForeignKey,
  context: RuleContext,
  ground: Ground,
  parent: Row,
  first: Row,
): Promise<Row> => {
  const { rows, table } = context
  const isHeard = async (pins: Row): Promise<boolean> =>
    !(await isCheckFirst(context, ground, [rows.insert(table, await childOf(context, 'a', pins))]))
  if (await isHeard(first)) return first
  if (key.targetColumns.length === 1) {
    const [column] = key.targetColumns as readonly [string]
    const taken = await keysPointedTo(key, context, column)
    for (const value of (await freshKeys(context, key.target, column, taken)).slice(0, mostKeysTried)) {
      const pins = { [key.rule.columns[0]!]: value }
      if (await isHeard(pins)) return pins
    }
    return (await ownKey(key, context, ground)) ?? first
  }
  // What the row itself has, since its CHECKs take that, then what the parent has.
  const whole = key.rule.columns.every((c) => (ground.base[c] ?? 'null') !== 'null')
  const from = [...(whole ? [ground.base] : []), pointingTo(key, parent)]
  const values = await Promise.all(
    key.targetColumns.map(async (column) =>
      freshValues(context, key.target, column, await keysPointedTo(key, context, column)),
    ),
  )
  const others = from.map((row) =>
    key.rule.columns.map((changed, i) =>
      values[i]!.slice(0, mostValuesTried).map((value): Row =>
        Object.fromEntries(key.rule.columns.map((c) => [c, c === changed ? value : row[c]!])),
      ),
    ),
  )
  for (const pins of others.flat(2)) if (await isHeard(pins)) return pins
  return first
}

const addMissingCases = async (
  key: ForeignKey,
  context: RuleContext,
  ground: Ground,
  parent: Row,
): Promise<void> => {
  const { rows, table } = context
  const own = ownKeyColumn(key, context)
  const found = await missingKey(key, context, parent)
  const pins = found && (await heardKey(key, context, ground, parent, found))
  if (pins === null) {
    ground.draft.unsolved(`no key was found that ${key.rule.target} has no row of`, `candidates of ${own}`)
    return
  }
  const row = await heardChild(context, ground, pins)
  const change = await pointingChange(key, context, ground, pins, row)
  const cases: readonly Case[] = [
    {
      title: `a row that points to a missing row of ${key.rule.target} is refused`,
      when: [rows.insert(table, row)],
      then: missing(key),
    },
    {
      title: `pointing a row to a missing row of ${key.rule.target} is refused`,
      given: [rows.insert(table, ground.base)],
      when: [change],
      then: missing(key),
    },
  ]
  for (const one of cases) {
    if (!(await isCheckFirst(context, ground, [...(one.given ?? []), ...one.when]))) {
      await addRefused(key, context, ground, one)
      continue
    }
    const other = one.given && (await heardChange(key, context, ground))
    if (other) await addRefused(key, context, ground, { ...one, when: [other] })
    else ground.draft.unsolved(`a CHECK of the table speaks first: ${one.title}`, one.when.join('; '))
  }
}

/** Keys that come before those of rows: a CHECK may take none that is greater than the row's own. */
const earlierKeys = ['1', '-1'] as const

/** A change of the base row that its CHECKs let through to the reference, of a key of one column. */
const heardChange = async (key: ForeignKey, context: RuleContext, ground: Ground): Promise<string | null> => {
  const [column, ...others] = key.targetColumns
  const [pointer] = key.rule.columns
  if (column === undefined || pointer === undefined || others.length > 0) return null
  const taken = await keysPointedTo(key, context, column)
  const fresh = (await freshKeys(context, key.target, column, taken)).slice(0, mostKeysTried)
  const { type = '' } = key.target.columns.find(({ name }) => name === column) ?? {}
  const earlier = /^(?:smallint|integer|bigint|numeric)/u.test(type) ? earlierKeys : []
  for (const value of [...earlier, ...fresh]) {
    const pins = { [pointer]: value }
    const row = await childOf(context, 'a', pins)
    const change = await pointingChange(key, context, ground, pins, row)
    if (!(await isCheckFirst(context, ground, [context.rows.insert(context.table, ground.base), change])))
      return change
  }
  return null
}

/**
 * What the base row changes to: the reference alone, unless another constraint speaks first, as one that asks for
 * exactly one of two references does. Then the columns in which a row that it accepts differs change along.
 */
const pointingChange = async (
  key: ForeignKey,
  context: RuleContext,
  ground: Ground,
  pins: Row,
  row: Row,
): Promise<string> => {
  const { rows, table } = context
  const written = (names: readonly string[], from: Row): string =>
    `update ${qualified(table)} set ${names.map((c) => `${ident(c)} = ${from[c] ?? 'null'}`).join(', ')} where ${rows.where(table, ground.base)}`
  const isComputed = (name: string): boolean =>
    table.columns.some((c) => c.name === name && c.generated !== null)
  // An identity that is always generated keeps its value: what else points goes elsewhere.
  const isFixed = (name: string): boolean =>
    table.columns.some((c) => c.name === name && c.identity === 'always')
  const moved = Object.keys(pins).filter((name) => !isComputed(name))
  const free = moved.filter((name) => !isFixed(name))
  const alone = written(free.length > 0 ? free : moved, pins)
  const standing = rows.insert(table, ground.base)
  // What a computed column points with follows from other columns.
  const follows = Object.keys(pins).some(isComputed)
  const fault = follows ? null : await faultBehindTriggers(context, ground, [standing, alone])
  if (!follows && fault?.sqlstate !== '23514') return alone
  const writable = table.columns.filter((c) => c.generated === null && c.identity !== 'always')
  const differing = writable
    .map((c) => c.name)
    .filter((c) => (row[c] ?? 'null') !== (ground.base[c] ?? 'null'))
  if (differing.length === 0) return alone
  const along = written(differing, row)
  const then = await faultBehindTriggers(context, ground, [standing, along])
  return then?.constraint != null && key.names.includes(then.constraint) ? along : alone
}

/** One column of another parent: each parent exists, the pair does not. Other references stay whole. */
const addMixedCases = async (
  key: ForeignKey,
  context: RuleContext,
  ground: Ground,
  [one, other]: readonly [Row, Row],
): Promise<void> => {
  const { rows, table } = context
  const shared = sharedColumns(key, context)
  const { columns } = key.rule
  const [mine, theirs] = [pointingTo(key, one), pointingTo(key, other)]
  // Where its CHECKs take neither parent, the row's own one.
  const own = Object.fromEntries(columns.map((c) => [c, ground.base[c] ?? 'null']))
  const isWhole = columns.every((c) => own[c] !== 'null' && own[c] !== 'default')
  const isParent = (pins: Row): boolean =>
    [mine, theirs, own].some((parent) => columns.every((c) => pins[c] === parent[c]))
  const mixturesIn = (column: string): readonly Row[] =>
    [
      { ...mine, [column]: theirs[column]! },
      ...(isWhole ? [mine, theirs].map((from) => ({ ...own, [column]: from[column]! })) : []),
    ].filter((pins) => !isParent(pins))
  const addMixed = async (column: string, pins: Row): Promise<boolean> => {
    // The rest of the row belongs to the parent that the shared columns name; a self-reference's parents are rows a and b.
    const family = key.isSelf ? 'c' : shared.has(column) ? 'b' : 'a'
    const row = await childOf(context, family, pins)
    const parents = ownParents(key, context, [one, other])
    // A CHECK of this table keeps the mixture out whatever is referenced.
    if (await isCheckFirst(context, ground, [...parents, rows.insert(table, row)])) return false
    await addRefused(key, context, ground, {
      title: `a row whose ${column} alone is of another row of ${key.rule.target} is refused`,
      given: parents,
      when: [rows.insert(table, row)],
      then: missing(key),
    })
    return true
  }
  for (const column of columns) for (const pins of mixturesIn(column)) if (await addMixed(column, pins)) break
}

/** Null in one column: MATCH SIMPLE lets the rest point anywhere, MATCH FULL refuses. */
const addNullCases = async (
  key: ForeignKey,
  context: RuleContext,
  ground: Ground,
  parent: Row,
): Promise<void> => {
  const { rows, table, architecture } = context
  const { columns, match } = key.rule
  const optional = columns.filter((c) => optionalColumns(architecture, key.rule.table).includes(c))
  for (const column of optional) {
    const pins = { ...pointingTo(key, parent), [column]: 'null' }
    const partial = columns.length > 1 && match === 'full'
    if (partial) {
      await add(context, ground, {
        title: `a row without ${column} but with ${listed(columns.filter((c) => c !== column))} is refused`,
        when: [rows.insert(table, await childOf(context, 'a', pins))],
        then: missing(key),
      })
      continue
    }
    const made = await makeRow(context, table, {
      pins,
      family: 'a',
      until: key.names,
    })
    if ('unsolved' in made) continue
    await add(context, ground, {
      title: `a row without ${column} points nowhere and is accepted`,
      given: made.given,
      when: [rows.insert(table, made.row)],
      then: accepted,
    })
  }
  if (match !== 'full' || columns.length < 2 || optional.length !== columns.length) return
  const none = await makeRow(context, table, {
    pins: Object.fromEntries(columns.map((c) => [c, 'null'])),
    family: 'a',
  })
  if ('unsolved' in none) return
  await add(context, ground, {
    title: `a row without ${listed(columns)} points nowhere and is accepted`,
    given: none.given,
    when: [rows.insert(table, none.row)],
    then: accepted,
  })
}

export const addPointerCases = async (
  key: ForeignKey,
  context: RuleContext,
  ground: Ground,
): Promise<void> => {
  const one = await parentOf(key, context, 'a')
  const other = await parentOf(key, context, 'b')
  if (!one || !other) {
    ground.draft.unsolved(`no rows of ${key.rule.target} were found to point to`, 'its base rows')
    return
  }
  await addExistingCase(key, context, ground, one)
  await addMissingCases(key, context, ground, one)
  if (key.rule.columns.length > 1) await addMixedCases(key, context, ground, [one, other])
  await addNullCases(key, context, ground, one)
}
