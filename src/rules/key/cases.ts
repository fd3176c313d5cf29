/** The cases that unique, primaryKey and excludes share: a collision, upserts, deferral, and each part alone different. */
import { excludesOf } from '../../catalog/excludes.ts'
import { primaryKeysOf } from '../../catalog/primary-key.ts'
import { isDetermined } from '../../catalog/key/determined.ts'
import { referencesOf } from '../../catalog/references.ts'
import { uniquesOf } from '../../catalog/unique.ts'
import { literal, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { accepted, type Ground } from '../draft.ts'
import { evaluateRows } from '../evaluate.ts'
import { columnsIn } from '../expression-columns.ts'
import type { Cause, Expected } from '../experiment.ts'
import {
  acceptedRow,
  colliding,
  keyColumns,
  pinned,
  secondRow,
  unlike,
  type Key,
  type KeyPart,
} from './key.ts'
import { lessAlike } from './less-alike.ts'
import { freshKeys } from '../fresh-value.ts'
import { makeRow, type MadeRow } from '../make-row.ts'
import type { RuleContext } from '../rule-kind.ts'
import { listed } from '../sentence.ts'
import { tryOne } from '../trial.ts'
import { withoutRewrites } from '../quiet.ts'
import { takeKeyAway } from '../smaller-keys.ts'
import { addUntriggered } from '../untriggered.ts'

/** The name that PostgreSQL gave while it was tried; else that of the claimed structure. */
export const duplicateCause = (key: Key, seen: string | null): Cause => {
  return { sqlstate: key.sqlstate, constraint: seen ?? key.names[0]! }
}

/** A second row with the first one's key. */
interface Duplicate {
  readonly row: Row
  readonly given: readonly string[]
  readonly cause: Cause
  /** Goes first: takes away what would speak in the key's place. */
  readonly aside: readonly string[]
}

/**
 * A key that CHECKs tie to an exclusion's elements refuses what conflicts there, and an exclusion what has the same key:
 * without the other one the constraint is heard.
 */
const otherKeyAside = async (
  { catalog, db, rows, table }: RuleContext,
  { world }: Ground,
  key: Key,
  before: readonly string[],
  row: Row,
): Promise<readonly string[]> => {
  const statements = [...before, rows.insert(table, row)]
  const fault = await tryOne(db, world, statements)
  const others =
    key.sqlstate === '23505'
      ? excludesOf(catalog, table.id)
      : [...primaryKeysOf(catalog, table.id), ...uniquesOf(catalog, table.id)]
  const other = others.find(({ name }) => name === fault?.constraint)
  if (fault === null || !/^23(?:505|P01)$/u.test(fault.sqlstate) || !other) return []
  const aside = [takeKeyAway(table, other.facts)]
  const then = await tryOne(db, world, [...aside, ...statements])
  return then?.constraint != null && key.names.includes(then.constraint) ? aside : []
}

/**
 * Everything but the key is different, so that only the key can refuse it. Where a smaller key is held too, that one
 * may always answer first: then any refusal of a key will do.
 */
const makeDuplicate = async (
  context: RuleContext,
  ground: Ground,
  key: Key,
  first: MadeRow,
): Promise<Duplicate | { readonly unsolved: string; readonly tried: string }> => {
  const { rows, table } = context
  const columns = [...keyColumns(key), ...key.whereColumns]
  const pins = colliding(key, first.row)
  const wish = { pins, before: [...first.given, rows.insert(table, first.row)], until: key.names }
  const different = await unlike(context, first.row, 'b', columns)
  const made = await secondRow(context, { ...wish, unlike: different })
  if ('row' in made) {
    const { row, given, refusedBy } = await lessAlike(
      context,
      made,
      { ...wish, different },
      first.row,
      columns,
    )
    return { row, given, cause: duplicateCause(key, refusedBy), aside: [] }
  }
  const solved = await rows.solve(table, { pins, family: 'b' })
  if ('unsolved' in solved) return made
  const cause = context.claims.length > 0 ? { sqlstate: key.sqlstate } : duplicateCause(key, null)
  const aside = await otherKeyAside(
    context,
    ground,
    key,
    [...first.given, rows.insert(table, first.row)],
    solved.row,
  )
  return { row: solved.row, given: [], cause: aside.length > 0 ? duplicateCause(key, null) : cause, aside }
}

const shownKey = (key: Key): string => listed(key.parts.map((p) => p.shown))

/**
 * PostgreSQL takes no ON CONFLICT on a table with a rewrite rule for its inserts or updates, nor where another key of
 * the same columns is deferrable.
 */
const takesUpserts = async (
  { db }: RuleContext,
  { world }: Ground,
  statements: readonly string[],
): Promise<boolean> => (await tryOne(db, world, statements))?.sqlstate !== '0A000'

/** Another key, which cannot wait, holds such a pair too: it says no before the transaction could mend it. */
const isRefusedByOthers = async (
  { db }: RuleContext,
  { world }: Ground,
  key: Key,
  statements: readonly string[],
): Promise<boolean> => {
  const fault = await tryOne(db, world, ['set constraints all deferred', ...statements])
  return fault !== null && fault.constraint !== null && !key.names.includes(fault.constraint)
}

const addDuplicateCases = async (
  context: RuleContext,
  ground: Ground,
  key: Key,
  first: MadeRow,
  second: Duplicate,
): Promise<void> => {
  const { rows, table } = context
  // Under a rewrite rule no upsert is taken, and what is deleted again may stay.
  const rewrites = withoutRewrites(context, table)
  const given = [...rewrites, ...second.aside, ...first.given, rows.insert(table, first.row), ...second.given]
  const insert = rows.insert(table, second.row)
  const refused: Expected = { kind: 'rejected', by: second.cause }
  await addUntriggered(context, ground, {
    title:
      key.sqlstate === '23505'
        ? `a second row with the same ${shownKey(key)} is refused`
        : `a row that conflicts in ${shownKey(key)} is refused`,
    given,
    when: [insert],
    then: refused,
  })
  if (key.deferrable === 'no' && key.sqlstate === '23505') {
    const target = key.parts.map((p) => p.sql).join(', ')
    const where = key.where === null ? '' : ` where ${key.where}`
    const upsert = `${insert} on conflict (${target})${where} do nothing`
    if (await takesUpserts(context, ground, [...given, upsert])) {
      await addUntriggered(context, ground, {
        title: `an upsert on ${shownKey(key)} finds the row that stands`,
        given,
        when: [upsert],
        then: { kind: 'affects', rows: 0 },
      })
    }
  }
  const mended = [insert, `delete from ${qualified(table)} where ${rows.where(table, first.row)}`]
  if (key.deferrable !== 'no' && (await isRefusedByOthers(context, ground, key, [...given, ...mended])))
    return
  await addUntriggered(context, ground, {
    title:
      key.deferrable === 'no'
        ? `it is refused at once, even where the transaction would mend it`
        : `constraints deferred, the transaction may mend it before it ends`,
    given,
    when: ['set constraints all deferred', ...mended],
    then: key.deferrable === 'no' ? refused : accepted,
  })
  if (key.deferrable === 'no') return
  await addUntriggered(context, ground, {
    title:
      key.deferrable === 'deferred'
        ? `the transaction may mend it before it ends`
        : `unless asked, it is refused at once`,
    given,
    when: mended,
    then: key.deferrable === 'deferred' ? accepted : refused,
  })
}

/** Rows that agree in these columns cannot be: another key forbids it, and a difference elsewhere shows nothing. */
const isHeldBySmallerKey = async (
  context: RuleContext,
  key: Key,
  equal: readonly string[],
): Promise<boolean> => {
  const { catalog, table } = context
  const keys = [...primaryKeysOf(catalog, table.id), ...uniquesOf(catalog, table.id)].filter(
    ({ name, facts }) => !key.names.includes(name) && facts.predicate === null,
  )
  for (const { facts } of keys) {
    const parts = await Promise.all(
      facts.keys.map(async ({ column, expression }) =>
        // A key of a constant has room for one row; another expression may come to null.
        column === null ? (await columnsIn(table, expression)).length === 0 : equal.includes(column),
      ),
    )
    if (parts.every((isEqual) => isEqual)) return true
  }
  return false
}

/** A row that both point to has the other columns of the key once: with these it has that of the part as well. */
const isPartDetermined = (
  { catalog, table }: RuleContext,
  { columns: [column, ...more] }: KeyPart,
  equal: readonly string[],
): boolean =>
  more.length === 0 && column !== undefined && isDetermined(catalog, table.id, column, equal, 'new rows')

/** The table's CHECKs leave this part of the key no other value: `check (id = 0)`. */
const hasOneValue = async (
  { rows, table }: RuleContext,
  part: KeyPart,
  value: string | null | undefined,
): Promise<boolean> => {
  if (value === null || value === undefined || !part.isColumn) return false
  const type = table.columns.find((c) => c.name === part.columns[0])?.type ?? 'text'
  const found = await rows.distinguish(table, `${part.sql} = ${literal(value)}::${type}`, [])
  return found.impliedByOthers
}

/** Keys of parents that are put there because no parent that stands will do (`check (a < b)`). */
const mostParents = 24

/** With a parent of its own, where the part is a pointer. */
const withParent = async (
  context: RuleContext,
  { columns }: KeyPart,
  wish: Parameters<typeof acceptedRow>[1],
): Promise<MadeRow | null> => {
  const { catalog, table } = context
  const [column] = columns
  const reference = referencesOf(catalog, table.id).find(
    ({ facts }) => columns.length === 1 && facts.columns.length === 1 && facts.columns[0] === column,
  )
  const target = reference && catalog.tables.get(reference.facts.target)
  if (column === undefined || !target) return null
  const keys = await freshKeys(context, target, reference.facts.targetColumns[0]!)
  for (const value of keys.slice(0, mostParents)) {
    const made = await acceptedRow(context, { ...wish, pins: { ...wish.pins, [column]: value } })
    if (!('unsolved' in made)) return made
  }
  return null
}

/** A row that has this part of the key, where CHECKs let another stand for it. */
const withPart = async (context: RuleContext, key: Key, part: KeyPart, first: MadeRow): Promise<MadeRow> => {
  const where = [`(${part.sql}) is not null`, ...(key.where === null ? [] : [`(${key.where})`])]
  const made = await makeRow(context, context.table, { pins: {}, family: 'a', where })
  return 'row' in made ? made : first
}

/** Rows that agree in all parts but one stand side by side. */
const addPartCases = async (
  context: RuleContext,
  ground: Ground,
  key: Key,
  first: MadeRow,
): Promise<void> => {
  const { rows, table, db } = context
  const valueIn = async (row: Row, part: KeyPart): Promise<string | null> =>
    (await evaluateRows(db, table, [row], [part.sql]))[0]?.[0] ?? null
  for (const part of key.parts) {
    // A constant is the same in all rows.
    if (part.columns.length === 0) continue
    const isEmpty = key.nullsNotDistinct && (await valueIn(first.row, part)) === null
    const start = isEmpty ? await withPart(context, key, part, first) : first
    const before = [...start.given, rows.insert(table, start.row)]
    const others = key.parts.filter((p) => p !== part).flatMap((p) => p.columns)
    const equal = [...others, ...key.whereColumns].filter(
      (c) => !part.columns.includes(c) || others.includes(c),
    )
    const value = await valueIn(start.row, part)
    const wish = {
      pins: pinned(start.row, equal),
      before,
      until: key.names,
      where: value === null ? [] : [`(${part.sql})::text is distinct from ${literal(value)}`],
    }
    const near = await acceptedRow(context, wish)
    const some = 'unsolved' in near ? ((await withParent(context, part, wish)) ?? near) : near
    // A row of the table that the first one points to may have the key that was found.
    const isTaken =
      'row' in some &&
      some.refusedBy !== null &&
      start.given.some((sql) => sql.startsWith(`insert into ${qualified(table)} `))
    const made = isTaken
      ? await secondRow(context, { ...wish, until: [], where: [...wish.where, `(${part.sql}) is not null`] })
      : some
    if ('unsolved' in made && (await isHeldBySmallerKey(context, key, equal))) continue
    if ('unsolved' in made && isPartDetermined(context, part, equal)) continue
    if ('unsolved' in made && (await hasOneValue(context, part, value))) continue
    if ('unsolved' in made) {
      ground.draft.unsolved(
        `no second row was found that differs in ${part.shown} alone: ${made.unsolved}`,
        made.tried,
      )
      continue
    }
    ground.draft.add({
      title:
        key.parts.length === 1
          ? `two rows with ${part.shown} of their own stand side by side`
          : `a row of the same ${shownKey({ ...key, parts: key.parts.filter((p) => p !== part) })} with another ${part.shown} is accepted`,
      given: [...before, ...made.given],
      when: [rows.insert(table, made.row)],
      then: accepted,
    })
    await addTiedCase(context, ground, key, part, { start, before, wish, found: made.row })
  }
}

/**
 * A tenant that comes along with a part of the key is no part of it: rows that have it alike, and differ in that part,
 * stand side by side.
 */
const addTiedCase = async (
  context: RuleContext,
  ground: Ground,
  key: Key,
  part: KeyPart,
  beside: {
    readonly start: MadeRow
    readonly before: readonly string[]
    readonly wish: Parameters<typeof acceptedRow>[1]
    /** The row that stands beside it already. */
    readonly found: Row
  },
): Promise<void> => {
  const { catalog, rows, table } = context
  const { start, before, wish, found } = beside
  const own = keyColumns(key)
  const tied = table.columns.flatMap(({ name }) =>
    !own.includes(name) &&
    start.row[name] !== undefined &&
    isDetermined(catalog, table.id, name, own, 'new rows')
      ? [name]
      : [],
  )
  if (tied.every((name) => found[name] === start.row[name])) return
  const made = await acceptedRow(context, { ...wish, pins: { ...wish.pins, ...pinned(start.row, tied) } })
  if ('unsolved' in made) return
  const others = key.parts.filter((p) => p !== part).map((p) => p.shown)
  ground.draft.add({
    title: `a row of the same ${listed([...others, ...tied])} with another ${part.shown} is accepted`,
    given: [...before, ...made.given],
    when: [rows.insert(table, made.row)],
    then: accepted,
  })
}

/** The same key twice, and when that is noticed. */
export const addCollisionCases = async (
  context: RuleContext,
  ground: Ground,
  key: Key,
  first: MadeRow,
): Promise<void> => {
  const second = await makeDuplicate(context, ground, key, first)
  if ('unsolved' in second) {
    ground.draft.unsolved(
      `no second row with the same ${shownKey(key)} was found: ${second.unsolved}`,
      second.tried,
    )
  } else await addDuplicateCases(context, ground, key, first, second)
}

/** The cases that unique and primaryKey share. */
export const addKeyCases = async (
  context: RuleContext,
  ground: Ground,
  key: Key,
  first: MadeRow,
): Promise<void> => {
  await addCollisionCases(context, ground, key, first)
  await addPartCases(context, ground, key, first)
}
