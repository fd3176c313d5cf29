/** Columns that the conditions of a trigger compare with those of the row that is written: `t.owner_id = new.owner_id`. */
import type { Table } from '../../catalog/table.ts'
import { bare, wordsOf } from './source-words.ts'

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>='

export interface ComparedColumns {
  /** Of the row that stands. */
  readonly theirs: string
  /** Of the row that is written. */
  readonly own: string
  readonly is: Comparison
}

const comparisons: ReadonlyMap<string, Comparison> = new Map([
  ['=', '='],
  ['<>', '<>'],
  ['!=', '<>'],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
])

const turned: Readonly<Record<Comparison, Comparison>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}

interface Operand {
  readonly isWritten: boolean
  readonly column: string
}

const isName = (word: string | undefined): word is string => /^(?:"|[\p{L}_])/u.test(word ?? '')

/** The name that begins here, behind the row that it is a column of: `new.x`, `t.x`, `x`, `coalesce(new.x, old.x)`. */
const operandAt = (words: readonly string[], from: number): Operand | null => {
  const at = words[from] === 'coalesce' && words[from + 1] === '(' ? from + 2 : from
  const [first, dot, second] = words.slice(at, at + 3)
  if (!isName(first)) return null
  if (dot !== '.') return { isWritten: false, column: bare(first) }
  return isName(second) ? { isWritten: /^"?(?:new|old)"?$/u.test(first), column: bare(second) } : null
}

/** Where an operand that ends here begins. */
const startOf = (words: readonly string[], end: number): number => {
  if (words[end] !== ')') return words[end - 1] === '.' ? end - 2 : end
  let depth = 0
  for (let at = end; at > 0; at--) {
    if (words[at] === ')') depth++
    if (words[at] === '(' && --depth === 0) return at - 1
  }
  return end
}

/** Which comparison stands here and how many words it has. */
const comparisonAt = (
  words: readonly string[],
  at: number,
): { readonly is: Comparison; readonly length: number } | null => {
  const is = comparisons.get(words[at]!)
  if (is !== undefined) return { is, length: 1 }
  const said = words.slice(at, at + 4).join(' ')
  if (said === 'is not distinct from') return { is: '=', length: 4 }
  return said.startsWith('is distinct from') ? { is: '<>', length: 3 } : null
}

/** Between rows of `other` and a row of `table` that is written; each once, in the order of the texts. */
export const comparedColumns = (
  texts: readonly string[],
  other: Table,
  table: Table,
): readonly ComparedColumns[] => {
  const found = new Map<string, ComparedColumns>()
  for (const text of texts) {
    const words = wordsOf(text).map((word) => word.text)
    for (const at of words.keys()) {
      const asked = comparisonAt(words, at)
      if (!asked || at === 0) continue
      const left = operandAt(words, startOf(words, at - 1))
      const right = operandAt(words, at + asked.length)
      if (!left || !right || left.isWritten === right.isWritten) continue
      const [theirs, own] = left.isWritten ? [right.column, left.column] : [left.column, right.column]
      const isKnown =
        other.columns.some((c) => c.name === theirs) &&
        table.columns.some((c) => c.name === own && c.generated === null)
      const is = left.isWritten ? turned[asked.is] : asked.is
      if (isKnown) found.set(JSON.stringify([theirs, own, is]), { theirs, own, is })
    }
  }
  return [...found.values()]
}
