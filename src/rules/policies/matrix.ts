/** Asks PostgreSQL what every expression says of every row on behalf of every person, in as few messages as it takes. */
import { openSession, type Session } from '../../postgres/session.ts'
import { giveLocksUp } from '../../rows/desk.ts'
import type { Asker, World } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'
import type { Answered, Person } from './cells.ts'
import { landingFor, type Landed } from './landing.ts'
import { withJudge, type Answer, type Judge, type Question } from './judge.ts'
import type { Move, Situation } from './situations.ts'
import type { AnswerOf } from './verdicts.ts'

export interface MatrixParts {
  readonly expressions: readonly string[]
  readonly world: World
  /** Of `world`, what is not rows. */
  readonly grants: readonly string[]
  /** Answers may hang on the rows that stand. */
  readonly readsRows: boolean
  readonly people: readonly Person[]
  readonly situations: readonly Situation[]
  readonly moves: readonly Move[]
}

const askerOf = ({ role, identity }: Person): Asker => ({ role: role.name, settings: identity.settings })

type ToAnswerOf = (answers: readonly Answer[] | undefined) => AnswerOf | null

/** The same answers are the same function: what follows from them is found once. */
const answerReader = (at: ReadonlyMap<string, number>): ToAnswerOf => {
  const known = new Map<string, AnswerOf>()
  return (answers) => {
    if (answers === undefined) return null
    const key = answers.join(',')
    const read =
      known.get(key) ??
      ((sql) => {
        const i = at.get(sql)
        return i === undefined ? undefined : answers[i]
      })
    known.set(key, read)
    return read
  }
}

/** A person, and how rows land that are written as this person. */
interface Asking {
  readonly person: Person
  readonly landed: Landed
}

/** In the order of the askings. */
type Fill = (judge: Judge, askings: readonly Asking[]) => Promise<readonly ReadonlyMap<Situation, Answered>[]>

/** Rows decide alone: all of them are asked at once. */
const fillAtOnce =
  ({ grants, situations, moves }: MatrixParts, toAnswerOf: ToAnswerOf): Fill =>
  async (judge, askings) => {
    const wanted = askings.map(({ landed }) => [
      ...new Set(
        [
          ...situations.flatMap((s) => [s.text, landed.coming(s)]),
          ...moves.map((m) => landed.moved(m)),
        ].filter((text) => text !== null),
      ),
    ])
    const places = wanted.map((texts) => new Map(texts.map((text, place) => [text, place])))
    const answers = await judge.ask(
      grants,
      askings.map(({ person }, i) => ({ state: [], asker: askerOf(person), rows: wanted[i]! })),
    )
    return askings.map(({ landed }, i) => {
      const of = (text: string | null): AnswerOf | null =>
        text === null ? null : toAnswerOf(answers[i]?.[places[i]!.get(text)!])
      const moved = (move: Move): AnswerOf | null => of(landed.moved(move))
      return new Map(
        situations.map((situation) => [
          situation,
          { standing: of(situation.text), coming: of(landed.coming(situation)), moved },
        ]),
      )
    })
  }

/** Questions in the making: rows that stand in the same state are asked together. */
const collect = () => {
  const questions: { readonly state: readonly string[]; readonly asker: Asker; readonly rows: string[] }[] =
    []
  const byState = new Map<string, number>()
  const places = new Map<string, number>()
  return {
    questions: questions as readonly Question[],
    /** Where its answers will be: question and row. The same row is asked once. */
    add: (person: number, state: readonly string[], asker: Asker, row: string): readonly [number, number] => {
      const key = JSON.stringify([person, state])
      const known = byState.get(key) ?? questions.push({ state, asker, rows: [] }) - 1
      byState.set(key, known)
      const place = `${known} ${row}`
      const at = places.get(place) ?? questions[known]!.rows.push(row) - 1
      places.set(place, at)
      return [known, at]
    },
  }
}

