/**
 * Rows that tell an expression from its mutants: candidate values around every constant are judged by PostgreSQL
 * for the expression and all mutants at once; a small cover of them is confirmed by real inserts.
 */
import { coverOf, type Telling } from './cover.ts'
import { deriveValues } from './derived.ts'
import { evaluate } from './evaluate.ts'
import { isExhaustive } from './exhaustive.ts'
import type { TableFacts } from './facts.ts'
import { insertRows } from './insert.ts'
import { columnsFor } from './read-facts.ts'
import { constraintsOf, type RowGround, writableColumns } from './row-ground.ts'
import type { Distinguished, Row } from './rows.ts'
import { tryOnTop } from './savepoint.ts'
import { noneFalse, searchQuestion, type Variable } from './search.ts'
import { variablesAround } from './variables.ts'

const mostCombinations = 4_000
/** Rows that behave alike are kept in reserve, in case an insert refuses the nearest. */
const reserve = 4

const sameText = (a: string, b: string): boolean =>
  a.replaceAll(/[\s()]/gu, '').toLowerCase() === b.replaceAll(/[\s()]/gu, '').toLowerCase()

export interface DistinguishParts {
  readonly facts: TableFacts
  /** Base rows, the wanted family's first. */
  readonly bases: readonly Row[]
  readonly world: readonly string[]
  readonly expression: string
  readonly others: readonly string[]
  readonly ignoreChecks: readonly string[]
}

interface Judged {
  readonly row: Row
  readonly accepted: boolean
  readonly tells: readonly number[]
}

const isAccepted = (letter: string | undefined): boolean => letter === 't' || letter === 'n'

/** Keeps the nearest rows of each behaviour. */
const representatives = (judged: readonly Judged[]): readonly (Judged & { readonly at: number })[] => {
  const counts = new Map<string, number>()
  return judged.flatMap((j, at) => {
    const key = `${j.accepted} ${j.tells.join(' ')}`
    const seen = counts.get(key) ?? 0
    counts.set(key, seen + 1)
    return seen < reserve ? [{ ...j, at }] : []
  })
}

export const distinguishRows = async (ground: RowGround, parts: DistinguishParts): Promise<Distinguished> => {
  const { facts, bases, expression, others, ignoreChecks } = parts
  const base = bases[0] ?? {}
  const itself = (c: { readonly name: string | null; readonly expression: string }): boolean =>
    (c.name !== null && ignoreChecks.includes(c.name)) || sameText(c.expression, expression)
  const standing = constraintsOf(facts, itself)
  const columns = new Set([expression, ...others].flatMap((e) => columnsFor(facts, e)))
  const named = writableColumns(facts.table).filter((c) => columns.has(c.name))
  const [derived] = await deriveValues(ground.db, facts, [base], [expression, ...others])
  const variables = await variablesAround(
    ground,
    { facts, bases },
    { still: new Set(), only: columns, expressions: [expression, ...others], constraints: standing, ...(derived ? { extra: derived } : {}) },
  )
  const names = new Set(standing.filter((c) => c.columns.some((n) => columns.has(n))).flatMap((c) => c.columns))
  const search = {
    facts,
    row: base,
    variables: variables.map((v) => withPresent(v, base)),
    fixed: writableColumns(facts.table).filter((c) => names.has(c.name) || columns.has(c.name)),
    expressions: [
      noneFalse(['true', ...standing.filter((c) => c.columns.some((n) => columns.has(n))).map((c) => c.expression)]),
      `(${expression}\n)`,
      ...others.map((o) => `(${o}\n)`),
    ],
    limit: mostCombinations,
  }
  const { question, rows, complete } = searchQuestion(search)
  const [verdicts] = await evaluate(ground.db, [question])
  const judged = verdicts!.flatMap((verdict, at): Judged[] => {
    const [others_, own, ...rest] = verdict.of
    if (!verdict.fits || others_ !== 't' || own === 'e' || own === undefined) return []
    const accepted = isAccepted(own)
    const tells = rest.flatMap((letter, i) => (letter === 'e' ? accepted : isAccepted(letter) !== accepted) ? [i] : [])
    return [{ row: rows(at), accepted, tells }]
  })
  const stillborn = others.flatMap((_o, i) => (verdicts!.every((v) => v.of[i + 2] === 'e') ? [i] : []))
  const usable = judged.map((j) => ({ ...j, tells: j.tells.filter((t) => !stillborn.includes(t)) }))
  const confirmed = await confirm(ground, parts, representatives(usable), facts.checks.some((c) => c.name !== null && itself(c)))
  const chosen = coverOf(confirmed.map((c): Telling => ({ at: c.at, accepted: c.accepted, tells: c.tells })))
  const byAt = new Map(confirmed.map((c) => [c.at, c]))
  const told = new Set(chosen.flatMap((c) => c.tells))
  return {
    rows: chosen.map((c) => {
      const { row } = byAt.get(c.at)!
      return { row, accepted: c.accepted, tells: c.tells, differs: named.map((k) => k.name).filter((n) => row[n] !== base[n]) }
    }),
    untold: others.flatMap((_o, i) => (told.has(i) ? [] : [i])),
    stillborn,
    exhaustive: isExhaustive(facts, named, [expression, ...others.filter((_o, i) => !stillborn.includes(i))], variables, complete),
    tried: `${verdicts!.length} combinations of values of ${named.map((c) => c.name).join(', ') || 'no column'}`,
  }
}

const withPresent = (variable: Variable, base: Row): Variable => {
  const present = variable.columns.map((c) => base[c.name] ?? c.default ?? 'null')
  const rest = variable.options.filter((o) => JSON.stringify(o) !== JSON.stringify(present))
  return { ...variable, options: [present, ...rest] }
}

/** Leaves out the rows that an insert treats otherwise than the expression says: a trigger or a key is in the way. */
const confirm = async <T extends { readonly row: Row; readonly accepted: boolean }>(
  ground: RowGround,
  { facts, world }: DistinguishParts,
  candidates: readonly T[],
  exists: boolean,
): Promise<readonly T[]> => {
  const { trials } = await tryOnTop(
    ground.db,
    world,
    candidates.map((c) => `${insertRows(facts.table, [c.row])}; set constraints all immediate`),
  )
  return candidates.filter((c, i) => {
    const reply = trials[i]
    if (!reply) return false
    const skipped = reply.commands.some((k) => k.tag === 'INSERT 0 0')
    if (reply.fault) return !c.accepted && reply.fault.sqlstate === '23514'
    return c.accepted ? !skipped : !exists
  })
}

