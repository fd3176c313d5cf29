/**
 * What PostgreSQL answers about every situation, and about the rows that may be made of others by an update. Situations
 * that are found later are asked by themselves; what is known is not asked again.
 */
import type { Answered, Person } from './cells.ts'
import { askMatrix, type MatrixParts } from './matrix.ts'
import type { PolicySet } from './policy-set.ts'
import { findMoves, type Move, type Situation } from './situations.ts'
import type { Stage } from './stage.ts'
import { guessedVerdict } from './verdicts.ts'

export interface Round {
  readonly situations: readonly Situation[]
  readonly moves: readonly Move[]
  /** Moves that were not looked at, because there are too many. */
  readonly movesLeftOut: number
  readonly answered: (person: Person, situation: Situation) => Answered
}

type AnsweredBy = (person: Person, situation: Situation) => Answered

/** Rows that may be updated as other rows than the first one: the more of a policy is true of them, the more a change shows. */
const mostSources = 4

/** The first situation, and those that somebody may update, each by a row of its own. */
const updatable = (
  declared: PolicySet,
  people: readonly Person[],
  situations: readonly Situation[],
  answered: (person: Person, situation: Situation) => Answered,
): readonly Situation[] => {
  const may = (person: Person, situation: Situation): boolean => {
    const { standing } = answered(person, situation)
    return standing !== null && guessedVerdict(declared, person.role, 'update', standing) === 't'
  }
  const bound = people.filter(({ role }) => !role.bypasses && !role.owns)
  const able = situations.slice(1).filter((one) => bound.some((person) => may(person, one)))
  const rows = new Map(able.toReversed().map((one) => [JSON.stringify(one.row), one]))
  return [...situations.slice(0, 1), ...[...rows.values()].toReversed().slice(0, mostSources)]
}

/** `before`: the round to which these situations are added. */
export const askRound = async (
  { context, world, declared, looked }: Stage,
  asking: Omit<MatrixParts, 'situations' | 'moves'>,
  fresh: readonly Situation[],
  before: Round | null,
): Promise<Round> => {
  const situations = [...(before?.situations ?? []), ...fresh]
  const asked = await askMatrix(context, { ...asking, situations: fresh, moves: [] })
  // A move starts from its situation with the parents of both rows: it is known by its row and surroundings.
  const known = (situation: Situation): Situation =>
    situations.find((one) => one.row === situation.row && one.after === situation.after) ?? situation
  const standing: AnsweredBy = (person, situation) =>
    before && !fresh.includes(situation) ? before.answered(person, situation) : asked(person, situation)
  const sources = updatable(declared, asking.people, situations, standing)
  const parts = { situations, sources, fresh, columns: looked }
  const { moves, leftOut } = await findMoves(context, world, parts)
  const froms = [...new Set(moves.map((m) => m.from))]
  const moved = moves.length > 0 ? await askMatrix(context, { ...asking, situations: froms, moves }) : null
  return {
    situations,
    moves: [...(before?.moves ?? []), ...moves],
    movesLeftOut: (before?.movesLeftOut ?? 0) + leftOut,
    answered: (person, situation) => ({
      ...standing(person, situations.includes(situation) ? situation : known(situation)),
      moved: (move) =>
        (moves.includes(move) ? moved : before?.answered)?.(person, move.from).moved(move) ?? null,
    }),
  }
}
