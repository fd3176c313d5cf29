/** The cells of the matrix: who does what to which row, and what becomes of it as the declared policies have it. */
import type { Row } from '../../rows/rows.ts'
import { deeds, plainOf, type Deed, type Subject } from './deeds.ts'
import type { Identity } from './identities.ts'
import { askedOf, type Asked, type Point, type PolicySet } from './policy-set.ts'
import type { AskedRole } from './roles.ts'
import type { Move, Situation } from './situations.ts'
import {
  declaredVerdict,
  guesser,
  sameOutcome,
  type AnswerOf,
  type Outcome,
  type Verdicts,
} from './verdicts.ts'

export interface Person {
  readonly role: AskedRole
  readonly identity: Identity
}

/** What PostgreSQL answered about one row on behalf of one person; null: it could not be asked. */
export interface Answered {
  /** The row as it stands. */
  readonly standing: AnswerOf | null
  /** The row before it stands: what an insert is asked. */
  readonly coming: AnswerOf | null
  moved(move: Move): AnswerOf | null
}

export interface Cell {
  readonly person: Person
  readonly deed: Deed
  readonly situation: Situation
  readonly move: Move | null
  readonly subject: Subject
  readonly outcome: Outcome
  /** Indexes of the sets that answer otherwise here. */
  readonly tells: readonly number[]
}

export interface CellParts {
  readonly declared: PolicySet
  readonly sets: readonly PolicySet[]
  readonly people: readonly Person[]
  readonly situations: readonly Situation[]
  readonly moves: readonly Move[]
  subjectOf(situation: Situation, sets: Subject['sets']): Subject
  /** A column that may be set to what it is: the row stays as the policies see it. */
  touch(row: Row): Subject['sets']
  answered(person: Person, situation: Situation): Answered
}

interface Trying {
  readonly deed: Deed
  readonly situation: Situation
  readonly move: Move | null
}

/** Old row and new row, as the deed meets them. */
const rowsMet = (answered: Answered, { deed, move }: Trying): readonly [AnswerOf, AnswerOf] | null => {
  const next = move ? answered.moved(move) : deed.needsRow ? answered.standing : answered.coming
  const old = deed.needsRow ? answered.standing : next
  return old && next ? [old, next] : null
}

/** What it would show is a constraint's doing. */
const isIdle = ({ move }: Trying, outcome: Outcome): boolean =>
  move?.blocked === true && outcome !== 'refused'

/** Sets by which a role is asked the same for a deed, as indexes. */
interface Alike {
  readonly asked: ReadonlyMap<Point, Asked | null>
  readonly sets: readonly number[]
}

/** The points that a deed meets. */
const pointsOf = (deed: Deed): readonly Point[] => {
  const met = new Set<Point>()
  const meet = (point: Point): string => {
    met.add(point)
    return 't'
  }
  deed.outcome(meet, meet)
  return [...met]
}

/** For each role and deed, in the order of the sets; the first of all is the declared one. */
const alikeBy = (sets: readonly PolicySet[]): ((role: AskedRole, deed: Deed) => readonly Alike[]) => {
  const known = new Map<AskedRole, Map<Deed, readonly Alike[]>>()
  const groupsOf = (role: AskedRole, deed: Deed): readonly Alike[] => {
    const points = pointsOf(deed)
    const numbers = new Map<Asked | null, number>()
    const groups = new Map<string, { asked: ReadonlyMap<Point, Asked | null>; sets: number[] }>()
    sets.forEach((set, i) => {
      const asked = points.map((point) => [point, askedOf(set, role, point)] as const)
      const key = asked
        .map(([, one]) => {
          const number = numbers.get(one) ?? numbers.size
          numbers.set(one, number)
          return number
        })
        .join()
      const group = groups.get(key)
      if (group) group.sets.push(i)
      else groups.set(key, { asked: new Map(asked), sets: [i] })
    })
    return [...groups.values()]
  }
  return (role, deed) => {
    const ofRole = known.get(role) ?? new Map<Deed, readonly Alike[]>()
    known.set(role, ofRole)
    const found = ofRole.get(deed) ?? groupsOf(role, deed)
    ofRole.set(deed, found)
    return found
  }
}

/** What becomes of a deed, and which sets it tells. */
type Told = Pick<Cell, 'outcome' | 'tells'>

/** What is answered of the old row and of the new one. */
type Met = readonly [AnswerOf, AnswerOf]

/** Null: nothing is promised, or nothing that the plain deed does not show. */
const toldOf = (
  { declared: set }: CellParts,
  alike: readonly Alike[],
  role: AskedRole,
  deed: Deed,
  plain: Deed | null,
  [old, next]: Met,
): Told | null => {
  const declared =
    (answerOf: AnswerOf): Verdicts =>
    (point) =>
      declaredVerdict(set, role, point, answerOf)
  const outcome = deed.outcome(declared(old), declared(next))
  if (outcome === null) return null
  if (plain !== null) {
    // It is shown where it differs; what is broken the plain deeds tell.
    return sameOutcome(plain.outcome(declared(old), declared(next)), outcome) ? null : { outcome, tells: [] }
  }
  const [guessOld, guessNext] = [guesser(old), guesser(next)]
  const guessedBy = ({ asked }: Alike): Outcome | null =>
    deed.outcome(
      (point) => guessOld(asked.get(point) ?? null),
      (point) => guessNext(asked.get(point) ?? null),
    )
  const [declaredOnes, ...groups] = alike
  const here = guessedBy(declaredOnes!)
  const tells = [{ ...declaredOnes!, sets: declaredOnes!.sets.slice(1) }, ...groups].flatMap((group) =>
    sameOutcome(guessedBy(group), here) ? [] : group.sets.map((i) => i - 1),
  )
  return { outcome, tells }
}

