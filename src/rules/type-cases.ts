/** Experiments of a column's type from its probes: stored as foretold, or refused as foretold. Shared with domains. */
import { checksOf } from '../catalog/check.ts'
import { ident, qualified } from '../postgres/quote.ts'
import type { Reply } from '../postgres/session.ts'
import type { Row } from '../rows/rows.ts'
import { allTrue, rowsAre, type Case, type Ground } from './draft.ts'
import { evaluate } from './evaluate.ts'
import { makeRow } from './make-row.ts'
import { withoutComputed } from './nulls/past-computed.ts'
import type { RuleContext } from './rule-kind.ts'
import { shortened } from './sentence.ts'
import { tryEach, tryOne } from './trial.ts'
import { foretell, type Foretold, type UnderstoodType } from './type-oracle.ts'
import { arrayProbesOf, probesOf } from './type-probes/probes.ts'
import { quieted } from './quiet.ts'

/** A row that is accepted after these statements. */
export interface Standing {
  readonly row: Row
  readonly given: readonly string[]
}

/**
 * The base row, or one with a value in the column where the base row has none. Triggers are disabled: one may rewrite
 * the value, and PL/pgSQL remembers a column's type for as long as the session lasts, also past a mutant.
 */
export const rowWithValue = async (column: string, context: RuleContext, base: Row): Promise<Standing> => {
  const quiet = quieted(context, [context.table])
  if ((base[column] ?? 'null') !== 'null') return { row: base, given: quiet }
  const where = [`${ident(column)} is not null`]
  const made = await makeRow(context, context.table, { pins: {}, family: 'a', where })
  return 'row' in made ? { row: made.row, given: [...quiet, ...made.given] } : { row: base, given: quiet }
}

export interface ProbedColumn extends Standing {
  readonly column: string
  /** As declared. */
  readonly type: string
  readonly understood: UnderstoodType
}

/** Refusals that come from a value's type: the column then has another type than the declared one, and that must show. */
const isOfType = (sqlstate: string): boolean => /^(?:22|42804)/u.test(sqlstate)

/** Whether a generated column is computed from it: its expression may overflow before the column's own type does. */
const feedsGenerated = ({ table }: RuleContext, column: string): boolean =>
  table.columns.some((c) => c.generated !== null && c.default?.includes(column) === true)

/** Whether a CHECK of the column's domain fails on the value instead of refusing it. */
const failsInDomain = async (
  { column, type }: ProbedColumn,
  { probe }: Foretold,
  { table, db }: RuleContext,
): Promise<boolean> => {
  const facts = table.columns.find(({ name }) => name === column)
  if (facts?.typeKind !== 'domain') return false
  return (
    (await tryOne(db, { statements: [] }, [
      `select cast(cast(${probe.sql} as ${type}) as ${facts.type})`,
    ])) !== null
  )
}

/** Whether a CHECK fails on the value instead of refusing it: the row goes in without the table's CHECKs. */
const failsInCheck = async (
  { table, db, catalog }: RuleContext,
  { world }: Ground,
  given: readonly string[],
  insert: string,
): Promise<boolean> => {
  const drops = checksOf(catalog, table.id).map(
    ({ name }) => `alter table ${qualified(table)} drop constraint ${ident(name)}`,
  )
  if (drops.length === 0) return false
  const [reply] = await tryEach(db, [...world.statements, ...given], [[...drops, insert]])
  // A missing parent may still be missing.
  return reply!.fault === null || !isOfType(reply!.fault.sqlstate)
}

/** Probes with one aim stand for each other; every probe without an aim stands alone. */
const byAim = (foretold: readonly Foretold[]): readonly (readonly Foretold[])[] => {
  const groups = new Map<string, Foretold[]>()
  foretold.forEach((one, i) => {
    const aim = one.probe.aim ?? `#${i}`
    groups.set(aim, [...(groups.get(aim) ?? []), one])
  })
  return [...groups.values()]
}

interface Chosen extends Standing {
  readonly one: Foretold
}

const storedCase = (
  probed: ProbedColumn,
  context: RuleContext,
  { one: { probe, stored }, row, given }: Chosen,
): Case => {
  const { column, type } = probed
  const name = ident(column)
  const insert = context.rows.insert(context.table, row)
  return probe.isLong
    ? {
        title: `${column} ${probe.shown} is kept whole`,
        given,
        when: [`${insert} returning ${name}::text = cast(${probe.sql} as ${type})::text`],
        then: allTrue(),
      }
    : {
        title:
          stored === probe.text
            ? `${column} ${probe.shown} is kept`
            : `${column} ${probe.shown} is kept as ${stored}`,
        given,
        when: [`${insert} returning ${name}`],
        then: rowsAre([stored]),
      }
}

const withProbe = ({ row, column }: ProbedColumn, { probe }: Foretold): Row => ({
  ...row,
  [column]: probe.sql,
})

const tryPlain = (
  some: readonly Foretold[],
  probed: ProbedColumn,
  { rows, table, db }: RuleContext,
  { world }: Ground,
): Promise<readonly Reply[]> =>
  tryEach(
    db,
    [...world.statements, ...probed.given],
    some.map((one) => [rows.insert(table, withProbe(probed, one))]),
  )

