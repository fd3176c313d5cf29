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
  /** Of the row that is written; null: of the one that stands. */
  readonly row: 'new' | 'old' | null
  readonly column: string
}

const isName = (word: string | undefined): word is string => /^(?:"|[\p{L}_])/u.test(word ?? '')

/** The name that begins here, behind the row that it is a column of: `new.x`, `t.x`, `x`, `coalesce(new.x, old.x)`. */
const operandAt = (words: readonly string[], from: number): Operand | null => {
  const at = words[from] === 'coalesce' && words[from + 1] === '(' ? from + 2 : from
  const [first, dot, second] = words.slice(at, at + 3)
  if (!isName(first)) return null
  if (dot !== '.') return { row: null, column: bare(first) }
  const row = bare(first)
  return isName(second) ? { row: row === 'new' || row === 'old' ? row : null, column: bare(second) } : null
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

interface OfRow extends ComparedColumns {
  readonly of: 'new' | 'old'
}

const comparisonsOf = (texts: readonly string[], other: Table, table: Table): readonly OfRow[] =>
  texts.flatMap((text) => {
    const words = wordsOf(text).map((word) => word.text)
    return Array.from(words, (_, at) => at).flatMap((at): readonly OfRow[] => {
      const asked = comparisonAt(words, at)
      if (!asked || at === 0) return []
      const left = operandAt(words, startOf(words, at - 1))
      const right = operandAt(words, at + asked.length)
      if (!left || !right || (left.row === null) === (right.row === null)) return []
      const [stands, written] = left.row === null ? [left, right] : [right, left]
      const isKnown =
        other.columns.some((c) => c.name === stands.column) &&
        table.columns.some((c) => c.name === written.column && c.generated === null)
      const is = left.row === null ? asked.is : turned[asked.is]
      return isKnown ? [{ theirs: stands.column, own: written.column, is, of: written.row! }] : []
    })
  })

/** Between rows of `other` and a row of `table` that is written; each once, in the order of the texts. */
export const comparedColumns = (
  texts: readonly string[],
  other: Table,
  table: Table,
): readonly ComparedColumns[] => {
  const all = comparisonsOf(texts, other, table).map(({ theirs, own, is }) => ({ theirs, own, is }))
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()]
}

export interface MovedColumn {
  readonly own: string
  /** What a row of the other table has to be equal to the value before the change in, and to the one after it. */
  readonly from: string
  readonly to: string
}

/** Of a table of moves that are allowed: `from_state = old.state and to_state = new.state`. */
export const movedColumns = (
  texts: readonly string[],
  other: Table,
  table: Table,
): readonly MovedColumn[] => {
  const equal = comparisonsOf(texts, other, table).filter(({ is }) => is === '=')
  const found = equal.flatMap((before) =>
    equal.flatMap((after) =>
      before.of === 'old' && after.of === 'new' && before.own === after.own && before.theirs !== after.theirs
        ? [{ own: before.own, from: before.theirs, to: after.theirs }]
        : [],
    ),
  )
  return [...new Map(found.map((one) => [one.own, one])).values()]
}
