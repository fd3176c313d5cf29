/**
 * Rows of every kind that the policies tell apart: the base rows of two families, rows that tell an expression from
 * its mutants, and the first one beside other surroundings. Each with what PostgreSQL stores of it.
 */
import { expressionMutants } from '../../catalog/expression/expressions.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { makeRow } from '../make-row.ts'
import type { Asker, World } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'
import { pictured } from '../sentence.ts'
import { tryEach } from '../trial.ts'
import type { Sibling } from './siblings.ts'
import { skeletonsOf } from './skeleton.ts'
import type { SurroundingTable } from './surroundings.ts'
import { becoming } from '../becoming.ts'

export interface Situation {
  /** "row a", "a row with status 'draft' beside no memberships". */
  readonly title: string
  readonly row: Row
  /** Parents that it needs. */
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** As PostgreSQL prints it. */
  readonly text: string
  /** What stands around it can stand without it. */
  readonly standsWithout: boolean
  /** Another row of the table stands beside it. */
  readonly accompanied?: true
}

/** Moves that were found, and how many there were no room for. */
export interface Moves {
  readonly moves: readonly Move[]
  readonly leftOut: number
}

export interface Move {
  readonly from: Situation
  /** "so that owner_id is 1002". */
  readonly title: string
  readonly sets: readonly (readonly [column: string, value: string])[]
  readonly text: string
  /** A constraint refuses it once the policies have let it through. */
  readonly blocked: boolean
}

export interface Wanted {
  readonly title: string
  readonly row: Row
  readonly before: readonly string[]
  readonly after: readonly string[]
  readonly accompanied?: true
}

/** Rows found for one expression, and expressions looked at. */
const mostRows = 6
const mostExpressions = 24
const mostMoves = 24

const asPolicyTakesIt = (sql: string): string => `coalesce((${sql}\n), false)`

