/** What becomes of a row when the key of the row that it points to changes. */
import { checksOf } from '../../catalog/check.ts'
import { ident, identList, qualified } from '../../postgres/quote.ts'
import { accepted, type Ground } from '../draft.ts'
import type { Expected, Note } from '../experiment.ts'
import type { Family, ForeignKey } from '../foreign-key.ts'
import { makeRow, type MadeRow } from '../make-row.ts'
import type { PgFault } from '../../postgres/fault.ts'
import type { Row } from '../../rows/rows.ts'
import {
  addParentCase,
  otherKeys,
  countAfter,
  defaultOf,
  familyStands,
  oneRow,
  refusedParent,
  whereChild,
} from './outcome.ts'
import { familyThatSets } from './refused-action.ts'
import { keysOfNewRows } from '../fresh-value.ts'
import { resetSequence } from '../reset-sequence.ts'
import type { RuleContext } from '../rule-kind.ts'
import { tryEach, tryOne } from '../trial.ts'

interface Change {
  /** `"id" = 1004`, or `= default` where the key numbers itself and takes nothing else. */
  readonly set: string
  readonly before: readonly string[]
  /** Behind all rows of the case. */
  readonly behind?: readonly string[]
}

const updateParent = (key: ForeignKey, family: Family, context: RuleContext, change: Change): string =>
  `update ${qualified(key.target)} set ${change.set} where ${context.rows.where(key.target, family.parent)}`

const mostKeysTried = 64
const mostKeysMade = 12

const plainChange = async (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
  ground: Ground,
): Promise<Change | null> => {
  const { column } = family
  const found = key.target.columns.find((c) => c.name === column)
  if (!found || found.generated !== null) return null
  if (found.identity === 'always') {
    return { set: `${ident(column)} = default`, before: [], behind: [resetSequence(key.target, column)] }
  }
  const value = await untakenKey(key, family, context, ground)
  return value === undefined ? null : { set: `${ident(column)} = ${value}`, before: [] }
}

/** By a key or a CHECK of the table itself, or by the type: then nothing is heard of who points here. */
const isRefusedByItself = (fault: PgFault | null): boolean =>
  fault !== null && /^(?:23505|23514|23P01|22)/u.test(fault.sqlstate)

/** A CHECK may tie the key to what else the row has. */
const keyBesideTheRest = async (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
): Promise<string | undefined> => {
  const { column, parent } = family
  const tied = checksOf(context.catalog, key.target.id).flatMap(({ facts }) =>
    facts.columns.includes(column) ? facts.columns.filter((name) => name !== column) : [],
  )
  if (tied.length === 0) return undefined
  const pins = Object.fromEntries(tied.flatMap((name) => (name in parent ? [[name, parent[name]!]] : [])))
  const found = await keysOfNewRows(context, key.target, column, [parent[column]!], pins)
  return found[0]
}

/** What follows has to take the key, too; absent where it follows none, or takes none of them. */
const followedKey = async (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
  before: readonly string[],
  values: readonly string[],
): Promise<string | undefined> => {
  if (key.rule.onUpdate !== 'cascade') return undefined
  const replies = await tryEach(
    context.db,
    before,
    values.map((value) => [
      family.insertChild,
      updateParent(key, family, context, { set: `${ident(family.column)} = ${value}`, before: [] }),
      'set constraints all immediate',
    ]),
  )
  return values[replies.findIndex(({ fault }) => fault === null)]
}

/**
 * Tried one after the other: what else the row that points here needs may have a key of the same table, and its CHECKs
 * may take few values. One that somebody else refuses is kept for want of a better one.
 */
