/**
 * Where a PL/pgSQL body can be broken: its statements, the conditions of its ifs and loops, and the filters (WHERE) and
 * join conditions (ON) of its SQL. Read from PostgreSQL's own words, because its tree of a function tells lines, not places.
 */
import { scanWords, type Word } from '../../postgres/scan.ts'

export interface BodyPlace {
  readonly what: 'statement' | 'condition' | 'filter' | 'join'
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
const findEnd = (
  words: readonly Word[],
  from: number,
  isEnd: (text: string, at: number) => boolean,
): number => {
  let depth = 0
  let cases = 0
  for (let i = from; i < words.length; i++) {
    const { text } = words[i]!
    if (depth === 0 && cases === 0 && isEnd(text, i)) return i
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

const joinEnds = new Set([...filterEnds, ...', where join inner cross natural when set'.split(' ')])

/** `left` and `right` are functions, too. */
const isOuterJoin = (words: readonly Word[], at: number): boolean =>
  /^(?:left|right|full)$/u.test(words[at]!.text) && /^(?:join|outer)$/u.test(words[at + 1]?.text ?? '')

/** `cross join`, `natural join`, `natural left outer join`. */
const hasNoCondition = (words: readonly Word[], join: number): boolean => {
  let at = join - 1
  while (/^(?:left|right|full|inner|outer)$/u.test(words[at]?.text ?? '')) at--
  return words[join - 1]?.text === 'cross' || words[at]?.text === 'natural'
}

/**
 * Words that are the ON of a join or of a MERGE: others stand in DISTINCT ON, ON CONFLICT and DDL. Left out are joins with
 * PostgreSQL's own catalogs: what stands in them is PostgreSQL's doing, and no row that could be laid tells them apart.
 */
const joinConditions = (words: readonly Word[], from: number, to: number): ReadonlySet<number> => {
  const found = new Set<number>()
  /** What waits for its ON, by depth of parentheses. */
  const waiting: ('join' | 'merge' | 'catalog')[][] = [[]]
  for (let i = from; i < to; i++) {
    const { text } = words[i]!
    const here = waiting.at(-1)!
    const after = words[i + 1]?.text
    if (text === '(') waiting.push([])
    else if (text === ')' && waiting.length > 1) waiting.pop()
    else if (text === 'join' && !hasNoCondition(words, i))
      here.push(after?.startsWith('pg_') ? 'catalog' : 'join')
    else if (text === 'merge' && after === 'into') here.push('merge')
    else if (text === 'using' && after === '(' && here.at(-1) !== 'merge') here.pop()
    else if (text === 'on' && after !== 'conflict') {
      const joined = here.pop()
      if (joined === 'join' || joined === 'merge') found.add(i)
    }
  }
  return found
}

/** Every WHERE and every ON of a join between two words, nested ones too. */
const filters = (words: readonly Word[], from: number, to: number): readonly BodyPlace[] => {
  const found: BodyPlace[] = []
  const joins = joinConditions(words, from, to)
  for (let i = from; i < to; i++) {
    const isJoin = joins.has(i)
    if (!isJoin && (words[i]!.text !== 'where' || words[i + 1]?.text === 'current')) continue
    const ends = isJoin ? joinEnds : filterEnds
    const end = Math.min(
      to,
      findEnd(
        words,
        i + 1,
        (text, at) => text === ';' || ends.has(text) || (isJoin && isOuterJoin(words, at)),
      ),
    )
    found.push(...stretch(isJoin ? 'join' : 'filter', words, i + 1, end))
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
