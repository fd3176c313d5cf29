/**
 * Which functions each experiment comes to, and where in them: a broken body can be noticed by these alone. Seen once,
 * on bodies that tell where they came; without it each broken form that nothing near notices would be put to every
 * experiment of the database.
 */
import { forgetPoints, readPoints } from '../catalog/function/trace-body.ts'
import { kindOfStructure } from '../catalog/kind-of.ts'
import type { Catalog, Mutant, Structure, TellingBody } from '../catalog/structure.ts'
import type { Session } from '../postgres/session.ts'
import type { Experiment, World } from '../rules/experiment.ts'
import { changeBetween } from './judge.ts'
import { namesIn } from './names-in-text.ts'
import type { ExperimentResult, Observation } from './result.ts'
import { runTrials } from './runner.ts'
import { shareOut } from './share-out.ts'
import type { Workplace } from './workplace.ts'

export interface Reached {
  /** False only where the experiment does not come to what is broken. */
  mayNotice(result: ExperimentResult, mutant: Mutant): boolean
}

/** Nothing is known: everything may notice everything. */
export const anywhere: Reached = { mayNotice: () => true }

/** A function that tells. */
interface Telling {
  readonly structure: Structure
  readonly body: TellingBody
}

/** Those whose telling form PostgreSQL takes. */
const tellingIn = async (catalog: Catalog, db: Session, owner: string): Promise<readonly Telling[]> => {
  const all: Telling[] = []
  for (const structure of catalog.structures.values()) {
    const body = kindOfStructure(structure).tells?.(structure, all.at(-1)?.body.end ?? 1) ?? null
    if (body !== null) all.push({ structure, body })
  }
  const tried = await runTrials(
    db,
    owner,
    all.map(({ body }) => ({ ddl: [body.ddl], experiments: [] })),
  )
  return all.filter((_, i) => tried[i]!.ddlFault === null)
}

/** What an experiment took, with the laying of its world; sorted, and one list for all that took the same. */
type Points = Uint32Array

/** Experiments of one world, and how many of them are asked at a time. */
type OfWorld = readonly [World, readonly ExperimentResult[]]
const together = 500

const portionsOf = (results: readonly ExperimentResult[]): readonly (readonly OfWorld[])[] => {
  const byWorld = new Map<World, ExperimentResult[]>()
  for (const result of results) {
    const { world } = result.experiment
    const group = byWorld.get(world)
    if (group) group.push(result)
    else byWorld.set(world, [result])
  }
  const portions: OfWorld[][] = []
  let room = 0
  for (const group of byWorld) {
    if (room <= 0) {
      portions.push([])
      room = together
    }
    portions.at(-1)!.push(group)
    room -= group[1].length
  }
  return portions
}

const asking = (world: World, sql: string): Experiment => ({
  id: 'reached',
  rule: 'reached',
  title: '',
  world,
  given: [],
  when: [sql],
  then: { kind: 'accepted' },
})

/** Between what the world took and the next world everything is told apart by forgetting it. */
const experimentsOf = ([world, results]: OfWorld): readonly Experiment[] => [
  asking(world, readPoints),
  ...results.flatMap(({ experiment }) => [
    { ...experiment, given: [forgetPoints, ...experiment.given] },
    asking(world, readPoints),
  ]),
  asking(world, forgetPoints),
]

const lookAt = async (
  { main }: Workplace,
  owner: string,
  telling: readonly Telling[],
  portion: readonly OfWorld[],
): Promise<readonly (readonly [Experiment, readonly number[]])[]> => {
  await main.query(forgetPoints)
  const [outcome] = await runTrials(main, owner, [
    { ddl: telling.map(({ body }) => body.ddl), experiments: portion.flatMap(experimentsOf) },
  ])
  if (outcome!.ddlFault) return []
  const found: (readonly [Experiment, readonly number[]])[] = []
  let at = 0
  const next = () => outcome!.observations[at++]!
  for (const [, results] of portion) {
    const laid = next()
    for (const { experiment, observed } of results) {
      const [seen, told] = [next(), next()]
      // Telling changed what it answers: nobody knows where it would have come.
      if (laid.fault || told.fault || changeBetween(experiment, observed, seen, false) !== null) continue
      const points = new Set([...laid.rows, ...told.rows].map((row) => Number(row[0])))
      found.push([experiment, [...points].toSorted((a, b) => a - b)])
    }
    next()
  }
  return found
}

