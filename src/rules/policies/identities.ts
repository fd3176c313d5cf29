/**
 * Who asks: values of the settings that policies read, found by trying. Candidates are what the table's row and the
 * rows around it hold, and the constants of the policies; those are kept under which the policies answer otherwise.
 */
import { hostileSearchPath } from '../hostile-path.ts'
import { listed } from '../sentence.ts'
import type { Answer, Judge } from './judge.ts'
import type { Reading } from './reading.ts'
import { placesOf, settingsOf, titleOf, type Values } from './setting-places.ts'

export interface Identity {
  /** "with app.user_id 1001"; empty where policies read no setting. */
  readonly title: string
  readonly settings: Readonly<Record<string, string>>
  /** `empty`: every setting is the empty string. `fresh`: nothing was ever set, asked on a connection of its own. `path`: as another one, with names found elsewhere. `bare`: as another one, without a right on tables that functions alone read. */
  readonly as?: 'empty' | 'fresh' | 'path' | 'bare'
  /** Whose answers have to be its own too. */
  readonly like?: Identity
}

const mostIdentities = 20
const mostCandidates = 100
const mostInLists = 30
/** Values of one place that are kept beside the first. */
const mostKept = 4
const rounds = 2
/** Values of one place under which broken subqueries are asked. */
const mostTelling = 24

/** A text as the only one of a list: in JSON, as a text and as a number, and as an array of PostgreSQL's. */
const listsOf = (text: string): readonly string[] => [
  JSON.stringify([text]),
  ...(/^-?[1-9]\d{0,14}$/u.test(text) ? [`[${text}]`] : []),
  `{${JSON.stringify(text)}}`,
]

const toIdentity = (settings: Readonly<Record<string, string>>): Identity => ({
  title: titleOf(settings),
  settings,
})

/** Where policies stand: statements, then the row's text. */
export interface Scene {
  readonly state: readonly string[]
  readonly row: string
  /** Texts that the row and the rows around it hold. */
  readonly held: readonly string[]
}

/** True predicates count; one that breaks counts against. */
const worth = (answers: readonly Answer[]): number =>
  answers.reduce((sum, answer) => sum + (answer === 't' ? 2 : answer.length > 1 ? -1 : 0), 0)

export interface Found {
  readonly values: Values
  /** Of each place: values under which the predicates answer otherwise. */
  readonly others: readonly (readonly string[])[]
}

/** What lies beside a constant, so that it is told from it by any comparison. */
const neighbours = (text: string): readonly string[] => {
  if (/^-?\d{1,15}$/u.test(text)) return [String(Number(text) - 1), String(Number(text) + 1)]
  return text.length > 1 && text.length < 64 ? [text.slice(0, -1), `${text}a`] : []
}

/** One place after the other takes the value that makes most of the first `counted` predicates true. */
export const search = async (
  { judge, counted, reading, role }: Search,
  { state, row, held }: Scene,
): Promise<Found | null> => {
  const places = placesOf(reading)
  const candidates = [
    ...new Set([...held, ...reading.constants, ...reading.constants.flatMap(neighbours)]),
  ].slice(0, mostCandidates)
  if (reading.readsLists) candidates.push(...held.slice(0, mostInLists).flatMap(listsOf))
  let values: Values = places.map(() => null)
  const others: (readonly string[])[] = places.map(() => [])
  // With one place alone the second round would find what the first has found.
  for (let round = 0; round < Math.min(rounds, places.length); round++)
    for (const at of places.keys()) {
      const options = [values[at] ?? null, ...candidates]
      const tried = options.map((option) => settingsOf(places, values.with(at, option)))
      const asked = await judge?.ask(
        state,
        tried.map((settings) => ({ state: [], asker: { role, settings }, rows: [row] })),
      )
      if (!asked?.every((one) => one !== null)) return null
      const answers = asked.map((one) => one[0] ?? [])
      const worths = answers.map((all) => worth(all.slice(0, counted)))
      const best = worths.indexOf(Math.max(...worths))
      values = values.with(at, options[best]!)
      const behaviours = new Set([answers[best]!.join()])
      others[at] = options.flatMap((option, i) => {
        const behaviour = answers[i]!.join()
        const breaks = answers[i]!.some((answer) => answer.length > 1)
        if (option === null || breaks || behaviours.has(behaviour)) return []
        behaviours.add(behaviour)
        return [option]
      })
    }
  return { values, others }
}

export interface Search {
  /** Of the predicates that the judge was made for, those that are the policies' own; the others are broken ones. */
  readonly counted: number
  /** Null: no setting is read. */
  readonly judge: Judge | null
  readonly reading: Reading
  /** Whom policies bind. */
  readonly role: string
}

