/**
 * Where an observed write takes place: the rows that stand before it and the statements that write. Each row is put
 * there by trying: plainly, then set right as a session that replicates does, then inserted as one.
 */
import type { ObservedRule, ObservedWrite } from '../../architecture/kinds/observed.ts'
import { referencesOf } from '../../catalog/references.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Family, Row } from '../../rows/rows.ts'
import { makeSeries } from '../../rows/series.ts'
import { asReplica, without } from '../aged-row.ts'
import { isTaken, tryAll } from '../attacks/trial.ts'
import { worldOf } from '../draft.ts'
import type { Asker, World } from '../experiment.ts'
import { makeRow } from '../make-row.ts'
import type { RuleContext } from '../rule-kind.ts'

export type ObservedSetting = Pick<
  ObservedRule,
  'given' | 'beside' | 'as' | 'settings' | 'constraints' | 'writes'
>

export interface ObservedStage {
  readonly world: World
  readonly given: readonly string[]
  readonly as?: Asker
  readonly when: readonly string[]
  /** The row that is inserted, changed or deleted, as it stands in the statements. */
  readonly row: Row
}

export interface NoStage {
  readonly unsolved: string
  readonly tried: string
}

interface Stood {
  readonly row: Row
  /** After which it stands. */
  readonly statements: readonly string[]
}

/** `"name"::text is not distinct from cast('x' as text)::text`. */
export const sameText = (table: Table, column: string, sql: string, of = ''): string => {
  const type = table.columns.find((c) => c.name === column)?.type ?? 'text'
  return `${of}${ident(column)}::text is not distinct from cast(${sql} as ${type})::text`
}

export interface WayToStand {
  readonly statements: readonly string[]
  /** Finds one row when it stands as it was asked for. */
  readonly check: string
}

/** How a row may be put there, the plainest first. */
export const waysToStand = (
  { rows }: RuleContext,
  table: Table,
  row: Row,
  pins: Row,
  parents: readonly string[] = [],
): readonly WayToStand[] => {
  const insert = rows.insert(table, row)
  const keys = [...new Set([rows.where(table, row), rows.where(table, without(row, ...Object.keys(pins)))])]
  const sets = Object.entries(pins).map(([column, sql]) => `${ident(column)} = ${sql}`)
  const stands = Object.entries(pins).map(([column, sql]) => sameText(table, column, sql))
  return keys.flatMap((key) => {
    const check = `select 1 from ${qualified(table)} where ${[key, ...stands].join(' and ')}`
    const setRight = asReplica(`update ${qualified(table)} set ${sets.join(', ')} where ${key}`)
    return [
      { statements: [...parents, insert], check },
      ...(sets.length === 0 ? [] : [{ statements: [...parents, insert, ...setRight], check }]),
      { statements: [...parents, ...asReplica(insert)], check },
      // It may stand already, as the parent of another row.
      ...(sets.length === 0 ? [] : [{ statements: setRight, check }]),
    ]
  })
}

interface StandWish {
  readonly pins: Row
  readonly family: Family
  readonly before: readonly string[]
  readonly world: World
}

/** Statements after which a row with these values stands as it was asked for, or why there are none. */
const standRow = async (context: RuleContext, table: Table, wish: StandWish): Promise<Stood | NoStage> => {
  const { rows, db } = context
  const { pins, family, before, world } = wish
  const made = await makeRow(context, table, { pins, family, before, world })
  const solved = 'row' in made ? made : await rows.solve(table, { pins, family })
  if (!('row' in solved)) return solved
  const { row } = solved
  const parents = 'row' in made ? made.given : []
  const ways = waysToStand(context, table, row, pins, parents)
  const answers = await tryAll(
    db,
    world,
    ways.map(({ statements, check }) => ({ given: [...before, ...statements], when: [check] })),
  )
  const found = ways.find((_, i) => isTaken(answers[i]!) && answers[i]!.affected === 1)
  if (found) return { row, statements: found.statements }
  const fault = answers.find((answer) => answer.fault !== null)?.fault
  return {
    unsolved: `no row of ${table.id} could be put in place for it`,
    tried: fault ? `${fault.message} (SQLSTATE ${fault.sqlstate})` : rows.insert(table, row),
  }
}

