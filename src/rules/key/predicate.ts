/** A partial key watches the rows that satisfy its predicate and no others; rows are chosen that tell it from its mutants. */
import { expressionMutants } from '../../catalog/expression/expressions.ts'
import type { Row } from '../../rows/rows.ts'
import { accepted, type Case, type Ground } from '../draft.ts'
import { duplicateCause } from './cases.ts'
import { acceptedRow, keyColumns, pinned, secondRow, type Key } from './key.ts'
import { makeRow, type MadeRow } from '../make-row.ts'
import type { RuleContext } from '../rule-kind.ts'
import { quieted } from '../quiet.ts'
import { pictured, shortened } from '../sentence.ts'
import { comesOut } from '../untriggered.ts'

interface Side {
  /** Values of the predicate's columns. */
  readonly pins: Row
  readonly isWatched: boolean
}

/** The predicate's columns on both sides of it and of each of its mutants. */
const sidesOf = async (
  context: RuleContext,
  ground: Ground,
  key: Key,
  where: string,
): Promise<{ readonly sides: readonly Side[]; readonly isIdle: boolean }> => {
  const texts = [where, ...(key.claimed?.predicate ? [key.claimed.predicate] : [])]
  const mutants = [...new Set(texts.flatMap((text) => expressionMutants(text).map((m) => m.sql)))]
  // A row that is left out tells nothing where a null in its key keeps it from conflicting anyway.
  const hasKey = key.parts.map((part) => `(${part.sql}) is not null`).join(' and ')
  const found = await context.rows.distinguish(context.table, `(${where}) is true`, [
    ...mutants.map((sql) => `(${sql}) is true`),
    `(${where}) is true or (${hasKey})`,
  ])
  if (key.claimed) {
    const { id } = key.claimed
    ground.draft.indistinct(
      id,
      found.equivalent.flatMap((i) => mutants[i] ?? []),
    )
  }
  const seen = new Set<string>()
  const sides = found.rows.flatMap(({ row, accepted: isWatched }) => {
    const pins = pinned(row, key.whereColumns)
    const text = JSON.stringify(pins)
    if (seen.has(text)) return []
    seen.add(text)
    return [{ pins, isWatched }]
  })
  return { sides, isIdle: found.impliedByOthers }
}

/** What a trigger makes of the key, the predicate says nothing of: then all are given without the user's triggers. */
const addAll = async (context: RuleContext, ground: Ground, cases: readonly Case[]): Promise<void> => {
  const quiet = quieted(context, [context.table])
  const ways: { readonly asleep: Case | null; readonly needsIt: boolean; readonly one: Case }[] = []
  for (const one of cases) {
    const asleep = { ...one, given: [...quiet, ...(one.given ?? [])] }
    const comes = quiet.length > 0 && (await comesOut(context, ground, asleep))
    const needsIt = comes && !(await comesOut(context, ground, one))
    ways.push({ asleep: comes ? asleep : null, needsIt, one })
  }
  const isQuiet = ways.some(({ needsIt }) => needsIt)
  for (const { asleep, one } of ways) ground.draft.add(isQuiet && asleep !== null ? asleep : one)
}

const casesOf = async (
  context: RuleContext,
  ground: Ground,
  key: Key,
  first: MadeRow,
  where: string,
): Promise<readonly Case[]> => {
  const { rows, table } = context
  const cases: Case[] = []
  const { sides, isIdle } = await sidesOf(context, ground, key, where)
  for (const { pins: side, isWatched } of sides) {
    const pins = { ...pinned(first.row, keyColumns(key)), ...side }
    const one = await makeRow(context, table, { pins, family: 'a' })
    if ('unsolved' in one) continue
    const before = [...one.given, rows.insert(table, one.row)]
    const second = isWatched ? secondRow : acceptedRow
    const two = await second(context, { pins: { ...pins, ...key.partners }, before, until: key.names })
    if ('unsolved' in two) continue
    cases.push({
      title: `two rows of the same key with ${pictured(side, Object.keys(side))} are ${isWatched ? 'refused' : 'accepted'}`,
      given: [...before, ...two.given],
      when: [rows.insert(table, two.row)],
      then: isWatched ? { kind: 'rejected', by: duplicateCause(key, two.refusedBy) } : accepted,
    })
  }
  const outside = sides.find((s) => !s.isWatched)
  if (!outside) {
    if (isIdle) {
      if (key.claimed)
        ground.draft.untellable({
          structure: key.claimed.id,
          mutant: `${key.claimed.id}~predicate-dropped`,
          why: `the table's other constraints imply ${shortened(where)}: it leaves out no row`,
        })
      return cases
    }
    ground.draft.unsolved(
      `no row was found that ${shortened(where)} leaves out`,
      'rows that tell it from its mutants',
    )
    return cases
  }
  const before = [...first.given, rows.insert(table, first.row)]
  const pins = { ...pinned(first.row, keyColumns(key)), ...key.partners, ...outside.pins }
  const two = await acceptedRow(context, { pins, before, until: key.names })
  if ('unsolved' in two) return cases
  cases.push({
    title: `a row of the same key with ${pictured(outside.pins, Object.keys(outside.pins))} is accepted beside one that is watched`,
    given: [...before, ...two.given],
    when: [rows.insert(table, two.row)],
    then: accepted,
  })
  return cases
}

export const addPredicateCases = async (
  context: RuleContext,
  ground: Ground,
  key: Key,
  first: MadeRow,
): Promise<void> => {
  if (key.where !== null) await addAll(context, ground, await casesOf(context, ground, key, first, key.where))
}