const untakenKey = async (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
  ground: Ground,
): Promise<string | undefined> => {
  const values = (await otherKeys(context, key, family, family.column)).slice(0, mostKeysTried)
  const before = [
    ...ground.world.statements,
    ...family.beforeParent,
    family.insertParent,
    ...family.beforeChild,
  ]
  const followed = await followedKey(key, family, context, before, values)
  if (followed !== undefined) return followed
  let second: string | undefined
  // Most take the first; the others are asked together.
  for (const some of [values.slice(0, 1), values.slice(1)]) {
    const changes = some.map((value) => ({ set: `${ident(family.column)} = ${value}`, before: [] }))
    const replies = await tryEach(
      context.db,
      before,
      changes.map((change) => [updateParent(key, family, context, change)]),
    )
    const taken = replies.findIndex(({ fault }) => fault === null)
    if (taken >= 0) return some[taken]
    second ??= some[replies.findIndex(({ fault }) => !isRefusedByItself(fault))]
  }
  return (await keyBesideTheRest(key, family, context)) ?? second ?? values[0]
}

/** With the first value of the column that a row of the target takes. */
const rowWithAnotherKey = async (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
  {
    column,
    pins,
    standing,
  }: { readonly column: string; readonly pins: Row; readonly standing: readonly string[] },
): Promise<MadeRow | null> => {
  const values = await otherKeys(context, key, family, column)
  for (const value of values.slice(0, mostKeysMade)) {
    const wish = { pins: { ...pins, [column]: value }, family: 'a' as const, before: standing }
    const made = await makeRow(context, key.target, wish)
    if ('row' in made) return made
  }
  return null
}

/**
 * What else hangs on the key changes along with it, as in a row that has the other key by itself. Where rows follow, one
 * that they can follow; for want of it one that the table itself takes.
 */
const changeAlong = async (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
  ground: Ground,
): Promise<Change | null> => {
  const { target, targetColumns } = key
  const standing = [...family.beforeParent, family.insertParent]
  const child = key.rule.onUpdate === 'cascade' ? [[...family.beforeChild, family.insertChild]] : []
  let second: Change | null = null
  for (const column of new Set([family.column, ...targetColumns.toReversed()])) {
    const pins = Object.fromEntries(targetColumns.map((c) => [c, family.parent[c]!]))
    const other = await rowWithAnotherKey(key, family, context, { column, pins, standing })
    if (other === null) continue
    const set = target.columns
      .filter(
        ({ name, generated, identity }) => generated === null && identity !== 'always' && name in other.row,
      )
      .filter(({ name }) => other.row[name] !== family.parent[name])
      .map(({ name }) => `${ident(name)} = ${other.row[name]!}`)
    if (set.length === 0) continue
    const change = { set: set.join(', '), before: other.given }
    const update = updateParent(key, family, context, change)
    const [taken, followed = taken] = await tryEach(
      context.db,
      [...ground.world.statements, ...change.before, ...standing],
      [[], ...child].map((behind) => [...behind, update]),
    )
    if (followed?.fault === null) return change
    if (taken?.fault === null) second ??= change
  }
  return second
}

const changeOf = async (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
  ground: Ground,
): Promise<Change | null> => {
  const plain = await plainChange(key, family, context, ground)
  if (!plain) return null
  const standing = [...family.beforeParent, family.insertParent, ...(plain.behind ?? [])]
  const statements = [...standing, updateParent(key, family, context, plain)]
  const fault = await tryOne(context.db, ground.world, statements)
  const isRefused = isRefusedByItself(fault) || fault?.sqlstate === '23503'
  const along = isRefused ? await changeAlong(key, family, context, ground) : null
  // A key that its own table lets nobody change shows nothing of who points to it.
  return along ?? (isRefusedByItself(fault) ? null : plain)
}

/** The child points to a row that is there, and neither to the old key nor to its default. */
const countFollowed = (key: ForeignKey, family: Family, context: RuleContext): string => {
  const pairs = key.rule.columns.map((c, i) => `p.${ident(key.targetColumns[i]!)} = c.${ident(c)}`)
  const old = key.rule.columns.map((c) => `c.${ident(c)} = (${family.child[c]!})`)
  const byDefault = key.rule.columns.map((c) => `c.${ident(c)} = (${defaultOf(key, context, c) ?? 'null'})`)
  const isChild = whereChild(key, family, context)
  return (
    `select count(*) from (select * from ${qualified(context.table)} where ${isChild}) as c ` +
    `join ${qualified(key.target)} as p on ${pairs.join(' and ')} where not (${old.join(' and ')}) and (${byDefault.join(' and ')}) is not true`
  )
}

