/**
 * Looks further for rows that tell what no cell has told: columns of the policies take what identities and constants
 * say, in every surrounding, one after the other, as far as each step makes more of a policy true. PostgreSQL judges.
 */
import { literal } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { makeRow } from '../make-row.ts'
import { pictured } from '../sentence.ts'
import { selectEach } from '../trial.ts'
import type { Person } from './cells.ts'
import { withJudge, type Answer, type Change, type Judge } from './judge.ts'
import { changesOf, type Texts } from './pins.ts'
import { askedOf, expressionsOf, points, type PolicySet } from './policy-set.ts'
import { predicatesOf } from './reading.ts'
import { confirm, type Situation, type Wanted } from './situations.ts'
import type { Stage } from './stage.ts'
import { guessedVerdict, type AnswerOf } from './verdicts.ts'

interface Beside {
  readonly suffix: string
  readonly after: readonly string[]
  readonly accompanied?: true
}

/** A row in its surroundings that somebody is answered otherwise about. */
interface Candidate {
  readonly beside: Beside
  readonly change: Change
  readonly tells: readonly number[]
}

const mostBeside = 16
const mostPeople = 8
const mostKept = 16
const rounds = 3
/** Starting points of the second round and later. */
const mostBases = 4
const mostMasked = 8

/** What stands around row a in its situations, and row a itself beside another. */
const surroundingsOf = (
  { context, ground, reading }: Stage,
  situations: readonly Situation[],
): readonly Beside[] => {
  const { rows, table } = context
  const own = situations
    .filter((one) => one.row === ground.base && one.before.length === 0)
    .map(({ title, after, accompanied }): Beside => ({
      suffix: title.replace(/^row a/u, ''),
      after,
      ...(accompanied ? { accompanied } : {}),
    }))
  const home = situations[0]?.after ?? []
  const withA: Beside = {
    suffix: ' beside row a',
    after: [rows.insert(table, ground.base), ...home],
    accompanied: true,
  }
  const alone: Beside = { suffix: ', alone', after: [] }
  const readsItself = reading.tables.some((t) => t.table.id === table.id)
  const all = [
    ...own.slice(0, 1),
    ...(readsItself ? [withA] : []),
    ...own.slice(1),
    ...(home.length > 0 ? [alone] : []),
  ]
  return [...new Map(all.map((one) => [one.after.join(';'), one])).values()].slice(0, mostBeside)
}

/** Whether a broken set asks somebody anything else. */
const isConcerned = ({ standing, untold }: Sought, { role }: Person): boolean =>
  untold.some((set) => points.some((point) => askedOf(set, role, point) !== askedOf(standing, role, point)))

/** People whom it concerns what is untold; of each role the first, then the second. */
const bound = (sought: Sought): readonly Person[] => {
  const able = sought.people.filter(
    (person) =>
      !person.role.bypasses &&
      !person.role.owns &&
      person.identity.as === undefined &&
      isConcerned(sought, person),
  )
  const turns = new Map<string, number>()
  const withTurn = able.map((person) => {
    const turn = turns.get(person.role.name) ?? 0
    turns.set(person.role.name, turn + 1)
    return { person, turn }
  })
  return withTurn
    .toSorted((a, b) => a.turn - b.turn)
    .slice(0, mostPeople)
    .map(({ person }) => person)
}

/** Every text in settings, those of their JSON one by one. */
const textsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return value === '' ? [] : [value]
  if (typeof value === 'number') return [String(value)]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

const settingTexts = (people: readonly Person[]): readonly string[] => {
  const all = people.flatMap(({ identity }) =>
    Object.values(identity.settings).flatMap((text): readonly string[] => {
      try {
        return textsIn(JSON.parse(text))
      } catch {
        return textsIn(text)
      }
    }),
  )
  return [...new Set(all)]
}

/** A column's own candidates, as texts. */
const candidateTexts = async (
  { context, declared }: Stage,
  columns: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const { rows, table, db } = context
  const found = new Map<string, readonly string[]>()
  for (const column of columns) {
    const candidates = (await rows.candidates(table, column, expressionsOf(declared.policies))).slice(0, 24)
    const answers = await selectEach(
      db,
      [],
      candidates.map((sql) => `select (${sql})::text`),
    )
    found.set(
      column,
      answers.flatMap((answer) => answer?.[0]?.[0] ?? []),
    )
  }
  return found
}

