/** The columns that a condition of a plan names, without its constants, casts and functions: what stays on another day. */

/** As PostgreSQL prints types after `::`. */
const cast =
  /::(?:"(?:[^"]|"")*"|[\p{L}\p{N}_$]+)(?:\."(?:[^"]|"")*"|\.[\p{L}\p{N}_$]+)?(?: varying| precision)?(?:\(\d+(?:,-?\d+)?\))?(?: with(?:out)? time zone)?(?:\[\])*/gu
/** A quoted name may hold a quote of its own. */
const constantOrName = /"(?:[^"]|"")*"|(?<![\p{L}\p{N}_$])E?'(?:[^']|'')*'/gu
const operator = /\bOPERATOR\([^)]*\)/gu
const collation = /\bCOLLATE (?:"(?:[^"]|"")*"|[\p{L}\p{N}_$]+)(?:\.(?:"(?:[^"]|"")*"|[\p{L}\p{N}_$]+))?/gu
/** `a.b`, `"A b".c`, `count(`: a name with what stands before it, and whether it is called. */
const word =
  /(?<![\p{L}\p{N}_$"'.)])(?:(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)\.)*(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)(\(?)/gu

/** What PostgreSQL prints in lower case and is no name; its other words are in capitals. */
const plainWords = new Set(['true', 'false', 'hashed', 'alternatives', 'rescan', 'returns', 'never'])

/** Names are quoted where PostgreSQL quotes them; a first part of `of` is another name for its second. */
const named = (text: string, of: ReadonlyMap<string, string>): string => {
  const parts = text.match(/"(?:[^"]|"")*"|[^."]+/gu) ?? []
  if (parts.length < 2) return text
  const [first = '', ...rest] = parts
  const other = of.get(first.startsWith('"') ? first.slice(1, -1).replaceAll('""', '"') : first)
  return other === undefined ? text : [...(other === '' ? [] : [other]), ...rest].join('.')
}

/** Each once, in the condition's order. `of`: alias → what is told instead of it, '' for nothing. */
export const columnsOfCondition = (
  condition: string,
  of: ReadonlyMap<string, string> = new Map(),
): readonly string[] => {
  const bare = condition
    .replaceAll(constantOrName, (text) => (text.startsWith('"') ? text : '?'))
    .replaceAll(operator, ' ')
    .replaceAll(cast, '')
    .replaceAll(collation, '')
  const names = [...bare.matchAll(word)]
    .filter(([text, called]) => called !== '(' && !/^[A-Z]/u.test(text) && !plainWords.has(text))
    .map(([text]) => named(text, of))
  return [...new Set(names)]
}