/** What stands around a row counts: each situation is laid out, with the row and before it. */
const fillEach =
  ({ rows, table }: RuleContext, parts: MatrixParts, toAnswerOf: ToAnswerOf): Fill =>
  async (judge, askings) => {
    const { world, situations, moves } = parts
    const { questions, add } = collect()
    const planned = askings.map(({ person, landed }, n) =>
      situations.map((situation) => {
        const { row, before, after, text } = situation
        const asker = askerOf(person)
        const insert = rows.insert(table, row)
        const arriving = landed.coming(situation)
        const own = moves.filter((m) => m.from.row === row && m.from.after === after)
        return {
          situation,
          standing: add(n, [...before, insert, ...after], asker, text),
          coming:
            situation.standsWithout && arriving !== null
              ? add(n, [...before, ...after], asker, arriving)
              : null,
          moved: own.map((move) => {
            const becomes = landed.moved(move)
            const state = [...move.from.before, insert, ...after]
            return [move, becomes === null ? null : add(n, state, asker, becomes)] as const
          }),
        }
      }),
    )
    const answers = await judge.ask(world.statements, questions)
    const of = (place: readonly [number, number] | null): AnswerOf | null =>
      place === null ? null : toAnswerOf(answers[place[0]]?.[place[1]])
    return planned.map(
      (situated) =>
        new Map(
          situated.map(({ situation, standing, coming, moved }) => {
            const byMove = new Map(moved.map(([move, place]) => [move, of(place)]))
            return [
              situation,
              { standing: of(standing), coming: of(coming), moved: (move: Move) => byMove.get(move) ?? null },
            ]
          }),
        ),
    )
  }

/** A session in which no setting was ever made, in a transaction that is taken back. Landing changes the table there. */
const inFreshSession = async (context: RuleContext, work: (db: Session) => Promise<void>): Promise<void> => {
  await giveLocksUp(context.db)
  const db = await openSession(context.db.address)
  try {
    await db.query(
      `begin; set local client_min_messages = error; set local lock_timeout = '5s'; set local timezone = 'UTC'`,
    )
    await work(db)
  } finally {
    await db.end()
  }
}

const nothing: Answered = { standing: null, coming: null, moved: () => null }

export const askMatrix = async (
  context: RuleContext,
  parts: MatrixParts,
): Promise<(person: Person, situation: Situation) => Answered> => {
  const toAnswerOf = answerReader(new Map(parts.expressions.map((sql, i) => [sql, i])))
  const byPerson = new Map<Person, ReadonlyMap<Situation, Answered>>()
  const fill = parts.readsRows ? fillEach(context, parts, toAnswerOf) : fillAtOnce(parts, toAnswerOf)
  const fillAll = (db: Session, people: readonly Person[]): Promise<void> =>
    withJudge(db, context.table, parts.expressions, async (judge) => {
      const askings: Asking[] = []
      const landAs = landingFor(db, context, parts)
      for (const person of people) askings.push({ person, landed: await landAs(askerOf(person)) })
      const filled = await fill(judge, askings)
      askings.forEach(({ person }, i) => byPerson.set(person, filled[i]!))
    })
  const of = (as: Person['identity']['as']): readonly Person[] =>
    parts.people.filter(({ identity }) => identity.as === as)
  await fillAll(context.db, [...of(undefined), ...of('empty')])
  const fresh = of('fresh')
  if (fresh.length > 0) await inFreshSession(context, (db) => fillAll(db, fresh))
  // Where names are found, and whose rights count, must change nothing: what is expected is what the same person is answered otherwise.
  for (const person of [...of('path'), ...of('bare')]) {
    const same = parts.people.find((one) => one.role === person.role && one.identity === person.identity.like)
    const answers = same && byPerson.get(same)
    if (answers) byPerson.set(person, answers)
  }
  return (person, situation) => {
    const answers = byPerson.get(person)
    // A move starts from its situation with the parents of both rows: it is known by its row and surroundings.
    const known =
      answers?.get(situation) ??
      [...(answers ?? [])].find(([s]) => s.row === situation.row && s.after === situation.after)?.[1]
    return known ?? nothing
  }
}
