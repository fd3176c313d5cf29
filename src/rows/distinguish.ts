/**
 * Rows that tell an expression from its mutants: candidate values around every constant are judged by PostgreSQL
 * for the expression and all mutants at once; a small cover of them is confirmed by real inserts.
 */
import { literal } from '../postgres/quote.ts'
import { cluesOfExpression } from './constants.ts'
import { coverOf } from './cover.ts'
import { deriveValues, everyDerived } from './derived.ts'
import { followingNulls } from './following-nulls.ts'
import { proveAgreement } from './agreement.ts'
import { evaluate } from './evaluate.ts'
import { insertRows } from './insert.ts'
import { judgeRows } from './judge.ts'
import type { TableFacts } from './facts.ts'
import { saidOfColumn } from './domain-value.ts'
import { raisedRows } from './raised.ts'
import { columnsFor } from './read-facts.ts'
import { constraintsOf, type RowConstraint, type RowGround, writableColumns } from './row-ground.ts'
import type { Distinguished, Row } from './rows.ts'
import { tryOnTop, whileStanding } from './savepoint.ts'
import { noneFalse, searchQuestion } from './search.ts'
import { solveUnder } from './solve.ts'
import { type Surroundings, variablesAround } from './variables.ts'

const mostCombinations = 4_000
/** Branches that are looked at where some mutants are not told yet, and combinations within each. */
const mostBranches = 12
const mostInBranch = 1_000
/** Combinations that the mutants are judged on: the nearest that the expression can be evaluated for. */
const mostJudged = 2_500
/** Rows that behave alike are kept in reserve, in case an insert refuses the nearest. */
const reserve = 4
/** Rows whose other columns are searched for anew, because their own break another constraint. */
const mostRepairs = 12

export interface DistinguishParts {
  readonly around: Surroundings
  readonly world: readonly string[]
  readonly expression: string
  readonly others: readonly string[]
  readonly ignoreChecks: readonly string[]
}

interface Judged {
  readonly at: number
  readonly row: Row
  /** Whether it obeys the other row-level constraints as it stands. */
  readonly obeys: boolean
  readonly accepted: boolean
  readonly tells: readonly number[]
}

const numbers = /^(?:smallint|integer|bigint|numeric|real|double)/u

const spaceless = (sql: string): string => sql.replaceAll(/[\s()]/gu, '').toLowerCase()
const isAccepted = (letter: string | undefined): boolean => letter === 't' || letter === 'n'

/** What the domains of these columns demand of their values, said of the columns. */
const domainsAsChecks = (
  { table }: Pick<TableFacts, 'table'>,
  names: readonly string[],
): readonly { readonly expression: string; readonly columns: readonly string[] }[] =>
  table.columns
    .filter((c) => names.includes(c.name))
    .flatMap((c) =>
      c.domainChecks.flatMap((check) => {
        const expression = saidOfColumn(check, c.name)
        return expression === null ? [] : [{ expression, columns: [c.name] }]
      }),
    )

/** Keeps the nearest rows of each behaviour. */
const representatives = (judged: readonly Judged[], each: number): readonly Judged[] => {
  const counts = new Map<string, number>()
  return judged.filter((j) => {
    const key = `${j.accepted} ${j.tells.join(' ')}`
    const seen = counts.get(key) ?? 0
    counts.set(key, seen + 1)
    return seen < each
  })
}

/** Where a search begins: at a family's row, or at one that a branch of the expression is about. */
interface From {
  readonly base: Row
  /** What does not change. */
  readonly still: ReadonlySet<string>
  readonly limit: number
}