const asRow = (change: Change): Row =>
  Object.fromEntries(Object.entries(change).map(([c, v]) => [c, v === null ? 'null' : literal(v)]))

const madeOf = async (stage: Stage, { beside, change }: Candidate): Promise<Wanted | null> => {
  const { context, ground, world } = stage
  const { rows, table } = context
  const before = beside.accompanied ? [rows.insert(table, ground.base)] : []
  const made = await makeRow(context, table, { pins: asRow(change), family: 'a', world, before })
  if (!('row' in made)) return null
  const differs = Object.keys(made.row).filter((c) => made.row[c] !== ground.base[c])
  return {
    title: `row a${differs.length > 0 ? ` with ${pictured(made.row, differs)}` : ''}${beside.suffix}`,
    row: made.row,
    before: made.given,
    after: beside.after,
    ...(beside.accompanied ? { accompanied: true as const } : {}),
  }
}

interface Step {
  readonly beside: Beside
  readonly person: Person
  readonly base: Change
}

const stepKey = ({ beside, person, base }: Step): string =>
  JSON.stringify([beside.after, person.role.name, person.identity.settings, base])

export interface Sought {
  readonly standing: PolicySet
  readonly untold: readonly PolicySet[]
  readonly people: readonly Person[]
  readonly situations: readonly Situation[]
}

/** Which of the untold sets somebody is answered otherwise by. */
const toldBy = ({ standing, untold }: Sought, { role }: Person, answerOf: AnswerOf): readonly number[] => {
  const verdicts = points.map((point) => guessedVerdict(standing, role, point, answerOf))
  return untold.flatMap((set, i) =>
    points.some((point, at) => guessedVerdict(set, role, point, answerOf) !== verdicts[at]) ? [i] : [],
  )
}

/** An expression of an untold set, and what it was before it was broken. */
type Pair = readonly [set: number, before: string, after: string]

const pairsOf = ({ standing, untold }: Sought): readonly Pair[] => {
  const own = new Map(standing.policies.map((p) => [p.name, p]))
  return untold.flatMap((set, i) =>
    set.policies.flatMap((p): readonly Pair[] => {
      const before = own.get(p.name)
      if (!before || before === p) return []
      const both = [[before.using, p.using] as const, [before.withCheck, p.withCheck] as const]
      return both.flatMap(([old, next]) =>
        old !== null && next !== null && old !== next ? [[i, old, next] as const] : [],
      )
    }),
  )
}

const maskedBy = (pairs: readonly Pair[], answerOf: AnswerOf): readonly number[] =>
  pairs.flatMap(([i, before, after]) => (answerOf(before) === answerOf(after) ? [] : [i]))

