/**
 * Sets many writes up at once: each is first tried over the plain base rows, all in one message, and only what
 * PostgreSQL does not take so is worked out row by row, as the proof does it.
 */
import type { PgFault } from '../../postgres/fault.ts'
import type { Row } from '../../rows/rows.ts'
import { tryAll, type Trial, type TrialAnswer } from '../../rules/attacks/trial.ts'
import { worldOf } from '../../rules/draft.ts'
import type { World } from '../../rules/experiment.ts'
import { assembleStage, stageOf, standBeside, waysToStand } from '../../rules/observed/stage.ts'
import type { ObservedSetting } from '../../rules/observed/stage.ts'
import type { RuleContext } from '../../rules/rule-kind.ts'
import type { Candidate } from './try-writes.ts'

/** Writes of one round that are worked out row by row. */
const mostSlow = 3
/** Plainly, set right, and as a session that replicates, where the trigger itself takes no such row. */
const mostWays = 3

interface Guess {
  readonly setting: ObservedSetting
  readonly row: Row
  /** Each way is tried as a whole; those of an insert have no row to check. */
  readonly ways: readonly { readonly given: readonly string[]; readonly trial: Trial }[]
}

/** Statements that put rows beside the write, by what is wished; worked out once. */
type KnownBeside = Map<string, Promise<readonly string[] | null>>

const besideOf = (
  context: RuleContext,
  world: World,
  { beside, writes }: ObservedSetting,
  base: Row,
  known: KnownBeside,
): Promise<readonly string[] | null> => {
  if (Object.keys(beside).length === 0) return Promise.resolve([])
  const inserts = writes[0]?.does === 'insert'
  const key = JSON.stringify([beside, inserts])
  const before = inserts ? [] : [context.rows.insert(context.table, base)]
  const found =
    known.get(key) ??
    standBeside(context, world, beside, before).then((stood) =>
      'unsolved' in stood ? null : stood.statements,
    )
  known.set(key, found)
  return found
}

const guessOf = async (
  context: RuleContext,
  world: World,
  setting: ObservedSetting,
  known: KnownBeside,
): Promise<Guess | null> => {
  const { rows, table } = context
  const base = await rows.base(table, 'a')
  const [first] = setting.writes
  if (!base || !first) return null
  const beside = await besideOf(context, world, setting, base, known)
  if (beside === null) return null
  if (first.does === 'insert') {
    const row = { ...base, ...first.row }
    return {
      setting,
      row,
      ways: [{ given: beside, trial: { given: beside, when: [rows.insert(table, row)] } }],
    }
  }
  const row = { ...base, ...setting.given }
  const ways = waysToStand(context, table, row, setting.given).slice(0, mostWays)
  return {
    setting,
    row,
    ways: ways.map(({ statements, check }) => {
      const given = [...statements, ...beside]
      return { given, trial: { given, when: [check] } }
    }),
  }
}

/** RAISE may name the SQLSTATE of a constraint. */
const isRaised = ({ routine }: PgFault): boolean => routine === 'exec_stmt_raise'

/** An insert may be refused by what is observed, but not by a key: then the row has to be another one. */
const isGood = (guess: Guess, answer: TrialAnswer): boolean => {
  if (!answer.ran) return false
  return guess.setting.writes[0]!.does === 'insert'
    ? answer.fault === null || isRaised(answer.fault) || !answer.fault.sqlstate.startsWith('23')
    : answer.fault === null && answer.affected === 1
}

const settle = async (
  context: RuleContext,
  world: World,
  guesses: readonly Guess[],
): Promise<ReadonlyMap<ObservedSetting, Candidate>> => {
  const found = new Map<ObservedSetting, Candidate>()
  const tries = guesses.flatMap((guess) => guess.ways.map((way) => ({ guess, way })))
  const answers = await tryAll(
    context.db,
    world,
    tries.map(({ way }) => way.trial),
  )
  for (const [i, { guess, way }] of tries.entries()) {
    const { setting, row } = guess
    if (found.has(setting) || !isGood(guess, answers[i]!)) continue
    found.set(setting, { setting, stage: assembleStage(context, setting, { world, given: way.given, row }) })
  }
  return found
}

/** In their order; those that cannot be set up are left out. */
export const stageQuickly = async (
  context: RuleContext,
  settings: readonly ObservedSetting[],
): Promise<readonly Candidate[]> => {
  const { problem } = await context.rows.world(context.table)
  if (problem !== null) return []
  const world = await worldOf(context)
  const guesses: Guess[] = []
  const known: KnownBeside = new Map()
  for (const setting of settings) {
    const guess = await guessOf(context, world, setting, known)
    if (guess) guesses.push(guess)
  }
  const found = await settle(context, world, guesses)
  const guessed = new Set(guesses.map((guess) => guess.setting))
  const candidates: Candidate[] = []
  let slow = 0
  for (const setting of settings) {
    const quick = found.get(setting)
    if (quick) candidates.push(quick)
    else if (guessed.has(setting) && slow++ < mostSlow) {
      const stage = await stageOf(context, setting)
      if (!('unsolved' in stage)) candidates.push({ setting, stage })
    }
  }
  return candidates
}