/** Judges combinations of candidate values; stillborn are mutants that can be evaluated for none of them. */
const judge = async (
  ground: RowGround,
  { around, expression, others }: DistinguishParts,
  standing: readonly RowConstraint[],
  { base, still, limit }: From,
): Promise<{
  readonly judged: readonly Judged[]
  /** Rows that obey the others, and for which the expression raises an error. */
  readonly raising: readonly Row[]
  readonly stillborn: readonly number[]
  readonly count: number
}> => {
  const { facts, bases } = around
  const columns = new Set([expression, ...others].flatMap((e) => columnsFor(facts, e)))
  const [derived] = await deriveValues(ground, facts, [base], [expression, ...others])
  const from = base === bases[0] ? around : { ...around, bases: [base, ...bases.slice(1)] }
  const variables = await variablesAround(ground, from, {
    still,
    only: columns,
    expressions: [expression, ...others],
    constraints: standing,
    nearFirst: true,
    ...(derived ? { extra: everyDerived(derived) } : {}),
  })
  const withFollowing = await followingNulls(ground, from, variables, [expression, ...others])
  const near = standing.filter((c) => c.columns.some((n) => columns.has(n)))
  const named = new Set(near.flatMap((c) => c.columns))
  const { question, rows } = searchQuestion({
    facts,
    row: base,
    variables: withFollowing.map((v) => {
      const present = v.columns.map((c) => base[c.name] ?? c.default ?? 'null')
      const rest = v.options.filter((o) => JSON.stringify(o) !== JSON.stringify(present))
      return { columns: v.columns, options: [present, ...rest] }
    }),
    fixed: writableColumns(facts.table).filter((c) => named.has(c.name) || columns.has(c.name)),
    expressions: [noneFalse(['true', ...near.map((c) => c.expression)]), `(${expression}\n)`],
    limit,
  })
  const [first] = await evaluate(ground.db, [question])
  const kept = first!.flatMap((v, at) => (v.fits && v.of[1] !== 'e' ? [at] : [])).slice(0, mostJudged)
  const [second] = await evaluate(ground.db, [
    {
      ...question,
      combinations: kept.map((at) => question.combinations[at]!),
      expressions: others.map((o) => `(${o}\n)`),
    },
  ])
  const stillborn = others.flatMap((_o, i) => (second!.every((v) => v.of[i] === 'e') ? [i] : []))
  const judged = kept.map((at, k): Judged => {
    const accepted = isAccepted(first![at]!.of[1])
    const tells = Array.from(second![k]!.of).flatMap((letter, i) => {
      const differs = letter === 'e' ? accepted : isAccepted(letter) !== accepted
      return differs && !stillborn.includes(i) ? [i] : []
    })
    return { at, row: rows(at), obeys: first![at]!.of[0] === 't', accepted, tells }
  })
  const raising = first!.flatMap((v, at) => (v.fits && v.of[0] === 't' && v.of[1] === 'e' ? [rows(at)] : []))
  return { judged, raising, stillborn, count: first!.length }
}

/** What branches may be about: a value that an expression over several columns names for one of them; texts and flags first. */
const branchesOf = ({ table }: TableFacts, expression: string): readonly Row[] => {
  const atoms = (cluesOfExpression(expression)?.atoms ?? []).filter(({ columns }) => columns.length === 1)
  const named = new Set(atoms.flatMap(({ columns }) => columns))
  if (named.size < 2) return []
  const pairs = atoms.flatMap(({ columns: [name], constants }) => {
    const column = table.columns.find((c) => c.name === name && c.generated === null)
    if (!column) return []
    const values = column.baseType === 'boolean' ? ['true', 'false'] : constants.map(literal)
    return values.map((sql) => ({ isNumber: numbers.test(column.baseType), pins: { [column.name]: sql } }))
  })
  const all = [...new Map(pairs.map((one) => [JSON.stringify(one.pins), one])).values()]
  return [...all.filter((one) => !one.isNumber), ...all.filter((one) => one.isNumber)].map(({ pins }) => pins)
}

/**
 * Rows around those that each branch of the expression is about (`kind = 'temp' and … or kind = 'pulse' and …`, or a
 * CASE): what decides within a branch lies too far from a family's row.
 */