/** Changes the parent's key and gives the old one to a new row, in one statement. */
const handOver = async (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
  change: Change,
  standing: readonly string[],
): Promise<string | null> => {
  if (key.target.columns.some((c) => c.generated !== null && key.targetColumns.includes(c.name))) return null
  const update = updateParent(key, family, context, change)
  // The child would forbid the change that the new row follows.
  const ofChild = new Set([...family.beforeChild, family.insertChild])
  const heir = await makeRow(context, key.target, {
    pins: Object.fromEntries(key.targetColumns.map((c) => [c, family.parent[c]!])),
    family: 'a',
    before: [...standing.filter((s) => !ofChild.has(s)), update],
  })
  if ('unsolved' in heir || heir.given.length > 0) return null
  const names = key.target.columns
    .filter((c) => c.generated === null && c.name in heir.row)
    .map((c) => c.name)
  return (
    `with moved as (${update} returning 1) insert into ${qualified(key.target)} (${identList(names)}) ` +
    `overriding system value select ${names.map((n) => heir.row[n]!).join(', ')} from moved`
  )
}

interface Outcome {
  readonly title: string
  readonly when: readonly string[]
  readonly then: Expected
}

const outcomes = async (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
  change: Change,
  standing: readonly string[],
): Promise<readonly Outcome[]> => {
  const { onUpdate, target: name } = key.rule
  const update = updateParent(key, family, context, change)
  if (onUpdate === 'cascade') {
    const when = [update, countFollowed(key, family, context)]
    return [{ title: `a changed key of ${name} is followed`, when, then: oneRow }]
  }
  if (onUpdate === 'set null' || onUpdate === 'set default') {
    const what = onUpdate === 'set null' ? 'empties the pointer' : 'sets the pointer to its default'
    const when = [update, countAfter(key, family, context, onUpdate)]
    return [{ title: `changing a key of ${name} ${what}`, when, then: oneRow }]
  }
  const refused = refusedParent(key, onUpdate)
  const heir = await handOver(key, family, context, change, standing)
  return [
    { title: `changing a key of ${name} that is pointed to is refused`, when: [update], then: refused },
    ...(heir === null
      ? []
      : [
          {
            title: `changing it and giving it to another row in one statement is ${onUpdate === 'restrict' ? 'refused' : 'accepted'}`,
            when: [heir],
            then: onUpdate === 'restrict' ? refused : accepted,
          },
        ]),
  ]
}

/** A key that is computed cannot change by itself: then there is nothing to show. Answers what is to be told. */
export const addUpdateCases = async (
  key: ForeignKey,
  made: Family,
  context: RuleContext,
  ground: Ground,
): Promise<readonly Note[]> => {
  const change = await changeOf(key, made, context, ground)
  if (!change) return []
  const update = (one: Family): string => updateParent(key, one, context, change)
  const { family, refused } = await familyThatSets(key, made, context, ground, {
    on: 'update',
    does: key.rule.onUpdate,
    sets: undefined,
    statement: update,
  })
  const given = [...change.before, ...(await familyStands(key, family, context)), ...(change.behind ?? [])]
  if (refused !== null) {
    const title = `changing a key of ${key.rule.target} is refused, because ${refused.by} refuses what is left`
    await addParentCase(key, context, ground, { title, given, when: [update(family)], then: refused.then })
    return [refused.note]
  }
  for (const { title, when, then } of await outcomes(key, family, context, change, given)) {
    await addParentCase(key, context, ground, { title, given, when, then })
  }
  return []
}
