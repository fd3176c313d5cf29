/**
 * Which part of who asks each setting carries: the settings function is called with marked values, and where they come
 * out again says it. `{ 'app.org': who.org, 'app.claims': JSON.stringify({ sub: who.user }) }` carries org and user.
 */
import type { Identity } from '../../architecture/architecture.ts'

/** A part of who asks, and by which setting it is told. */
export interface Carried {
  readonly field: string
  readonly setting: string
  /** In a JSON value: the names on the way to it; [] where the value is the setting's own text. */
  readonly path: readonly string[]
}

type Make = (n: number) => string

/** A settings function may convert what it is given (BigInt, a uuid check): others are tried. */
const makers: readonly Make[] = [
  (n) => String(70_000_000 + n),
  (n) => `00000000-0000-4000-8000-${String(70_000_000 + n).padStart(12, '0')}`,
  (n) => `m${70_000_000 + n}`,
]

/** More fields than these are all made alike. */
const mostApart = 4

const askerWith = (valueOf: (field: string) => string): Readonly<Record<string, string>> =>
  new Proxy<Record<string, string>>(
    {},
    { get: (_, name) => (typeof name === 'string' && name !== 'toJSON' ? valueOf(name) : undefined) },
  )

/** Calls the settings function with a value for each field that it asks for; null: it refuses them. */
const callWith = (
  { settings }: Identity,
  valueOf: (field: string) => string,
): Readonly<Record<string, string>> | null => {
  try {
    return settings(askerWith(valueOf))
  } catch {
    return null
  }
}

/** The fields that it asks for, as far as it gets. */
const fieldsOf = (identity: Identity): readonly string[] => {
  const fields = new Set<string>()
  for (const make of makers)
    callWith(identity, (field) => {
      fields.add(field)
      return make(0)
    })
  return [...fields]
}

/** Every choice of one maker for each field, those alike first. */
const choices = (count: number): readonly (readonly Make[])[] => {
  const alike = makers.map((make) => Array.from({ length: count }, () => make))
  if (count < 2 || count > mostApart) return alike
  const all = Array.from({ length: count }).reduce<readonly (readonly Make[])[]>(
    (some) => some.flatMap((one) => makers.map((make) => [...one, make])),
    [[]],
  )
  return [...alike, ...all]
}

const pathTo = (value: unknown, marker: string): readonly string[] | null => {
  if (typeof value === 'string' || typeof value === 'number') return String(value) === marker ? [] : null
  if (typeof value !== 'object' || value === null) return null
  for (const [key, inner] of Object.entries(value)) {
    const path = pathTo(inner, marker)
    if (path) return [key, ...path]
  }
  return null
}

const pathIn = (text: string, marker: string): readonly string[] => {
  try {
    return pathTo(JSON.parse(text), marker) ?? []
  } catch {
    return []
  }
}

interface Reading {
  /** A value that the settings function takes, by field. */
  readonly samples: ReadonlyMap<string, string>
  readonly carried: readonly Carried[]
}

const read = (identity: Identity): Reading => {
  const fields = fieldsOf(identity)
  for (const made of choices(fields.length)) {
    const markers = new Map(fields.map((field, i) => [field, made[i]!(i + 1)]))
    const settings = callWith(identity, (field) => markers.get(field) ?? '')
    if (settings === null) continue
    const carried = Object.entries(settings).flatMap(([setting, value]) =>
      [...markers].flatMap(([field, marker]) =>
        String(value).includes(marker) ? [{ field, setting, path: pathIn(String(value), marker) }] : [],
      ),
    )
    return { samples: markers, carried }
  }
  return { samples: new Map(), carried: [] }
}

const known = new WeakMap<Identity, Reading>()

const readingOf = (identity: Identity): Reading => {
  const found = known.get(identity) ?? read(identity)
  known.set(identity, found)
  return found
}

/** In the order of the settings; []: they are the same whoever asks, or no value is known that the function takes. */
export const carriedBy = (identity: Identity): readonly Carried[] => readingOf(identity).carried

/** Settings of who has these values, by field; of other fields `otherwise`, or what the function takes. */
export const settingsOfFields = (
  identity: Identity,
  values: ReadonlyMap<string, string>,
  otherwise: string,
): Readonly<Record<string, string>> => {
  const { samples } = readingOf(identity)
  return (
    callWith(identity, (field) => values.get(field) ?? otherwise) ??
    // It throws where it takes none of them, and says why.
    identity.settings(askerWith((field) => values.get(field) ?? samples.get(field) ?? otherwise))
  )
}