const judgeBranches = async (
  ground: RowGround,
  parts: DistinguishParts,
  standing: readonly RowConstraint[],
): Promise<readonly Judged[]> => {
  const { around, expression } = parts
  const found: Judged[] = []
  for (const [n, pins] of branchesOf(around.facts, expression).slice(0, mostBranches).entries()) {
    const wish = { pins, where: [expression] }
    const solved = await solveUnder(ground, around, wish, standing)
    if (!('row' in solved)) continue
    const still = new Set(Object.keys(pins))
    const { judged } = await judge(ground, parts, standing, { base: solved.row, still, limit: mostInBranch })
    found.push(...judged.map((one) => ({ ...one, at: (n + 1) * mostCombinations + one.at })))
  }
  return found
}

/** Leaves out the rows that an insert treats otherwise than the expression says: a trigger or a key is in the way. */
const confirm = async (
  ground: RowGround,
  { around: { facts }, world }: DistinguishParts,
  candidates: readonly Judged[],
  exists: boolean,
): Promise<readonly Judged[]> => {
  if (candidates.length === 0) return []
  const { trials } = await tryOnTop(
    ground.db,
    world,
    candidates.map((c) => `${insertRows(facts.table, [c.row])}; set constraints all immediate`),
  )
  const own = new Set(facts.references.filter((r) => r.target === facts.table.id).map((r) => r.name))
  return candidates.filter((c, i) => {
    const reply = trials[i]
    if (!reply) return false
    const skipped = reply.commands.some((k) => k.tag === 'INSERT 0 0')
    // A row of its own table that it points to may still be put before it.
    if (reply.fault?.sqlstate === '23503')
      return (c.accepted || !exists) && own.has(reply.fault.constraint ?? '')
    if (reply.fault) return !c.accepted && reply.fault.sqlstate === '23514'
    return c.accepted ? !skipped : !exists
  })
}

/** The cover of those that an insert treats as they were judged, confirmed one cover after the other. */
const confirmedCover = async (
  candidates: readonly Judged[],
  known: readonly Judged[],
  isConfirmed: (some: readonly Judged[]) => Promise<readonly Judged[]>,
): Promise<readonly Judged[]> => {
  const right = new Set(known)
  const wrong = new Set<Judged>()
  for (;;) {
    // What is no part of the cover takes no part in how it is found: nobody has to know whether it is right.
    const left = [...candidates, ...known].filter((c) => !wrong.has(c)).toSorted((a, b) => a.at - b.at)
    const chosen = coverOf(left)
    const open = chosen.filter((c) => !right.has(c))
    for (const one of await isConfirmed(open)) right.add(one)
    for (const one of open) if (!right.has(one)) wrong.add(one)
    if (open.every((c) => right.has(c))) return chosen
  }
}

/** What the rows do not show yet: mutants, an accepted row, a rejected row. */
const openQuestions = (rows: readonly Judged[], count: number): ((j: Judged) => boolean) => {
  const told = new Set(rows.flatMap((r) => r.tells))
  const accepted = rows.some((r) => r.accepted)
  const rejected = rows.some((r) => !r.accepted)
  return (j) =>
    (told.size < count && j.tells.some((t) => !told.has(t))) || (j.accepted ? !accepted : !rejected)
}

/** The nearest row that the expression rejects together with other constraints, and their names. */
const rejectedTogether = async (
  ground: RowGround,
  { around: { facts } }: DistinguishParts,
  judged: readonly Judged[],
  standing: readonly RowConstraint[],
): Promise<Distinguished['rejectedTogether']> => {
  const row = judged.find((j) => !j.accepted)?.row
  if (!row) return null
  const [verdict] = await judgeRows(
    ground,
    facts,
    [row],
    standing.map((c) => c.expression),
  )
  return { row, by: standing.filter((_c, i) => verdict![i] === 'f').map((c) => c.label) }
}

/** A function that it calls reads tables: what it answers hangs on the rows that stand. */
const looksUp = ({ functions }: RowGround, expression: string): boolean =>
  (cluesOfExpression(expression)?.atoms ?? []).some((atom) =>
    atom.functions.some(([schema, name]) => functions.relationsOf(schema, name).length > 0),
  )