const orders: readonly Family[] = ['a', 'b', 'c']

interface Place {
  readonly family: Family
  /** Rows beyond the families differ from one another in their keys alone. */
  readonly nth: number | null
}

/** The n-th row of the table itself is of another family than the one that is written. */
const placeOf = (context: RuleContext, table: Table, n: number): Place => {
  const at = n + (table.id === context.table.id ? 1 : 0)
  return { family: orders[at % orders.length]!, nth: at < orders.length ? null : at }
}

/** Far from the keys of the families. */
const firstApart = 10

/** Keys of the row with this number, and the parents that they need, in each way that texts can be told apart. */
const apartWays = async (
  context: RuleContext,
  table: Table,
  pins: Row,
  nth: number,
): Promise<readonly { readonly pins: Row; readonly parents: readonly string[] }[]> => {
  const base = await context.rows.base(table, 'a')
  const all = await makeSeries(table, context, Object.keys(pins))
  return all.map((series) => {
    const { row, parents } = series(firstApart + nth)
    const keys = Object.entries(row).filter(([name, sql]) => sql !== base?.[name])
    return { pins: { ...Object.fromEntries(keys), ...pins }, parents }
  })
}

const standNth = async (
  context: RuleContext,
  table: Table,
  { family, nth }: Place,
  wish: Omit<StandWish, 'family'>,
): Promise<Stood | NoStage> => {
  if (nth === null) return standRow(context, table, { ...wish, family })
  let last: NoStage | null = null
  for (const { pins, parents } of await apartWays(context, table, wish.pins, nth)) {
    const before = [...wish.before, ...parents]
    const stood = await standRow(context, table, { ...wish, pins, before, family: 'a' })
    if (!('unsolved' in stood)) return { ...stood, statements: [...parents, ...stood.statements] }
    last = stood
  }
  return last ?? standRow(context, table, { ...wish, family })
}

/** Rows of other tables, and others of its own, after what stands already. */
export const standBeside = async (
  context: RuleContext,
  world: World,
  beside: ObservedRule['beside'],
  before: readonly string[],
): Promise<{ readonly statements: readonly string[] } | NoStage> => {
  const statements: string[] = []
  for (const [id, wanted] of Object.entries(beside)) {
    const other = context.catalog.tables.get(id)
    if (!other) return { unsolved: `there is no table ${id} for the rows beside it`, tried: id }
    for (const [n, pins] of wanted.entries()) {
      const stood = await standNth(context, other, placeOf(context, other, n), {
        pins,
        before: [...before, ...statements],
        world,
      })
      if ('unsolved' in stood) return stood
      statements.push(...stood.statements)
    }
  }
  return { statements }
}

const isReferenced = ({ catalog, table }: RuleContext): boolean =>
  [...catalog.tables.keys()].some(
    (id) => id !== table.id && referencesOf(catalog, id).some((s) => s.facts.target === table.id),
  )

const writeSql = (context: RuleContext, { does, row }: ObservedWrite, standing: Row): string => {
  const { rows, table } = context
  const name = qualified(table)
  switch (does) {
    case 'insert':
      return rows.insert(table, { ...standing, ...row })
    case 'update': {
      const sets = Object.entries(row).map(([column, sql]) => `${ident(column)} = ${sql}`)
      return `update ${name} set ${sets.join(', ')} where ${rows.where(table, standing)}`
    }
    case 'delete':
      return `delete from ${name} where ${rows.where(table, standing)}`
    case 'again':
      return `${rows.insert(table, { ...standing, ...row })}${rows.unlessThere(table)}`
    case 'truncate':
      return `truncate ${name}${isReferenced(context) ? ' cascade' : ''}`
  }
}

