/** On which of the extensions that are missing a statement hangs, as far as PostgreSQL's refusal and its own names tell. */

/** Names that everybody knows an extension by; those of contrib are there. */
const families: readonly { readonly extension: RegExp; readonly brings: RegExp }[] = [
  { extension: /^postgis/u, brings: /^(?:geometry|geography|raster|box2df?|box3d|topogeometry|st_\w+)$/u },
  { extension: /^vector$/u, brings: /^(?:vector|halfvec|sparsevec|hnsw|ivfflat)$/u },
  { extension: /^timescaledb/u, brings: /^(?:\w*hypertable\w*|time_bucket\w*|add_\w+_policy)$/u },
]

const lastPart = (name: string): string => (name.split('.').at(-1) ?? name).replaceAll('"', '').toLowerCase()

/** What a refusal says is not there. */
const nameIn = (message: string): string | null => {
  const { called, bare, quoted } =
    /^(?:function|procedure|aggregate) (?<called>[^(]+)\(|^type (?<bare>[^\s"]+) |"(?<quoted>[^"]+)"/u.exec(
      message,
    )?.groups ?? {}
  const name = called ?? bare ?? quoted
  return name === undefined ? null : lastPart(name)
}

const makes =
  /^create\s(?:or\s+replace\s+|unique\s+|unlogged\s+|foreign\s+|materialized\s+)*(?:table|view|function|procedure|type|domain|sequence|schema)\s+(?:if\s+not\s+exists\s+)?(?<name>(?:"[^"]*"|[^\s("]+)+)/iu

/** The name that a statement would have made; null when it makes none that others use. */
const nameMade = (text: string): string | null => {
  const name = makes.exec(text)?.groups?.['name']
  return name === undefined ? null : lastPart(name)
}

/** A statement that was left out before, and the extensions that it hangs on. */
export interface LeftBefore {
  readonly text: string
  readonly on?: readonly string[]
}

/** Names of extensions: the one that brings what is not there; all that are missing when nobody knows. */
export const hangsOn = (
  message: string,
  missing: readonly string[],
  before: readonly LeftBefore[],
): readonly string[] => {
  const thing = nameIn(message)
  if (thing === null || missing.length < 2) return missing
  const maker = before.find(({ on, text }) => on !== undefined && nameMade(text) === thing)
  if (maker?.on) return maker.on
  const family = families.find(({ brings }) => brings.test(thing))
  const own = missing.filter(
    (name) => family?.extension.test(name) === true || thing === name || thing.startsWith(`${name}_`),
  )
  return own.length > 0 ? own : missing
}