/** The first of the group that goes into a row, other columns changed where that helps. */
const choose = async (
  group: readonly Foretold[],
  probed: ProbedColumn,
  context: RuleContext,
  ground: Ground,
): Promise<Chosen | null> => {
  const { rows, table, db } = context
  const plain = group.map((one) => ({ one, row: withProbe(probed, one), given: probed.given }))
  const replies = await tryPlain(group, probed, context, ground)
  const refusesType = !feedsGenerated(context, probed.column)
  for (const [i, one] of plain.entries()) {
    const { fault } = replies[i]!
    if (!fault) return one
    if (!refusesType || !isOfType(fault.sqlstate)) continue
    if (await failsInDomain(probed, one.one, context)) continue
    if (!(await failsInCheck(context, ground, one.given, rows.insert(table, one.row)))) return one
  }
  for (const [i, one] of group.entries()) {
    // Another row changes nothing where a parent is missing or a key is taken.
    if (/^23[5P]/u.test(replies[i]!.fault!.sqlstate) && replies[i]!.fault!.sqlstate !== '23514') continue
    const solved = await rows.solve(table, { pins: { [probed.column]: one.probe.sql } })
    if ('unsolved' in solved) continue
    const given = quieted(context, [table])
    const [reply] = await tryEach(db, ground.world.statements, [[...given, rows.insert(table, solved.row)]])
    if (!reply!.fault) return { one, row: solved.row, given }
  }
  return null
}

/** A value of the type that no row can hold, because something else refuses it. */
const addShadow = async (
  { probe }: Foretold,
  { column, row, given }: ProbedColumn,
  { rows, table, db }: RuleContext,
  { world, draft }: Ground,
): Promise<void> => {
  const when = [rows.insert(table, { ...row, [column]: probe.sql })]
  const [reply] = await tryEach(db, [...world.statements, ...given], [when])
  const fault = reply!.fault
  if (!fault) return
  const by = { sqlstate: fault.sqlstate, ...(fault.constraint ? { constraint: fault.constraint } : {}) }
  const title = `${column} ${probe.shown} is refused by another structure, whatever the type`
  draft.add({ title, given, when, then: { kind: 'rejected', by }, shadow: true })
}

/** What a value near the type's end satisfies, where the end itself is out of reach: a narrower type would refuse it. */
const nearEnd = ({ name, modifiers, isArray }: UnderstoodType, column: string): string | null => {
  const [size, scale = 0] = modifiers
  if (size === undefined || isArray) return null
  if (name === 'varchar' || name === 'bpchar') return `char_length(${ident(column)}) = ${size}`
  const whole = size - scale
  return name === 'numeric' && whole > 0 ? `abs(${ident(column)}) >= 1${'0'.repeat(whole - 1)}` : null
}

const addNearEndCase = async (probed: ProbedColumn, context: RuleContext, ground: Ground): Promise<void> => {
  const { column, type, understood } = probed
  const { rows, table, db } = context
  const condition = nearEnd(understood, column)
  if (condition === null) return
  const solved = await rows.solve(table, { where: [condition] })
  if ('unsolved' in solved) return
  const given = quieted(context, [table])
  const insert = rows.insert(table, solved.row)
  const [reply] = await tryEach(db, ground.world.statements, [[...given, insert]])
  if (reply!.fault) return
  const value = solved.row[column] ?? 'null'
  ground.draft.add({
    title: `${column} ${shortened(value, 40)} is kept`,
    given,
    when: [`${insert} returning ${ident(column)}::text = cast(${value} as ${type})::text`],
    then: allTrue(),
  })
}

/** Adds the cases; what no row can show because other constraints leave no room is left out, its refusal is not. */
export const addProbeCases = async (
  probed: ProbedColumn,
  context: RuleContext,
  ground: Ground,
): Promise<void> => {
  const { understood, column, type, row, given } = probed
  const { rows, table, db, draft } = { ...context, ...ground }
  const [sample = null] = await evaluate(db, [`cast(${row[column] ?? 'null'} as ${type})`])
  const about = { name: understood.name, modifiers: understood.modifiers, sample }
  const probes = understood.isArray ? arrayProbesOf(about) : probesOf(about)
  const foretold = await foretell(db, type, probes)
  const groups = byAim(foretold.filter((f) => f.sqlstate === null))
  // All in one write: each group finds its answers known.
  await tryPlain(groups.flat(), probed, context, ground)
  let way = 0
  for (const group of groups) {
    const chosen = await choose(group, probed, context, ground)
    if (!chosen) {
      if (group.some((one) => one.probe.isEnd)) await addNearEndCase(probed, context, ground)
      await addShadow(group[0]!, probed, context, ground)
      continue
    }
    way = chosen.one.probe.way ?? way
    draft.add(storedCase(probed, context, chosen))
  }
  for (const { probe, sqlstate } of foretold) {
    if (sqlstate === null || (probe.way !== undefined && probe.way !== way)) continue
    const refused: Case = {
      title: `${column} ${probe.shown} is refused`,
      given,
      when: [rows.insert(table, { ...row, [column]: probe.sql })],
      then: { kind: 'rejected', by: { sqlstate } },
    }
    // What is computed of it may be too large for its own type.
    draft.add((await withoutComputed([column], refused, context, ground)) ?? refused)
  }
}
