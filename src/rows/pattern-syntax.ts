/**
 * PostgreSQL's regular expressions (ARE) as a small tree, good enough to write strings that are likely to match.
 * What it does not know it leaves out: PostgreSQL judges every string that comes of it.
 */

/** As an expression writes it. */
export interface TextPattern {
  readonly syntax: 'regex' | 'like' | 'similar'
  readonly text: string
}

export type PatternNode =
  | { readonly kind: 'char'; readonly accepts: (char: string) => boolean; readonly literal: string | null }
  | { readonly kind: 'sequence'; readonly items: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly item: PatternNode; readonly min: number; readonly max: number }
  | { readonly kind: 'back'; readonly group: number }
  | { readonly kind: 'group'; readonly item: PatternNode; readonly number: number }

export interface ParsedPattern {
  readonly root: PatternNode
  readonly anchoredStart: boolean
  readonly anchoredEnd: boolean
}

type CharTest = (char: string) => boolean

const classes: Readonly<Record<string, CharTest>> = {
  alpha: (c) => /\p{L}/u.test(c),
  digit: (c) => /\d/u.test(c),
  alnum: (c) => /[\p{L}\d]/u.test(c),
  upper: (c) => /\p{Lu}/u.test(c),
  lower: (c) => /\p{Ll}/u.test(c),
  space: (c) => /\s/u.test(c),
  blank: (c) => c === ' ' || c === '\t',
  punct: (c) => /[!-/:-@[-`{-~]/u.test(c),
  xdigit: (c) => /[\da-fA-F]/u.test(c),
  word: (c) => /\w/u.test(c),
  print: (c) => c >= ' ',
  graph: (c) => c > ' ',
  cntrl: (c) => c < ' ',
}
const escapes: Readonly<Record<string, CharTest>> = {
  d: (c) => /\d/u.test(c),
  s: (c) => /\s/u.test(c),
  w: (c) => /\w/u.test(c),
  D: (c) => !/\d/u.test(c),
  S: (c) => !/\s/u.test(c),
  W: (c) => !/\w/u.test(c),
}
const controls: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  f: '\f',
  v: '\v',
  e: '\u001b',
}

const literalChar = (char: string): PatternNode => ({
  kind: 'char',
  accepts: (c) => c === char,
  literal: char,
})
const empty: PatternNode = { kind: 'sequence', items: [] }

/** Reads an ARE. Answers null when its parentheses or brackets do not close. */
export const parsePattern = (source: string): ParsedPattern | null => {
  const flagged = /^\(\?([a-z]+)\)/u.exec(source)
  const text = (flagged ? source.slice(flagged[0].length) : source).replace(/^\*\*\*:/u, '')
  if (text.startsWith('***=') || flagged?.[1]?.includes('q')) {
    const plain = text.replace(/^\*\*\*=/u, '')
    return {
      root: { kind: 'sequence', items: Array.from(plain).map(literalChar) },
      anchoredStart: false,
      anchoredEnd: false,
    }
  }
  const expanded = flagged?.[1]?.includes('x') ? text.replaceAll(/(?<!\\)(?:#[^\n]*|\s)/gu, '') : text
  const chars = Array.from(expanded)
  let at = 0
  let groups = 0
  let anchoredStart = false
  let anchoredEnd = false
  let broken = false
  const peek = (ahead = 0): string => chars[at + ahead] ?? ''
  const rest = (count: number): string => chars.slice(at, at + count).join('')

  const choice = (): PatternNode => {
    const options = [sequence()]
    while (peek() === '|') {
      at++
      options.push(sequence())
    }
    return options.length === 1 ? (options[0] ?? empty) : { kind: 'choice', options }
  }
  const sequence = (): PatternNode => {
    const items: PatternNode[] = []
    while (at < chars.length && peek() !== '|' && peek() !== ')') {
      const item = atom()
      if (item) items.push(quantified(item))
    }
    return items.length === 1 ? (items[0] ?? empty) : { kind: 'sequence', items }
  }
  const quantified = (item: PatternNode): PatternNode => {
    const bounds = /^\{(\d+)(,?)(\d*)\}/u.exec(rest(16))
    let min = 1
    let max = 1
    if (peek() === '*') [min, max] = [0, Infinity]
    else if (peek() === '+') [min, max] = [1, Infinity]
    else if (peek() === '?') [min, max] = [0, 1]
    else if (bounds) {
      min = Number(bounds[1])
      max = bounds[3] ? Number(bounds[3]) : bounds[2] ? Infinity : min
    } else return item
    at += bounds ? bounds[0].length : 1
    if (peek() === '?') at++
    return quantified({ kind: 'repeat', item, min, max })
  }
  const atom = (): PatternNode | null => {
    const c = peek()
    at++
    if (c === '^') {
      anchoredStart = true
      return null
    }
    if (c === '$') {
      anchoredEnd = true
      return null
    }
    if (c === '.') return { kind: 'char', accepts: (x) => x !== '\n', literal: null }
    if (c === '[') return bracket()
    if (c === '(') return group()
    if (c === '\\') return escape()
    return literalChar(c)
  }
  const group = (): PatternNode | null => {
    const look = /^\?(<?[=!])/u.exec(rest(3))
    const captures = peek() !== '?'
    const number = captures ? ++groups : 0
    if (look) at += look[0].length
    else if (peek() === '?' && peek(1) === ':') at += 2
    const inner = choice()
    if (peek() !== ')') broken = true
    at++
    if (look) return null
    return captures ? { kind: 'group', item: inner, number } : inner
  }
  const escape = (): PatternNode | null => {
    const c = peek()
    at++
    const test = escapes[c]
    if (test) return { kind: 'char', accepts: test, literal: null }
    if (/[AmMyYZ]/u.test(c)) {
      if (c === 'A') anchoredStart = true
      if (c === 'Z') anchoredEnd = true
      return null
    }
    if (/[1-9]/u.test(c)) return { kind: 'back', group: Number(c) }
    const code = /^(?:u([\da-fA-F]{4})|x([\da-fA-F]{1,2}))/u.exec(c + rest(4))
    if (code) {
      at += code[0].length - 1
      return literalChar(String.fromCodePoint(Number.parseInt(code[1] ?? code[2] ?? '20', 16)))
    }
    return literalChar(controls[c] ?? c)
  }
  const bracket = (): PatternNode => {
    const negated = peek() === '^'
    if (negated) at++
    const tests: CharTest[] = []
    let first = true
    while (at < chars.length && (first || peek() !== ']')) {
      first = false
      const named = /^\[([:.=])(.+?)\1\]/u.exec(rest(16))
      if (named) {
        at += named[0].length
        tests.push(classes[named[2] ?? ''] ?? ((c) => c === named[2]))
        continue
      }
      let from = peek()
      at++
      if (from === '\\') {
        const test = escapes[peek()]
        from = controls[peek()] ?? peek()
        at++
        if (test) {
          tests.push(test)
          continue
        }
      }
      if (peek() === '-' && peek(1) !== ']' && peek(1) !== '') {
        at++
        let to = peek()
        at++
        if (to === '\\') {
          to = peek()
          at++
        }
        const low = from
        tests.push((c) => c >= low && c <= to)
      } else {
        const one = from
        tests.push((c) => c === one)
      }
    }
    if (peek() !== ']') broken = true
    at++
    return { kind: 'char', accepts: (c) => tests.some((t) => t(c)) !== negated, literal: null }
  }

  const root = choice()
  if (at < chars.length || broken) return null
  return { root, anchoredStart, anchoredEnd }
}
