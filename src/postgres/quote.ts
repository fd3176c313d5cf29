/** The one place where identifiers and values become SQL text. */
import type { RelationName } from '../ground/names.ts'

/** A quoted identifier. Always quoted, so that reserved words, case, dots and unicode stay what they are. */
export const ident = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** The name that an identifier gives, quoted as ident does or plain; a plain one stays as it is. */
export const unquoted = (identifier: string): string =>
  identifier.startsWith('"') ? identifier.slice(1, -1).replaceAll('""', '"') : identifier

/** A quoted literal; backslashes are safe whatever standard_conforming_strings says. */
export const literal = (value: string | null): string => {
  if (value === null) return 'null'
  const quoted = `'${value.replaceAll("'", "''")}'`
  return value.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted
}

/** `"schema"."name"`. */
export const qualified = (relation: RelationName): string =>
  `${ident(relation.schema)}.${ident(relation.name)}`

/** `"a", "b"`. */
export const identList = (names: readonly string[]): string => names.map(ident).join(', ')

/** A literal of several lines that stays readable, and in which psql looks for nothing: `$sql$…$sql$`. */
export const dollarQuoted = (text: string): string => {
  const holds = (tag: string): boolean => text.includes(`$${tag}$`) || text.endsWith(`$${tag}`)
  let tag = 'sql'
  for (let n = 1; holds(tag); n++) tag = `sql${n}`
  return `$${tag}$${text}$${tag}$`
}
