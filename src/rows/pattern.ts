/**
 * Strings for a PostgreSQL regular expression, LIKE or SIMILAR TO pattern: some that are likely to match, at
 * wanted lengths too, and near misses (one character more, less, other). PostgreSQL judges them all.
 */
import { parsePattern, type ParsedPattern, type PatternNode, type TextPattern } from './pattern-syntax.ts'

const alphabet = Array.from(
  'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_. @/:,;#+*=!?$%&()[]{}<>|~^\'"\\`\n\täßéñ中',
)

interface Span {
  readonly min: number
  readonly max: number
}

/** How often an open-ended repetition is written out at most. */
const most = 10_000

const spanOf = (node: PatternNode): Span => {
  switch (node.kind) {
    case 'char':
      return { min: 1, max: 1 }
    case 'back':
      return { min: 0, max: 0 }
    case 'group':
      return spanOf(node.item)
    case 'sequence': {
      const spans = node.items.map(spanOf)
      return {
        min: spans.reduce((sum, s) => sum + s.min, 0),
        max: spans.reduce((sum, s) => sum + s.max, 0),
      }
    }
    case 'choice': {
      const spans = node.options.map(spanOf)
      return { min: Math.min(...spans.map((s) => s.min)), max: Math.max(...spans.map((s) => s.max)) }
    }
    case 'repeat': {
      const inner = spanOf(node.item)
      return { min: inner.min * Math.min(node.min, most), max: inner.max * Math.min(node.max, most) }
    }
  }
}

/** Which letter comes next: the same all along, or another at each place. */
type Letters = () => number

/** The first of the first place, then one variant. */
const firstThen = (variant: number): Letters => {
  let place = 0
  return () => (place++ === 0 ? 0 : variant)
}

const always =
  (variant: number): Letters =>
  () =>
    variant

/** Letters that differ from place to place, the same ones for the same seed. */
const mixed = (seed: number): Letters => {
  let state = seed + 1
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648
    return state >> 8
  }
}

const pick = (node: Extract<PatternNode, { kind: 'char' }>, letters: Letters): string => {
  if (node.literal !== null) return node.literal
  const variant = letters()
  const fitting = alphabet.filter(node.accepts)
  const plain = fitting.filter((c) => /[a-zA-Z0-9]/u.test(c))
  const from = plain.length > 0 ? plain : fitting
  return from[variant % from.length] ?? ''
}

/** Writes the node with as near as it can `wanted` characters; `letters` chooses among letters and branches. */
const write = (node: PatternNode, wanted: number, letters: Letters, groups: Map<number, string>): string => {
  switch (node.kind) {
    case 'char':
      return pick(node, letters)
    case 'back':
      return groups.get(node.group) ?? ''
    case 'group': {
      const text = write(node.item, wanted, letters, groups)
      groups.set(node.number, text)
      return text
    }
    case 'sequence': {
      const spans = node.items.map(spanOf)
      let spare = Math.max(0, wanted - spans.reduce((sum, s) => sum + s.min, 0))
      return node.items
        .map((item, i) => {
          const { min, max } = spans[i] ?? { min: 0, max: 0 }
          const extra = Math.min(spare, max - min)
          spare -= extra
          return write(item, min + extra, letters, groups)
        })
        .join('')
    }
    case 'choice': {
      const fitting = node.options.filter((o) => spanOf(o).min <= wanted && wanted <= spanOf(o).max)
      const from = fitting.length > 0 ? fitting : node.options
      const option = from[letters() % from.length]
      return option ? write(option, wanted, letters, groups) : ''
    }
    case 'repeat': {
      const inner = spanOf(node.item)
      let spare = wanted
      let text = ''
      for (let count = 0; count < Math.min(node.max, most); count++) {
        if (count >= node.min && (spare < Math.max(1, inner.min) || spare <= 0)) break
        const left = Math.max(0, node.min - count - 1) * inner.min
        const share = Math.max(inner.min, Math.min(inner.max, spare - left))
        const written = write(node.item, share, letters, groups)
        if (written === '' && count >= node.min) break
        text += written
        spare -= written.length
      }
      return text
    }
  }
}

const choicesOf = (node: PatternNode): number => {
  switch (node.kind) {
    case 'choice':
      return Math.max(node.options.length, ...node.options.map(choicesOf))
    case 'sequence':
      return Math.max(1, ...node.items.map(choicesOf))
    case 'group':
    case 'repeat':
      return choicesOf(node.item)
    case 'char':
    case 'back':
      return 1
  }
}

const escapeRegex = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&')

/** LIKE and SIMILAR TO as a regular expression of the whole string. */
const toRegex = ({ syntax, text }: TextPattern): string => {
  if (syntax === 'regex') return text
  let out = ''
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? ''
    if (c === '\\' && i + 1 < text.length) out += escapeRegex(text[++i] ?? '')
    else if (c === '%') out += '.*'
    else if (c === '_') out += '.'
    else out += syntax === 'similar' && /[|*+?{}()[\]^-]/u.test(c) ? c : escapeRegex(c)
  }
  return `^(?:${out})$`
}