/** Whoever evaluates it while rows are looked for is not the role: its name is put in. What counts is asked as the role. */
const asIfBy = (sql: string, role: string): string =>
  sql.replaceAll(
    /\b(?:current_user|session_user|current_role)\b(?!\s*\()/giu,
    `'${role.replaceAll("'", "''")}'::name`,
  )

export interface Agreement {
  /** Expressions broken so that no row tells them from their original. */
  readonly expression: string
  readonly equivalent: readonly string[]
}

export interface ToldRows {
  readonly rows: readonly { readonly row: Row; readonly differs: readonly string[] }[]
  readonly agreements: readonly Agreement[]
  /** Expressions that were not looked at, because there are too many. */
  readonly leftOut: number
}

/** Rows that tell the policies' expressions from their mutants while this asker's settings are in force. */
export const tellingRows = async (
  context: RuleContext,
  expressions: readonly string[],
  asker: Asker,
): Promise<ToldRows> => {
  const { db, rows, table } = context
  const found = new Map<string, { readonly row: Row; readonly differs: readonly string[] }>()
  const agreements: Agreement[] = []
  const skeletons = [...new Set(expressions.flatMap((sql) => skeletonsOf(context.catalog, sql)))]
  await db.query(['savepoint assay_telling', ...becoming(asker).slice(0, -1)].join(';\n'))
  try {
    for (const sql of skeletons.slice(0, mostExpressions)) {
      const mutants = expressionMutants(sql).map((m) => m.sql)
      if (/^(?:true|false)$/iu.test(sql)) continue
      const told = await rows.distinguish(
        table,
        asPolicyTakesIt(asIfBy(sql, asker.role)),
        mutants.map((m) => asPolicyTakesIt(asIfBy(m, asker.role))),
        { family: 'a' },
      )
      if (expressions.includes(sql))
        agreements.push({ expression: sql, equivalent: told.equivalent.map((i) => mutants[i]!) })
      for (const { row, differs } of told.rows.slice(0, mostRows))
        found.set(JSON.stringify(row), { row, differs })
    }
  } finally {
    await db.query('rollback to savepoint assay_telling; release savepoint assay_telling')
  }
  return { rows: [...found.values()], agreements, leftOut: Math.max(0, skeletons.length - mostExpressions) }
}

const stored = (context: RuleContext, row: Row): string =>
  `${context.rows.insert(context.table, row)} returning (${ident(context.table.name)}.*)::text`

/** Situations that PostgreSQL takes, each with its stored text. */
export const confirm = async (
  context: RuleContext,
  world: World,
  wanted: readonly Wanted[],
): Promise<readonly Situation[]> => {
  const attempts = wanted.flatMap(({ row, before, after }) => [
    [...before, stored(context, row), ...after],
    [...before, ...after],
  ])
  const replies = await tryEach(context.db, world.statements, attempts)
  const into = `insert into ${qualified(context.table)} `
  return wanted.flatMap((one, i) => {
    const [standing, without] = [replies[2 * i]!, replies[2 * i + 1]!]
    const text = standing.commands.find((c) => c.rows.length === 1 && c.tag.startsWith('INSERT'))
      ?.rows[0]?.[0]
    if (standing.fault || text == null) return []
    // A parent, or what is looked at, may be a row of the table itself.
    const isAmongOthers = [...one.before, ...one.after].some((sql) => sql.startsWith(into))
    const accompanied = isAmongOthers || one.accompanied ? { accompanied: true as const } : {}
    return [{ ...one, ...accompanied, text, standsWithout: without.fault === null }]
  })
}

/** Parents that a told row lacks are made. */
const withParents = async (
  context: RuleContext,
  world: World,
  { row, differs }: ToldRows['rows'][number],
): Promise<{ readonly row: Row; readonly given: readonly string[] } | null> => {
  const [reply] = await tryEach(context.db, world.statements, [[context.rows.insert(context.table, row)]])
  if (!reply?.fault) return { row, given: [] }
  const pins = Object.fromEntries(differs.map((c) => [c, row[c] ?? 'null']))
  const made = await makeRow(context, context.table, { pins, family: 'a', world })
  return 'row' in made ? made : null
}

export interface SituationParts {
  readonly world: World
  readonly a: Row
  readonly b: Row | null
  readonly told: ToldRows['rows']
  readonly around: readonly SurroundingTable[]
  /** Rows of the table itself that its own subqueries find beside row a. */
  readonly siblings: readonly Sibling[]
  /** Columns by which policies, and functions that they call, know whose row it is. */
  readonly looked: readonly string[]
}

/** Statements of several tables, each once: two rows may need the same parent. */
const together = (parts: readonly (readonly string[])[]): readonly string[] => [...new Set(parts.flat())]

/** `base`, and of the further parts those that PostgreSQL takes behind it. */
export const asFarAsTaken = async (
  context: RuleContext,
  world: World,
  row: Row,
  base: readonly string[],
  parts: readonly (readonly string[])[],
): Promise<readonly string[]> => {
  let taken = base
  for (const part of parts) {
    const more = together([taken, part])
    if (more.length === taken.length) continue
    const [reply] = await tryEach(context.db, world.statements, [
      [context.rows.insert(context.table, row), ...more],
    ])
    if (!reply?.fault) taken = more
  }
  return taken
}

/** Columns that may be mixed of two rows. */
const mostMixed = 4

/** Row a with one value of row b's: whoever is in one of them is not in the other. */
const mixedRows = async (
  context: RuleContext,
  { a, b, looked }: SituationParts,
): Promise<readonly { readonly row: Row; readonly differs: readonly string[] }[]> => {
  if (!b) return []
  const columns = looked.filter((c) => b[c] !== undefined && b[c] !== 'null' && a[c] !== b[c])
  const mixed: { readonly row: Row; readonly differs: readonly string[] }[] = []
  for (const column of columns.slice(0, mostMixed)) {
    const solved = await context.rows.solve(context.table, { pins: { [column]: b[column]! }, family: 'a' })
    if ('row' in solved)
      mixed.push({ row: solved.row, differs: Object.keys(solved.row).filter((c) => solved.row[c] !== a[c]) })
  }
  // What the table's own subqueries ask of a row is true of one label, and not of another.
  for (const { name, labels } of context.table.columns.filter((c) => looked.includes(c.name)))
    for (const label of (labels ?? []).slice(0, mostMixed)) {
      const value = literal(label)
      if (a[name] === value || mixed.length >= mostMixed * 2) continue
      const solved = await context.rows.solve(context.table, { pins: { [name]: value }, family: 'a' })
      if ('row' in solved) mixed.push({ row: solved.row, differs: [name] })
    }
  return mixed
}

const looked = (row: Row, other: Row): readonly string[] =>
  Object.keys(row).filter((c) => row[c] !== other[c] && row[c] !== 'default')

/** Row a first, as it stands at home. */
export const findSituations = async (
  context: RuleContext,
  parts: SituationParts,
): Promise<readonly Situation[]> => {
  const { world, a, b, told, around } = parts
  const home = await asFarAsTaken(
    context,
    world,
    a,
    [],
    around.map((t) => t.home),
  )
  const homeOfB = b
    ? await asFarAsTaken(
        context,
        world,
        b,
        [],
        around.map((t) => t.homeOfB),
      )
    : []
  const wanted: Wanted[] = [{ title: 'row a', row: a, before: [], after: home }]
  if (b) wanted.push({ title: 'row b', row: b, before: [], after: homeOfB })
  if (b && around.length > 0) {
    const [ofA, ofB] = [around.map((t) => t.home), around.map((t) => t.homeOfB)]
    const aBesideB = await asFarAsTaken(context, world, a, home, ofB)
    const bBesideA = await asFarAsTaken(context, world, b, homeOfB, ofA)
    if (aBesideB !== home)
      wanted.push({ title: 'row a beside what is of b', row: a, before: [], after: aBesideB })
    if (bBesideA !== homeOfB)
      wanted.push({ title: 'row b beside what is of a', row: b, before: [], after: bBesideA })
    // What belongs to the other row can stand only beside it.
    const { table, rows } = context
    for (const [own, row, atHome, other, itsOwn] of [
      ['a', a, home, b, ofB],
      ['b', b, homeOfB, a, ofA],
    ] as const) {
      const after = await asFarAsTaken(context, world, row, atHome, [[rows.insert(table, other)], ...itsOwn])
      const title = `row ${own} beside row ${own === 'a' ? 'b' : 'a'} and what is of it`
      if (after.includes(rows.insert(table, other)))
        wanted.push({ title, row, before: [], after, accompanied: true })
    }
  }
  for (const [i, { row: sibling, statements }] of parts.siblings.entries()) {
    const title = `row a beside row ${i + 2} that fits it, with ${pictured(sibling, looked(sibling, a))}`
    const after = [...home, ...statements]
    wanted.push({ title, row: a, before: [], after, accompanied: true })
  }
  for (const one of around)
    for (const other of one.others) {
      const after = together(around.map((t) => (t === one ? other.statements : t.home)))
      wanted.push({ title: `row a${other.title}`, row: a, before: [], after })
    }
  const rows = new Map(
    [...told, ...(await mixedRows(context, parts))].map((one) => [JSON.stringify(one.row), one]),
  )
  for (const one of rows.values()) {
    const differs = one.differs.filter((c) => one.row[c] !== a[c])
    if (differs.length === 0) continue
    const made = await withParents(context, world, one)
    if (!made) continue
    const title = `row a with ${pictured(made.row, differs)}`
    wanted.push({ title, row: made.row, before: made.given, after: home })
    // What stands around it may be what lets it through: alone its own columns decide.
    if (home.length > 0)
      wanted.push({ title: `${title}, alone`, row: made.row, before: made.given, after: [] })
  }
  return confirm(context, world, wanted)
}

/** Columns of the policies that may be written. */
const writable = (context: RuleContext, columns: readonly string[]): readonly string[] =>
  context.table.columns
    .filter((c) => columns.includes(c.name) && c.generated === null && c.identity !== 'always')
    .map((c) => c.name)

export interface MoveParts {
  readonly situations: readonly Situation[]
  /** Situations that somebody may update, the nearest first. */
  readonly sources: readonly Situation[]
  /** Those that were not looked at before: a move is from or to one of them. */
  readonly fresh: readonly Situation[]
  /** Columns of the policies. */
  readonly columns: readonly string[]
}

/** One row made like another in what the policies look at; those that PostgreSQL itself refuses are left out. */
export const findMoves = async (
  context: RuleContext,
  world: World,
  { situations, sources, fresh, columns }: MoveParts,
): Promise<Moves> => {
  const { table, rows } = context
  const names = writable(context, columns)
  const [home] = situations
  if (!home) return { moves: [], leftOut: 0 }
  const setsOf = (from: Situation, to: Situation) =>
    names.flatMap((c) =>
      to.row[c] !== undefined && to.row[c] !== from.row[c] ? [[c, to.row[c]] as const] : [],
    )
  const between = (from: Situation, to: Situation) =>
    fresh.includes(from) || fresh.includes(to) ? [{ from, sets: setsOf(from, to), given: to.before }] : []
  const planned = [
    ...sources.flatMap((from) => situations.flatMap((to) => between(from, to))),
    ...situations.flatMap((from) => between(from, home)),
  ].filter(({ sets }) => sets.length > 0)
  // The nearest of those that are alike: what stands beside the others hides what happens.
  const nearest = new Map(planned.toReversed().map((m) => [JSON.stringify([m.from.row, m.sets]), m]))
  const all = [...nearest.values()].toReversed()
  const distinct = all.slice(0, mostMoves)
  const replies = await tryEach(
    context.db,
    world.statements,
    distinct.flatMap(({ from, sets, given }) => {
      const standing = [...new Set([...from.before, ...given]), rows.insert(table, from.row), ...from.after]
      const key = rows.where(table, from.row)
      const changes = sets.map(([c, v]) => `${ident(c)} = ${v}`).join(', ')
      const pairs = sets.map(([c, v]) => `${literal(c)}, ${v}`).join(', ')
      return [
        [
          ...standing,
          `update ${qualified(table)} set ${changes} where ${key} returning (${ident(table.name)}.*)::text`,
        ],
        // What it would be, where a constraint forbids it.
        [
          ...standing,
          `select (jsonb_populate_record("assay row", jsonb_build_object(${pairs})))::text as moved from ${qualified(table)} as "assay row" where ${key}`,
        ],
      ]
    }),
  )
  const moves = distinct.flatMap(({ from, sets, given }, i): readonly Move[] => {
    const [done, asked] = [replies[2 * i]!, replies[2 * i + 1]!]
    const blocked = done.fault?.sqlstate.startsWith('23') === true
    const commands = blocked ? asked.commands : done.commands
    const text = commands.findLast(
      (c) => c.rows.length === 1 && (c.columns[0] === 'moved' || c.tag.startsWith('UPDATE')),
    )?.rows[0]?.[0]
    if ((blocked ? asked : done).fault || text == null) return []
    const values = Object.fromEntries(sets)
    const title = ` to ${pictured(values, Object.keys(values))}`
    const before = [...new Set([...from.before, ...given])]
    return [{ from: { ...from, before }, title, sets, text, blocked }]
  })
  return { moves, leftOut: all.length - distinct.length }
}
