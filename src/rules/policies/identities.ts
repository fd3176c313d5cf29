/**
 * Who asks: values of the settings that policies read, found by trying. Candidates are what the table's row and the
 * rows around it hold, and the constants of the policies; those are kept under which the policies answer otherwise.
 */
import { hostileSearchPath } from '../hostile-path.ts'
import { shortened } from '../sentence.ts'
import type { Answer, Judge } from './judge.ts'
import type { Reading } from './reading.ts'

export interface Identity {
  /** "with app.user_id 1001"; empty where policies read no setting. */
  readonly title: string
  readonly settings: Readonly<Record<string, string>>
  /** `empty`: every setting is the empty string. `fresh`: nothing was ever set, asked on a connection of its own. `path`: as the first one, with names found elsewhere. */
  readonly as?: 'empty' | 'fresh' | 'path'
}

/** A place in a setting's value: the whole of it, or a path in its JSON. */
interface Place {
  readonly setting: string
  readonly path: readonly string[]
}

/** null: left out. */
type Values = readonly (string | null)[]

const mostIdentities = 14
const mostCandidates = 100
/** Values of one place that are kept beside the first. */
const mostKept = 4
const rounds = 2

const placesOf = ({ settings, jsonSettings, paths }: Reading): readonly Place[] =>
  settings.flatMap((setting) =>
    jsonSettings.includes(setting) && paths.length > 0
      ? paths.map((path) => ({ setting, path }))
      : [{ setting, path: [] }],
  )

type Json = { [key: string]: Json | string }

const put = (into: Json, [key, ...rest]: readonly string[], value: string): void => {
  if (key === undefined) return
  if (rest.length === 0) {
    into[key] ??= value
    return
  }
  const inner = into[key]
  const next: Json = typeof inner === 'object' ? inner : {}
  into[key] = next
  put(next, rest, value)
}

/** The settings of these values, every setting among them: one that has none is empty. */
const settingsOf = (places: readonly Place[], values: Values): Readonly<Record<string, string>> => {
  const plain: Record<string, string> = {}
  const json = new Map<string, Json>()
  places.forEach(({ setting, path }, i) => {
    const value = values[i] ?? null
    if (path.length === 0) plain[setting] = value ?? ''
    else {
      const tree = json.get(setting) ?? {}
      json.set(setting, tree)
      if (value !== null) put(tree, path, value)
    }
  })
  for (const [setting, tree] of json) plain[setting] = JSON.stringify(tree)
  return plain
}

const titleOf = (settings: Readonly<Record<string, string>>): string => {
  const parts = Object.entries(settings).map(([name, value]) => `${name} ${value === '' ? "''" : value}`)
  return parts.length === 0 ? '' : ` with ${shortened(parts.join(', '), 90)}`
}

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

interface Found {
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
const search = async (
  { judge, counted, reading }: Search,
  { state, row, held }: Scene,
): Promise<Found | null> => {
  const places = placesOf(reading)
  const candidates = [
    ...new Set([...held, ...reading.constants, ...reading.constants.flatMap(neighbours)]),
  ].slice(0, mostCandidates)
  let values: Values = places.map(() => null)
  const others: (readonly string[])[] = places.map(() => [])
  for (let round = 0; round < rounds; round++)
    for (const at of places.keys()) {
      const options = [values[at] ?? null, ...candidates]
      const tried = options.map((option) => settingsOf(places, values.with(at, option)))
      const answers = await judge?.search(state, row, tried)
      if (!answers) return null
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
}

/** A caller's search_path must not lead functions with one of their own elsewhere. */
const withPath = (identities: readonly Identity[], { pinsPath }: Reading): readonly Identity[] => {
  const [first] = identities
  if (!pinsPath || !first) return identities
  const settings = { ...first.settings, search_path: hostileSearchPath }
  const title = `${first.title}${first.title === '' ? ' with' : ' and'} a search_path on which comparisons are never true`
  return [...identities, { title, settings, as: 'path' }]
}

/**
 * Identities for row a, for row b, and those between them; then nobody: the empty string, as a SET LOCAL leaves it,
 * and nothing at all.
 */
export const findIdentities = async (
  asked: Search,
  a: Scene | null,
  b: Scene | null,
): Promise<readonly Identity[]> => {
  const { reading } = asked
  const places = placesOf(reading)
  if (places.length === 0) return withPath([{ title: '', settings: {} }], reading)
  const ofA = a && (await search(asked, a))
  const ofB = b && (await search(asked, b))
  const found: Readonly<Record<string, string>>[] = []
  if (ofA) found.push(settingsOf(places, ofA.values))
  if (ofB) found.push(settingsOf(places, ofB.values))
  // One place after the other has its turn, so that none is crowded out.
  const turns = (ofA ? [...places.keys()] : []).map((at) => {
    const others = ofA!.others[at]!.slice(0, mostKept)
    const mixed =
      ofB && places.length > 1 ? [settingsOf(places, ofA!.values.with(at, ofB.values[at] ?? null))] : []
    const of = ({ values }: Found) => others.map((other) => settingsOf(places, values.with(at, other)))
    return [...of(ofA!), ...mixed, ...(ofB && places.length > 1 ? of(ofB) : [])]
  })
  const longest = Math.max(0, ...turns.map((turn) => turn.length))
  const between = Array.from({ length: longest }, (_, n) =>
    turns.flatMap((turn) => turn.slice(n, n + 1)),
  ).flat()
  const empty = Object.fromEntries(reading.settings.map((name) => [name, '']))
  const once = (all: readonly Readonly<Record<string, string>>[]) => [
    ...new Map(all.map((settings) => [JSON.stringify(settings), settings])).values(),
  ]
  const distinct = once([...found, ...between]).slice(0, mostIdentities - 1)
  return withPath(
    [
      ...distinct.map(toIdentity),
      { ...toIdentity(empty), as: 'empty' },
      { title: ' in a fresh session, where nothing is set,', settings: {}, as: 'fresh' },
    ],
    reading,
  )
}