/** Values of each place, beside the best ones, under which these broken expressions are answered otherwise than by each other. */
export const tellingValues = async (
  { judge, reading, role }: Omit<Search, 'counted'>,
  { state, row, held }: Scene,
  best: Values,
): Promise<readonly (readonly string[])[]> => {
  const others: (readonly string[])[] = []
  for (const [at] of placesOf(reading).entries()) {
    const options = [best[at] ?? null, ...held.slice(0, mostTelling)]
    const answers = await judge?.ask(
      state,
      options.map((option) => ({
        state: [],
        asker: { role, settings: settingsOf(placesOf(reading), best.with(at, option)) },
        rows: [row],
      })),
    )
    const seen = new Set([(answers?.[0]?.[0] ?? []).join()])
    others.push(
      options.flatMap((option, i) => {
        const told = answers?.[i]?.[0] ?? []
        if (option === null || told.some((answer) => answer.length > 1) || seen.has(told.join())) return []
        seen.add(told.join())
        return [option]
      }),
    )
  }
  return others
}

export interface Identities {
  readonly identities: readonly Identity[]
  /** Those that policies may answer otherwise, and that are not asked as: there are too many. */
  readonly leftOut: number
}

/** Identities that are asked once more in ways that must change nothing. */
const mostApart = 6

/**
 * Once more: a caller's search_path must not lead functions with one of their own elsewhere, and functions with the
 * rights of their owner need none of their caller's.
 */
const withApart = (
  identities: readonly Identity[],
  { pinsPath, tables, functions }: Reading,
): readonly Identity[] => {
  const names = tables.filter((t) => !t.direct).map((t) => t.table.name)
  const isLent = names.length > 0 && functions.some((f) => f.securityDefiner)
  const plain = identities.filter(({ as }) => as === undefined).slice(0, mostApart)
  const apart = plain.flatMap((like): readonly Identity[] => {
    const and = like.title === '' ? ' with' : ' and'
    const path: Identity = {
      title: `${like.title}${and} a search_path on which comparisons are never true`,
      settings: { ...like.settings, search_path: hostileSearchPath },
      as: 'path',
      like,
    }
    const bare: Identity = {
      title: `${like.title}${and} no right to read ${listed(names)}`,
      settings: like.settings,
      as: 'bare',
      like,
    }
    return [...(pinsPath ? [path] : []), ...(isLent ? [bare] : [])]
  })
  return [...identities, ...apart]
}

/**
 * Identities for row a, for row b, for the scenes behind these, and those between a and b; then nobody: the empty
 * string, as a SET LOCAL leaves it, and nothing at all.
 */
export const findIdentities = (
  reading: Reading,
  all: readonly (Found | null)[],
  telling: readonly (readonly string[])[],
): Identities => {
  const places = placesOf(reading)
  if (places.length === 0)
    return { identities: withApart([{ title: '', settings: {} }], reading), leftOut: 0 }
  const [ofA, ofB] = all
  const found = all.flatMap((one) => (one ? [settingsOf(places, one.values)] : []))
  // One place after the other has its turn, so that none is crowded out.
  const turns = (ofA ? [...places.keys()] : []).map((at) => {
    const others = [
      ...new Set([...ofA!.others[at]!.slice(0, mostKept), ...(telling[at] ?? []).slice(0, mostKept)]),
    ]
    const mixed =
      ofB && places.length > 1 ? [settingsOf(places, ofA!.values.with(at, ofB.values[at] ?? null))] : []
    const of = ({ values }: Found) => others.map((other) => settingsOf(places, values.with(at, other)))
    // Beside others that are right a wrong one does not show where any of them is enough.
    const alone = (value: string | null) =>
      settingsOf(
        places,
        places.map((_, i) => (i === at ? value : null)),
      )
    const onlyThis =
      places.length > 1 && ofA!.values[at] !== null ? [ofA!.values[at]!, ...others].map(alone) : []
    return [...of(ofA!), ...mixed, ...onlyThis, ...(ofB && places.length > 1 ? of(ofB) : [])]
  })
  const longest = Math.max(0, ...turns.map((turn) => turn.length))
  const between = Array.from({ length: longest }, (_, n) =>
    turns.flatMap((turn) => turn.slice(n, n + 1)),
  ).flat()
  const empty = Object.fromEntries(reading.settings.map((name) => [name, '']))
  const once = (some: readonly Readonly<Record<string, string>>[]) => [
    ...new Map(some.map((settings) => [JSON.stringify(settings), settings])).values(),
  ]
  const every = once([...found, ...between])
  const distinct = every.slice(0, mostIdentities - 1)
  const identities = withApart(
    [
      ...distinct.map(toIdentity),
      { ...toIdentity(empty), as: 'empty' },
      { title: ' in a fresh session, where nothing is set,', settings: {}, as: 'fresh' },
    ],
    reading,
  )
  return { identities, leftOut: every.length - distinct.length }
}