/** Whoever is answered the same fares the same: found once for each role and deed. */
const toldBy = (
  parts: CellParts,
): ((role: AskedRole, deed: Deed, plain: Deed | null, met: Met) => Told | null) => {
  const alike = alikeBy([parts.declared, ...parts.sets])
  const known = new Map<AskedRole, Map<Deed, Map<Deed | null, Map<AnswerOf, Map<AnswerOf, Told | null>>>>>()
  const within = <K, V extends object>(map: Map<K, V>, key: K, make: () => V): V => {
    const found = map.get(key) ?? make()
    map.set(key, found)
    return found
  }
  return (role, deed, plain, met) => {
    const byDeed = within(known, role, () => new Map())
    const byPlain = within(byDeed, deed, () => new Map())
    const byOld = within(byPlain, plain, () => new Map())
    const byNext = within(byOld, met[0], () => new Map<AnswerOf, Told | null>())
    const before = byNext.get(met[1])
    if (before !== undefined) return before
    const told = toldOf(parts, alike(role, deed), role, deed, plain, met)
    byNext.set(met[1], told)
    return told
  }
}

const cellOf = (
  parts: CellParts,
  toldAs: ReturnType<typeof toldBy>,
  person: Person,
  trying: Trying,
): Cell | null => {
  const { deed, situation, move } = trying
  const own = parts.subjectOf(situation, move ? move.sets : parts.touch(situation.row))
  // Where comparisons are never true, a statement that looks for its row would not find it either.
  const subject = person.identity.as === 'path' ? { ...own, key: own.alone ? 'true' : own.keyOnAnyPath } : own
  if (deed.statement(subject) === null) return null
  const met = rowsMet(parts.answered(person, situation), trying)
  if (!met) return null
  const plain = plainOf[deed.name]
  const hasPlain = plain !== undefined && plain.statement(subject) !== null
  const told = toldAs(person.role, deed, hasPlain ? plain : null, met)
  return told === null || isIdle(trying, told.outcome)
    ? null
    : { person, deed, situation, move, subject, ...told }
}

const isOfMove = (deed: Deed): boolean => deed.name.startsWith('updates')

/** Every cell there is, in the order in which a reader would go through them. */
export const cellsOf = (parts: CellParts): readonly Cell[] => {
  const tryings = parts.situations.flatMap((situation): readonly Trying[] =>
    deeds
      .filter((deed) => deed.needsRow || situation.standsWithout)
      .map((deed) => ({ deed, situation, move: null })),
  )
  const moving = parts.moves.flatMap((move): readonly Trying[] =>
    deeds.filter(isOfMove).map((deed) => ({ deed, situation: move.from, move })),
  )
  const toldAs = toldBy(parts)
  return parts.people.flatMap((person) =>
    [...tryings, ...moving].flatMap((trying) => cellOf(parts, toldAs, person, trying) ?? []),
  )
}

/** More experiments a table than these are not chosen for what they tell; more than `mostViews` not for what they show. */
const mostCells = 320
const mostViews = 60

export interface Chosen {
  readonly cells: readonly Cell[]
  /** Indexes of the sets that no chosen cell tells from the declared one. */
  readonly untold: readonly number[]
  /** Of these, how many a cell would tell that is left out because there are too many. */
  readonly cut: number
}

export interface Wish {
  readonly sets: number
  /** Cells that are kept though they tell nothing new, as far as there is room; by what they show. */
  readonly keeps: (cell: Cell) => readonly string[]
}

const isApart = ({ person }: Cell): boolean => person.identity.like !== undefined

const kindOfCell = ({ person, deed, outcome }: Cell): string =>
  JSON.stringify([person.role.name, deed.name, outcome])

/** One of each role, deed and outcome; then whatever tells most of the sets that are still untold; then what is kept. */
export const chooseCells = (cells: readonly Cell[], { sets, keeps }: Wish): Chosen => {
  const chosen = new Set<Cell>()
  const open = new Set(Array.from({ length: sets }, (_, i) => i))
  const take = (cell: Cell): void => {
    chosen.add(cell)
    for (const told of cell.tells) open.delete(told)
  }
  const kinds = new Map<string, Cell>()
  for (const cell of cells) {
    const kind = kindOfCell(cell)
    const best = kinds.get(kind)
    if (!best || cell.tells.length > best.tells.length) kinds.set(kind, cell)
  }
  for (const cell of kinds.values()) take(cell)
  let telling = cells.filter((cell) => cell.tells.some((i) => open.has(i)))
  while (chosen.size < mostCells && telling.length > 0) {
    let best = telling[0]!
    let most = 0
    for (const cell of telling) {
      let told = 0
      for (const i of cell.tells) if (open.has(i)) told += 1
      if (told > most) {
        best = cell
        most = told
      }
    }
    take(best)
    telling = telling.filter((cell) => cell.tells.some((i) => open.has(i)))
  }
  const cut = new Set(telling.flatMap((cell) => cell.tells.filter((i) => open.has(i)))).size
  const room = chosen.size + mostViews
  const shown = new Set<string>()
  for (const cell of chosen) for (const key of keeps(cell)) shown.add(key)
  // Nothing but these tells a function that follows its caller's search_path, or lacks its owner's rights.
  for (const cell of [...cells.filter(isApart), ...cells.filter((one) => !isApart(one))]) {
    if (chosen.size >= room) break
    const keys = keeps(cell).filter((key) => !shown.has(key))
    if (keys.length === 0) continue
    for (const key of keys) shown.add(key)
    take(cell)
  }
  return { cells: cells.filter((cell) => chosen.has(cell)), untold: [...open], cut }
}