/**
 * An immutable function's answer may stand in a plan that another one keeps, and that one's in another's: whoever comes
 * to these may be met by it.
 */
const keepersOf = (telling: readonly Telling[]): ((one: Telling) => readonly Telling[]) => {
  const bodies = telling.map(({ structure }) =>
    namesIn(kindOfStructure(structure).calls?.(structure)?.body ?? ''),
  )
  return (one) => {
    const found = new Set([one])
    for (const kept of found)
      if (kept.body.mayBeKept)
        telling.forEach((other, i) => {
          if (bodies[i]!(kept.structure.name)) found.add(other)
        })
    found.delete(one)
    return [...found]
  }
}

/** It may be refused a call and go on, or ask whether it would be. */
const outlivesRefusal = (sql: string): boolean => /privilege|\bexception\s+when\b/iu.test(sql)

/** Rights were refused, or asked for, without a call. */
const isOfRights = ({ fault }: Observation, { given, when }: Experiment): boolean =>
  fault?.sqlstate === '42501' || [...given, ...when].some(outlivesRefusal)

const makeReached = (telling: readonly Telling[], seen: ReadonlyMap<Experiment, Points>): Reached => {
  const byId = new Map(telling.map((one) => [one.structure.id, one]))
  const keepers = new Map<Telling, readonly Telling[]>()
  const keeping = keepersOf(telling)
  const outliving = telling.filter(({ structure }) => outlivesRefusal(structure.definition))
  const entered = (points: Points, { body: { start, end } }: Telling): boolean =>
    points.some((point) => start <= point && point < end)
  return {
    mayNotice({ experiment, observed }, mutant) {
      const one = byId.get(mutant.whenCalled ?? '')
      const points = seen.get(experiment)
      if (!one || !points) return true
      const others = keepers.get(one) ?? keeping(one)
      keepers.set(one, others)
      const isOfGrant = mutant.structure !== one.structure.id
      if (isOfGrant && isOfRights(observed, experiment)) return true
      if ([...others, ...(isOfGrant ? outliving : [])].some((other) => entered(points, other))) return true
      const point = one.body.pointBefore(mutant)
      return point === null ? entered(points, one) : points.includes(point)
    },
  }
}

/** On the workplace's own session, as any statement. */
const isPlain = ({ experiment: { proof, interleaving, call, on, session } }: ExperimentResult): boolean =>
  !proof && !interleaving && !call && on === undefined && session === undefined

/** Of experiments that hold; those that run in their own way are not looked at. */
export const readReached = async (
  places: readonly Workplace[],
  { catalog, owner }: { readonly catalog: Catalog; readonly owner: string },
  results: readonly ExperimentResult[],
): Promise<Reached> => {
  const telling = await tellingIn(catalog, places[0]!.main, owner)
  if (telling.length === 0) return anywhere
  const shared = new Map<string, Points>()
  const one = (points: readonly number[]): Points => {
    const key = points.join(' ')
    const known = shared.get(key) ?? Uint32Array.from(points)
    shared.set(key, known)
    return known
  }
  const found = await shareOut(
    places,
    portionsOf(results.filter(isPlain)),
    (place, portion) => lookAt(place, owner, telling, portion),
    () => undefined,
  )
  return makeReached(telling, new Map(found.flat().map(([experiment, points]) => [experiment, one(points)])))
}
