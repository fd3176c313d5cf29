/** One line of psql's own commands cut into commands with their arguments, as psql reads it. */

export interface PsqlCommand {
  /** Without the backslash. */
  readonly name: string
  /** All that follows on the line, up to the next command. */
  readonly rest: string
}

/** Those whose whole line is one argument. */
const takesTheLine = new Set([
  'copy',
  '!',
  'h',
  'help',
  'sf',
  'sv',
  'ef',
  'ev',
  'prompt',
  'restrict',
  'unrestrict',
])

const quotedOrNot = /'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'|"[^"]*"|`[^`]*`|\\|[^'"`\\]+|./gsu

/** `\if :{?x} \else \set x 1 \endif` is four. What follows `\\` is SQL, and answered as a command without a name. */
export const psqlCommands = (line: string): readonly PsqlCommand[] => {
  const found: { name: string; rest: string }[] = []
  let left = line
  while (left !== '') {
    const name = /^\\(?<name>[A-Za-z_]+\+?|.)/u.exec(left)?.groups?.['name'] ?? ''
    let rest = left.slice(1 + name.length)
    if (name === '\\') return [...found, { name: '', rest: rest.trim() }]
    left = ''
    if (!takesTheLine.has(name)) {
      let at = 0
      for (const [part] of rest.matchAll(quotedOrNot)) {
        if (part === '\\') break
        at += part.length
      }
      left = rest.slice(at)
      rest = rest.slice(0, at)
    }
    found.push({ name, rest: rest.trim() })
  }
  return found
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

/** As psql reads an argument in single quotes. */
const unquoted = (part: string): string =>
  part
    .slice(1, -1)
    .replaceAll(/''|\\(?<digits>[0-7]{1,3})|\\(?<one>[\s\S])/gu, (whole, digits?: string, one?: string) => {
      if (whole === "''") return "'"
      if (digits !== undefined) return String.fromCharCode(Number.parseInt(digits, 8))
      return escapes[one ?? ''] ?? one ?? ''
    })

/** Arguments, with their variables put in before; null: one of them is a program's output. */
export const psqlArguments = (rest: string): readonly string[] | null => {
  const words = rest.match(/(?:'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'|"[^"]*"|`[^`]*`|[^\s'"`])+/gsu) ?? []
  if (words.some((word) => /(?:^|[^'"])`/u.test(word))) return null
  return words.map((word) =>
    word.replaceAll(/'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'|"(?<plain>[^"]*)"/gsu, (part, plain?: string) =>
      part.startsWith("'") ? unquoted(part) : (plain ?? ''),
    ),
  )
}
