/** Whether a regular expression or a LIKE pattern takes the same texts with and without telling letter case apart. */

const escapes = /^\\(?:[dswDSWmMyYAZ]|[^\p{L}\p{N}])/u
const classes = /^\[:(?:alnum|alpha|blank|cntrl|digit|graph|print|punct|space|xdigit):\]/u
const hasCase = (text: string): boolean => text.toUpperCase() !== text.toLowerCase()
const isAscii = (char: string): boolean => char <= '\u007F'

interface Bracket {
  readonly bothCases: boolean
  /** What follows it. */
  readonly rest: string
}

/** `[A-Za-z_]` and `[^a-fA-F]`: each letter in both cases. Null where it is not plain enough to tell. */
const readBracket = (pattern: string): Bracket | null => {
  let rest = pattern.replace(/^\[\^?/u, '')
  const letters = new Set<string>()
  for (let isFirst = true; isFirst || !rest.startsWith(']'); isFirst = false) {
    const named = classes.exec(rest) ?? escapes.exec(rest)
    if (named) {
      rest = rest.slice(named[0].length)
      continue
    }
    const [, from, to] = /^([^\\])(?:-([^\]\\]))?/su.exec(rest) ?? []
    if (from === undefined || /^\[[.:=]/u.test(rest) || to === '[') return null
    if (!isAscii(from) || (to !== undefined && !isAscii(to))) return null
    for (let code = from.charCodeAt(0); code <= (to ?? from).charCodeAt(0); code++) {
      const char = String.fromCharCode(code)
      if (hasCase(char)) letters.add(char)
    }
    rest = rest.slice(to === undefined ? from.length : from.length + 1 + to.length)
  }
  const bothCases = [...letters].every((c) => letters.has(c.toUpperCase()) && letters.has(c.toLowerCase()))
  return { bothCases, rest: rest.slice(1) }
}

/** Of a regular expression as `~` reads it. */
export const regexIgnoresCase = (pattern: string): boolean => {
  // Options in front and lookaround change what the rest means.
  if (pattern.startsWith('***') || pattern.includes('(?')) return false
  let rest = pattern
  while (rest !== '') {
    if (rest.startsWith('[')) {
      const bracket = readBracket(rest)
      if (!bracket?.bothCases) return false
      rest = bracket.rest
      continue
    }
    const escape = rest.startsWith('\\') ? escapes.exec(rest) : null
    if (rest.startsWith('\\') && !escape) return false
    const char = escape?.[0] ?? /^./su.exec(rest)?.[0] ?? ''
    if (!escape && hasCase(char)) return false
    rest = rest.slice(char.length)
  }
  return true
}

/** Of a pattern as LIKE reads it. */
export const likeIgnoresCase = (pattern: string): boolean => !hasCase(pattern)