/** Triggers of a constraint may wait for the end of the transaction: what was given must not be among what they see then. */
const settled = (
  context: RuleContext,
  { constraints, writes }: Pick<ObservedRule, 'constraints' | 'writes'>,
): readonly string[] => {
  const waits = context.claims.some((id) => {
    const structure = context.catalog.structures.get(id)
    return structure?.kind === 'trigger' && structure.definition.startsWith('CONSTRAINT')
  })
  // PostgreSQL empties no table of which checks are still to come.
  if (writes[0]?.does === 'truncate') return ['set constraints all immediate']
  if (constraints === 'deferred') return ['set constraints all immediate', 'set constraints all deferred']
  return waits && constraints === 'checked' ? ['set constraints all immediate'] : []
}

/** The writes over what stands. */
export const assembleStage = (
  context: RuleContext,
  setting: ObservedSetting,
  stood: Pick<ObservedStage, 'world' | 'given' | 'row'>,
): ObservedStage => {
  const when: string[] = []
  let { row } = stood
  for (const write of setting.writes) {
    when.push(writeSql(context, write, row))
    if (write.does === 'update') row = { ...row, ...write.row }
  }
  const { as, settings } = setting
  const set = Object.entries(settings).map(
    ([name, value]) => `select pg_catalog.set_config(${literal(name)}, ${value}, true)`,
  )
  return {
    world: stood.world,
    given: [...stood.given, ...settled(context, setting), ...set],
    ...(as === null ? {} : { as: { role: as, settings: {} } }),
    when,
    row,
  }
}

const stand = async (context: RuleContext, setting: ObservedSetting): Promise<ObservedStage | NoStage> => {
  const { table, rows } = context
  const { problem } = await rows.world(table)
  const world = await worldOf(context)
  if (problem !== null)
    return { unsolved: `no row of ${table.id} was found that all its constraints accept`, tried: problem }
  const given: string[] = []
  const [first] = setting.writes
  const inserts = first?.does === 'insert'
  let row: Row = {}
  if (!inserts) {
    const own = await standRow(context, table, { pins: setting.given, family: 'a', before: given, world })
    if ('unsolved' in own) return own
    row = own.row
    given.push(...own.statements)
  }
  const stood = await standBeside(context, world, setting.beside, given)
  if ('unsolved' in stood) return stood
  given.push(...stood.statements)
  if (inserts) {
    const made = await makeRow(context, table, { pins: first.row, family: 'a', before: given, world })
    // Refused by what is observed: then the row stands as it was solved.
    const solved = 'row' in made ? made : await rows.solve(table, { pins: first.row, family: 'a' })
    if (!('row' in solved)) return solved
    row = solved.row
    if ('row' in made) given.push(...made.given)
  }
  return assembleStage(context, setting, { world, given, row })
}

/** Of one context's rows: observations that share what stands before them ask PostgreSQL once. */
const known = new WeakMap<RuleContext['rows'], Map<string, Promise<ObservedStage | NoStage>>>()

const stagesOf = (context: RuleContext): Map<string, Promise<ObservedStage | NoStage>> => {
  const stages = known.get(context.rows) ?? new Map<string, Promise<ObservedStage | NoStage>>()
  known.set(context.rows, stages)
  return stages
}

const keyOf = (context: RuleContext, setting: ObservedSetting): string => {
  const { given, beside, as, settings, constraints, writes } = setting
  return JSON.stringify([context.table.id, context.claims, given, beside, as, settings, constraints, writes])
}

export const stageOf = (context: RuleContext, setting: ObservedSetting): Promise<ObservedStage | NoStage> => {
  const stages = stagesOf(context)
  const key = keyOf(context, setting)
  const found = stages.get(key) ?? stand(context, setting)
  stages.set(key, found)
  return found
}