const search = async (
  stage: Stage,
  sought: Sought,
  judge: Judge,
  expressions: readonly string[],
  changes: readonly Change[],
): Promise<readonly Candidate[]> => {
  const { world, declared } = stage
  const at = new Map(expressions.map((sql, i) => [sql, i]))
  const whole = expressionsOf(declared.policies).map((sql) => ({ sql, parts: predicatesOf(sql) }))
  const insert = stage.context.rows.insert(stage.context.table, stage.ground.base)
  const text = sought.situations[0]!.text
  const besides = surroundingsOf(stage, sought.situations)
  const people = bound(sought)
  const pairs = pairsOf(sought)
  let steps: readonly Step[] = besides.flatMap((beside) =>
    people.map((person) => ({ beside, person, base: {} })),
  )
  const found: Candidate[] = []
  for (let round = 0; round < rounds && steps.length > 0; round++) {
    const all = steps.map(({ base }) => [base, ...changes.map((change) => ({ ...base, ...change }))])
    const answers = await judge.ask(
      world.statements,
      steps.map(({ beside, person }, i) => ({
        state: beside.accompanied ? beside.after : [insert, ...beside.after],
        asker: { role: person.role.name, settings: person.identity.settings },
        row: text,
        changes: all[i]!,
      })),
    )
    // For each policy the changes that make most of it true: what it needs at once is found one by one.
    const best = new Map<string, { readonly worth: number; readonly step: Step }>()
    // What is broken is answered otherwise, and another policy says the same: without that one it would be told.
    const masked = new Map<number, Step>()
    for (const [i, step] of steps.entries())
      for (const [k, change] of all[i]!.entries()) {
        const row = answers[i]?.[k]
        if (!row || row.length === 0) continue
        const answerOf = (sql: string): Answer | undefined => row[at.get(sql) ?? -1]
        const tells = toldBy(sought, step.person, answerOf)
        if (tells.length > 0) found.push({ beside: step.beside, change, tells })
        for (const i of maskedBy(pairs, answerOf))
          if (!masked.has(i)) masked.set(i, { ...step, base: change })
        for (const { sql, parts } of whole) {
          const worth = parts.filter((part) => answerOf(part) === 't').length + Number(answerOf(sql) === 't')
          if (worth > (best.get(sql)?.worth ?? 0)) best.set(sql, { worth, step: { ...step, base: change } })
        }
      }
    const told = new Set(found.flatMap(({ tells }) => tells))
    const open = [...masked].filter(([i]) => !told.has(i)).map(([, step]) => step)
    const bases = [...best.values()]
      .map(({ step }) => step)
      .filter(({ base }) => Object.keys(base).length > round)
    // What is true for one person so far may be true as a whole for another.
    const further = [
      ...bases.slice(0, mostBases).flatMap((step) => people.map((person) => ({ ...step, person }))),
      ...open.slice(0, mostMasked),
    ]
    steps = [...new Map(further.map((one) => [stepKey(one), one])).values()]
  }
  return found
}

/** As few as tell what any of them tells; a row that PostgreSQL does not take gives way to the next. */
const cover = async (stage: Stage, candidates: readonly Candidate[]): Promise<readonly Wanted[]> => {
  const open = new Set(candidates.flatMap(({ tells }) => tells))
  let left = candidates
  const wanted: Wanted[] = []
  for (let turn = 0; turn < mostKept * 3 && open.size > 0 && wanted.length < mostKept; turn++) {
    const worths = left.map(({ tells }) => tells.filter((i) => open.has(i)).length)
    const most = Math.max(0, ...worths)
    const next = left[worths.indexOf(most)]
    if (most === 0 || !next) break
    left = left.filter((one) => one !== next)
    const made = await madeOf(stage, next)
    if (!made) continue
    wanted.push(made)
    for (const told of next.tells) open.delete(told)
  }
  return wanted
}

/** Further situations; none where nothing more was found. */
export const deepen = async (stage: Stage, sought: Sought): Promise<readonly Situation[]> => {
  const { context, declared, reading, roles, looked, world } = stage
  const { table, db } = context
  const people = bound(sought)
  if (sought.situations.length === 0 || people.length === 0) return []
  const columns = table.columns.filter((c) => looked.includes(c.name) && c.generated === null)
  const ofColumns = await candidateTexts(
    stage,
    columns.map((c) => c.name),
  )
  const texts = settingTexts(people)
  const textsOf = ({ name }: { readonly name: string }): Texts => ({
    ofIdentities: texts,
    constants: reading.constants.filter((text) => text.length < 64),
    held: [],
    roles: roles.asked.map((role) => role.name),
    ofColumn: ofColumns.get(name) ?? [],
  })
  const changes = changesOf(columns, textsOf)
  const own = expressionsOf(declared.policies)
  const expressions = [
    ...new Set([
      ...own,
      ...own.flatMap(predicatesOf),
      ...expressionsOf(sought.standing.policies),
      ...sought.untold.flatMap((set) => expressionsOf(set.policies)),
    ]),
  ]
  const candidates = await withJudge(db, table, expressions, (judge) =>
    search(stage, sought, judge, expressions, changes),
  )
  const known = new Set(sought.situations.map((one) => JSON.stringify([one.row, one.after])))
  const wanted = (await cover(stage, candidates)).filter(
    (one) => !known.has(JSON.stringify([one.row, one.after])),
  )
  return confirm(context, world, wanted)
}