const families = 6
/** Strings of mixed letters and digits: one in ten has the right check digit. */
const mixtures = 40

/** Likely matches: one per family first (`aaa-000`, `bbb-111` …), then every branch, longer ones and the wanted lengths. */
export const matchingStrings = (pattern: TextPattern, lengths: readonly number[]): string[] => {
  const parsed: ParsedPattern | null = parsePattern(toRegex(pattern))
  if (!parsed) return []
  const span = spanOf(parsed.root)
  const at = (length: number, variant: number): string =>
    write(parsed.root, length, always(variant), new Map())
  const found: string[] = []
  for (let variant = 0; variant < families; variant++) found.push(at(Math.max(span.min, 1), variant))
  for (let variant = 0; variant < Math.min(choicesOf(parsed.root), 40); variant++)
    found.push(at(span.min, variant))
  for (const extra of [0, 1, 2, 3, 5, 8]) {
    if (span.min + extra <= span.max)
      for (const variant of [0, 1, 2]) found.push(at(span.min + extra, variant))
  }
  const within = [...lengths, ...(span.max < 2000 ? [span.max] : [])].map((length) =>
    Math.min(Math.max(length, span.min), span.max),
  )
  for (const length of within) for (const variant of [0, 1, 2]) found.push(at(length, variant))
  for (let seed = 0; seed < mixtures; seed++) {
    found.push(write(parsed.root, Math.max(span.min, 1), mixed(seed), new Map()))
  }
  for (const position of [26, 52]) found.push(at(span.min, position))
  // A key of a length of its own is wanted as often as one of the least length.
  for (const length of within) {
    for (let variant = 3; variant < families; variant++) found.push(at(length, variant))
    // One that sorts between those of the families is asked for where two pointers are in order.
    for (const variant of [1, 2, 3]) found.push(write(parsed.root, length, firstThen(variant), new Map()))
  }
  if (!parsed.anchoredStart || !parsed.anchoredEnd) {
    const core = at(Math.max(span.min, 1), 0)
    for (const length of lengths) {
      const fill = 'x'.repeat(Math.min(Math.max(0, length - core.length), most))
      if (!parsed.anchoredEnd) found.push(core + fill)
      else found.push(fill + core)
    }
  }
  return [...new Set(found)]
}

/** How much longer than a pattern's start the texts of the others are asked for. */
const lengthsBehind = [1, 2, 3, 4, 5]

/**
 * Texts that match the first pattern, as `'2024-%'`, and read like those of the others, of which `2024-01` has the
 * shape; in capitals and small letters too.
 */
export const textsUnder = (pattern: TextPattern, shapes: readonly TextPattern[]): readonly string[] => {
  const own = matchingStrings(pattern, []).slice(0, families)
  const bare = pattern.syntax === 'regex' ? null : pattern.text.replaceAll(/\\(.)/gu, '$1')
  const starting = pattern.syntax === 'like' ? (/^(?:[^%_\\]|\\.)*/u.exec(pattern.text)?.[0] ?? '') : ''
  const start = starting.replaceAll(/\\(.)/gu, '$1')
  const lengths = lengthsBehind.map((n) => start.length + n)
  const shaped =
    start === ''
      ? []
      : shapes
          .flatMap((shape) => matchingStrings(shape, lengths))
          .filter((text) => text.length > start.length && text.length <= start.length + 12)
          .map((text) => start + text.slice(start.length))
  const found = [...new Set([...shaped.slice(0, mostShaped), ...own])]
  return [...new Set([...found, ...found.slice(0, families).map(swapCase), ...(bare === null ? [] : [bare])])]
}

const mostShaped = 24

/** The first of them, and the first one in the other case: a pattern may look at it or not. */
export const someMatching = (
  pattern: TextPattern,
  lengths: readonly number[],
  most: number,
): readonly string[] => {
  const first = matchingStrings(pattern, lengths).slice(0, most)
  return [...new Set([...first, ...first.slice(0, 1).map(swapCase)])]
}

const swapCase = (text: string): string =>
  Array.from(text, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())).join('')

/** Strings one step away from a matching one: a character less, more or other, at each place. */
export const nearMisses = (text: string): string[] => {
  const chars = Array.from(text)
  const found: string[] = [
    chars.slice(0, -1).join(''),
    chars.slice(1).join(''),
    `${text}x`,
    `x${text}`,
    `${text}!`,
    `!${text}`,
    `${text} `,
    ` ${text}`,
    `${text}\n`,
    `${text}${chars.at(-1) ?? ''}`,
    `${text}0`,
    `0${text}`,
    swapCase(text),
    text.toUpperCase(),
    text.toLowerCase(),
    '',
  ]
  for (let i = 0; i < Math.min(chars.length, 24); i++) {
    const before = chars.slice(0, i).join('')
    const after = chars.slice(i + 1).join('')
    const c = chars[i] ?? ''
    const other = /\d/u.test(c) ? 'x' : '0'
    found.push(before + after, `${before}!${after}`, `${before}${other}${after}`)
    if (swapCase(c) !== c) found.push(`${before}${swapCase(c)}${after}`)
  }
  return [...new Set(found)].filter((t) => t !== text)
}
