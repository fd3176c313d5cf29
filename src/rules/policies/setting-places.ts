/** Places in the values of settings, the whole of one or a path in its JSON, and settings that have these values there. */
import { shortened } from '../sentence.ts'
import type { Reading } from './reading.ts'

/** A place in a setting's value: the whole of it, or a path in its JSON. */
export interface Place {
  readonly setting: string
  readonly path: readonly string[]
}

/** null: left out. */
export type Values = readonly (string | null)[]

export const placesOf = ({ settings, jsonSettings, paths }: Reading): readonly Place[] =>
  settings.flatMap((setting) =>
    jsonSettings.includes(setting) && paths.length > 0
      ? paths.map((path) => ({ setting, path }))
      : [{ setting, path: [] }],
  )

type Leaf = string | readonly (string | number)[]
type Json = { [key: string]: Json | Leaf }

const put = (into: Json, [key, ...rest]: readonly string[], value: Leaf): void => {
  if (key === undefined) return
  if (rest.length === 0) {
    into[key] ??= value
    return
  }
  const inner = into[key]
  const next: Json = typeof inner === 'object' && !Array.isArray(inner) ? (inner as Json) : {}
  into[key] = next
  put(next, rest, value)
}

/** A list where it is written as one: `["a"]`. */
const leafOf = (value: string): Leaf => {
  if (!/^\[["\d-]/u.test(value)) return value
  try {
    return JSON.parse(value) as Leaf
  } catch {
    return value
  }
}

/** The settings of these values, every setting among them: one that has none is empty. */
export const settingsOf = (places: readonly Place[], values: Values): Readonly<Record<string, string>> => {
  const plain: Record<string, string> = {}
  const json = new Map<string, Json>()
  places.forEach(({ setting, path }, i) => {
    const value = values[i] ?? null
    if (path.length === 0) plain[setting] = value ?? ''
    else {
      const tree = json.get(setting) ?? {}
      json.set(setting, tree)
      if (value !== null) put(tree, path, leafOf(value))
    }
  })
  for (const [setting, tree] of json) plain[setting] = JSON.stringify(tree)
  return plain
}

/** " with app.user_id 1001"; empty for none. */
export const titleOf = (settings: Readonly<Record<string, string>>): string => {
  const parts = Object.entries(settings).map(([name, value]) => `${name} ${value === '' ? "''" : value}`)
  return parts.length === 0 ? '' : ` with ${shortened(parts.join(', '), 90)}`
}
