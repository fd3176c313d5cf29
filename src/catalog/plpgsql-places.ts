/**
 * Where a PL/pgSQL body can be broken: its statements, the conditions of its ifs and loops, and the filters (WHERE) of
 * its SQL. Read from PostgreSQL's own words, because its tree of a function tells lines, not places.
 */
import { scanWords, type Word } from '../postgres/scan.ts'

export interface BodyPlace {
  readonly what: 'statement' | 'condition' | 'filter'
  /** In characters of the body. */
  readonly start: number
  readonly end: number
}

const filterEnds = new Set(
  'returning group having window order limit offset fetch for union intersect except on do into loop'.split(
    ' ',
  ),
)

/** The word at which a stretch ends: outside parentheses and CASE … END. */
const findEnd = (words: readonly Word[], from: number, isEnd: (text: string) => boolean): number => {
  let depth = 0
  let cases = 0
  for (let i = from; i < words.length; i++) {
    const { text } = words[i]!
    if (depth === 0 && cases === 0 && isEnd(text)) return i
    if (text === '(' || text === '[') depth++
    else if (text === ')' || text === ']') depth--
    else if (text === 'case') cases++
    else if (text === 'end' && cases > 0) cases--
    if (depth < 0) return i
  }
  return words.length
}

const stretch = (what: BodyPlace['what'], words: readonly Word[], from: number, to: number): BodyPlace[] =>
  from < to ? [{ what, start: words[from]!.start, end: words[to - 1]!.end }] : []

/** Every WHERE between two words, nested ones too. */
const filters = (words: readonly Word[], from: number, to: number): readonly BodyPlace[] => {
  const found: BodyPlace[] = []
  for (let i = from; i < to; i++) {
    if (words[i]!.text !== 'where' || words[i + 1]?.text === 'current') continue
    const end = Math.min(
      to,
      findEnd(words, i + 1, (text) => text === ';' || filterEnds.has(text)),
    )
    found.push(...stretch('filter', words, i + 1, end))
  }
  return found
}

type Frame = 'block' | 'case' | 'other'

/** In the order of the text. */
const places = (words: readonly Word[]): readonly BodyPlace[] => {
  const found: BodyPlace[] = []
  const frames: Frame[] = []
  const until = (from: number, ...ends: readonly string[]): number =>
    findEnd(words, from, (text) => ends.includes(text))
  const condition = (i: number, end: string): number => {
    const to = until(i + 1, end)
    found.push(...stretch('condition', words, i + 1, to), ...filters(words, i + 1, to))
    return to + 1
  }
  let i = 0
  while (i < words.length) {
    const { text } = words[i]!
    switch (text) {
      case ';':
      case 'else':
      case 'exception':
        i++
        break
      case '<<':
        i = until(i, '>>') + 1
        break
      case 'declare':
        i = until(i + 1, 'begin')
        break
      case 'begin':
        frames.push('block')
        i++
        break
      case 'loop':
        frames.push('other')
        i++
        break
      case 'if':
        frames.push('other')
        i = condition(i, 'then')
        break
      case 'elsif':
      case 'elseif':
        i = condition(i, 'then')
        break
      case 'while':
        i = condition(i, 'loop') - 1
        break
      case 'for':
      case 'foreach': {
        const to = until(i, 'loop')
        found.push(...filters(words, i, to))
        i = to
        break
      }
      case 'case': {
        const isSearched = words[i + 1]?.text === 'when'
        frames.push(isSearched ? 'case' : 'other')
        i = isSearched ? i + 1 : until(i + 1, 'when')
        break
      }
      case 'when':
        i = frames.at(-1) === 'case' ? condition(i, 'then') : until(i, 'then') + 1
        break
      case 'end':
        frames.pop()
        while (i < words.length && words[i]!.text !== ';') i++
        break
      default: {
        const to = until(i, ';')
        // Nothing may follow but the end of the whole: PostgreSQL refuses to end without a value.
        const isLastReturn = text === 'return' && frames.length === 1 && words[to + 1]?.text === 'end'
        if (text !== 'null' && !isLastReturn) found.push(...stretch('statement', words, i, to))
        found.push(...filters(words, i, to))
        i = to
      }
    }
  }
  return found
}

/** [] for a text that PostgreSQL's scanner does not take. */
export const plpgsqlPlaces = (body: string): readonly BodyPlace[] => {
  try {
    return places(scanWords(body))
  } catch {
    return []
  }
}