export const distinguishRows = async (ground: RowGround, parts: DistinguishParts): Promise<Distinguished> => {
  const { around, expression, others, ignoreChecks } = parts
  const { facts, bases } = around
  const base = bases[0] ?? {}
  const itself = (c: { readonly name: string | null; readonly expression: string }): boolean =>
    (c.name !== null && ignoreChecks.includes(c.name)) || spaceless(c.expression) === spaceless(expression)
  const standing = constraintsOf(facts, { check: itself })
  const exists = facts.checks.some((c) => c.name !== null && itself(c))
  const whileItStands = <T>(ask: () => Promise<T>): Promise<T> =>
    looksUp(ground, expression) ? whileStanding(ground.db, parts.world, ask) : ask()
  const start: From = { base, still: new Set(), limit: mostCombinations }
  const { judged, raising, stillborn, count } = await whileItStands(() =>
    judge(ground, parts, standing, start),
  )
  const candidates = representatives(
    judged.filter((j) => j.obeys),
    reserve,
  )
  const isConfirmed = (some: readonly Judged[]): Promise<readonly Judged[]> =>
    confirm(ground, parts, some, exists)
  const confirmed = await confirmedCover(candidates, [], isConfirmed)

  // Rows that only break another constraint are mended in their other columns.
  const columns = [...new Set([expression, ...others].flatMap((e) => columnsFor(facts, e)))]
  const wanted = openQuestions(confirmed, others.length)
  const mended: Judged[] = []
  for (const j of representatives(
    judged.filter((k) => !k.obeys && wanted(k)),
    2,
  ).slice(0, mostRepairs)) {
    const pins = Object.fromEntries(columns.flatMap((c) => (j.row[c] === undefined ? [] : [[c, j.row[c]!]])))
    const solved = await solveUnder(ground, around, { pins }, standing)
    if ('row' in solved) mended.push({ ...j, row: solved.row, obeys: true })
  }
  const near =
    mended.length === 0 ? confirmed : await confirmedCover(candidates, await isConfirmed(mended), isConfirmed)
  const isOpen = openQuestions(near, others.length - stillborn.length)
  const inBranches =
    others.length > stillborn.length + new Set(near.flatMap((c) => c.tells)).size
      ? (await whileItStands(() => judgeBranches(ground, parts, standing))).filter(
          (j) => j.obeys && isOpen(j),
        )
      : []
  const chosen =
    inBranches.length === 0
      ? near
      : await confirmedCover([...candidates, ...representatives(inBranches, reserve)], near, isConfirmed)
  const told = new Set(chosen.flatMap((c) => c.tells))
  const untold = others.flatMap((_o, i) => (told.has(i) ? [] : [i]))
  const open = untold.filter((i) => !stillborn.includes(i))
  const neverRejects = !chosen.some((c) => !c.accepted)
  const proof = await proveAgreement(
    ground.db,
    facts,
    expression,
    [...open.map((i) => others[i]!), ...(neverRejects ? ['true'] : [])],
    [...standing, ...domainsAsChecks(facts, columns)],
  )
  const raised =
    neverRejects || open.length > 0
      ? await raisedRows(ground, facts, base, raising, { others, untold: open })
      : []
  const equivalent = open.filter((_i, k) => proof[k])
  return {
    rows: chosen.map((c) => {
      const differs = facts.table.columns.map((k) => k.name).filter((n) => c.row[n] !== base[n])
      return { row: c.row, accepted: c.accepted, tells: c.tells, differs }
    }),
    untold,
    stillborn,
    equivalent,
    rejectedTogether: neverRejects ? await rejectedTogether(ground, parts, judged, standing) : null,
    raised,
    impliedByOthers: neverRejects && proof[open.length] === true,
    exhaustive: open.length === equivalent.length,
    tried: `${count} combinations of values of ${columns.join(', ') || 'no column'}`,
  }
}
