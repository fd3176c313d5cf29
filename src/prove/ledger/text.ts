/**
 * The line format of the ledger's files: a keyword, one space, a text; two spaces deeper belongs to the line above;
 * `| ` continues a text of several lines. Made to be read in a pull request, and safe against hostile names: nothing
 * that hides, reorders or breaks a line is ever printed as itself.
 */

/** One line with what belongs to it. `line` is 1-based. */
export interface Entry {
  readonly keyword: string
  readonly text: string
  readonly children: readonly Entry[]
  readonly line: number
}

/** What an entry looks like before it is printed. */
export interface NewEntry {
  readonly keyword: string
  readonly text?: string
  readonly children?: readonly NewEntry[]
}

/** A place where the text is not the ledger's format. */
export interface Malformed {
  readonly line: number
  readonly summary: string
}

/*
 * Fixed ranges, not Unicode property classes (\p{Cc} alone never grows): others grow with every Node version, and
 * the same ledger must give the same bytes. Controls, soft hyphen, bidirectional marks (a name could show a line as another), invisible spaces,
 * line separators, tags, lone surrogates, non-characters.
 */
const unprintable =
  /[\\\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]|[\u{e0000}-\u{e007f}]|[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]$/gu

const escaped = (character: string): string =>
  character === '\\' ? '\\\\' : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`

/** Most lines are: ASCII without a backslash, and no space at the end. */
const plain = /^[ -[\]-~]*[!-[\]-~]$/

/** One line of text, printable; an empty one is `\e`, so that no line ends in a space that an editor would take away. */
export const escapeLine = (text: string): string => {
  if (plain.test(text)) return text
  return text === '' ? '\\e' : text.replaceAll(unprintable, escaped)
}

const escape_ = /\\(?:(\\)|(e)|u\{([0-9a-f]{1,6})\})?/gu

/** The text that escapeLine printed; null when it holds an escape that escapeLine never writes. */
export const unescapeLine = (line: string): string | null => {
  let sound = true
  const text = line.replaceAll(escape_, (whole, backslash, empty, hex) => {
    if (backslash !== undefined) return '\\'
    if (empty !== undefined) return ''
    const code = hex === undefined ? Number.NaN : Number.parseInt(String(hex), 16)
    if (code <= 0x10ffff) return String.fromCodePoint(code)
    sound = false
    return String(whole)
  })
  return sound ? text : null
}

const print = (entry: NewEntry, depth: number, lines: string[]): void => {
  const indent = '  '.repeat(depth)
  const [first, ...rest] = entry.text === undefined ? [] : entry.text.split('\n')
  lines.push(first === undefined ? `${indent}${entry.keyword}` : `${indent}${entry.keyword} ${escapeLine(first)}`)
  for (const line of rest) lines.push(`${indent}  | ${escapeLine(line)}`)
  for (const child of entry.children ?? []) print(child, depth + 1, lines)
}

const printed = (entry: NewEntry): readonly string[] => {
  const lines: string[] = []
  print(entry, 0, lines)
  return lines
}

/** Top-level entries are set apart by an empty line. */
export const formatEntries = (entries: readonly NewEntry[]): string =>
  entries.map((entry) => `${printed(entry).join('\n')}\n`).join('\n')

const grammar = /^((?: {2})*)(?:(\|) (.+)|([a-z]+(?:-[a-z]+)*)(?: (.+))?)$/u

interface OpenEntry extends Entry {
  text: string
  readonly children: OpenEntry[]
}

/** Reads what formatEntries printed. Line ends may have become CRLF on the way (git's autocrlf). */
export const parseEntries = (
  source: string,
): { entries: readonly Entry[]; malformed: readonly Malformed[] } => {
  const entries: OpenEntry[] = []
  const malformed: Malformed[] = []
  let path: OpenEntry[] = []
  for (const [index, raw] of source.split('\n').entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    const at = index + 1
    if (line === '' || line.startsWith('#')) continue
    if (/^(?:<{7}|={7}|>{7}|\|{7})/u.test(line)) {
      malformed.push({ line: at, summary: 'a merge conflict is left here' })
      continue
    }
    const match = grammar.exec(line)
    const depth = (match?.[1]?.length ?? 0) / 2
    const text = unescapeLine(match?.[3] ?? match?.[5] ?? '')
    if (!match || text === null || depth > path.length) {
      malformed.push({ line: at, summary: 'this line is not in the ledger’s format' })
      continue
    }
    if (match[2]) {
      const above = path[depth - 1]
      // A continuation stands right under its text: children would make it ambiguous which text goes on.
      if (above && above.children.length === 0) above.text += `\n${text}`
      else malformed.push({ line: at, summary: 'this line continues no text' })
      continue
    }
    const entry: OpenEntry = { keyword: match[4] ?? '', text, children: [], line: at }
    const parent = path[depth - 1]
    if (parent) parent.children.push(entry)
    else entries.push(entry)
    path = [...path.slice(0, depth), entry]
  }
  return { entries, malformed }
}
