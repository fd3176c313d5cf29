/** Two statements word by word: what stays, what goes, what comes. */
import { sqlWords } from './sql-words.ts'

export interface DiffPart {
  readonly change: 'same' | 'gone' | 'new'
  readonly text: string
}

/** More comparisons than this and only the common ends are looked for. */
const most = 400_000

const joined = (parts: readonly DiffPart[]): readonly DiffPart[] => {
  const runs: DiffPart[] = []
  for (const part of parts) {
    const last = runs.at(-1)
    if (part.text === '') continue
    if (last?.change === part.change) runs[runs.length - 1] = { ...last, text: last.text + part.text }
    else runs.push(part)
  }
  return runs
}

const same = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  (a === b || (!a.startsWith("'") && a.toLowerCase() === b.toLowerCase()))

/** Lengths of the longest common subsequence from each pair of positions on. */
const lengthsOf = (a: readonly string[], b: readonly string[]): Uint16Array[] => {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      rows[i]![j] = same(a[i], b[j]) ? rows[i + 1]![j + 1]! + 1 : Math.max(rows[i + 1]![j]!, rows[i]![j + 1]!)
  return rows
}

const middle = (a: readonly string[], b: readonly string[]): readonly DiffPart[] => {
  if (a.length * b.length > most)
    return [
      { change: 'gone', text: a.join('') },
      { change: 'new', text: b.join('') },
    ]
  const lengths = lengthsOf(a, b)
  const parts: DiffPart[] = []
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    if (same(a[i], b[j])) {
      parts.push({ change: 'same', text: b[j++]! })
      i++
    } else if (lengths[i + 1]![j]! >= lengths[i]![j + 1]!) parts.push({ change: 'gone', text: a[i++]! })
    else parts.push({ change: 'new', text: b[j++]! })
  }
  return [
    ...parts,
    { change: 'gone', text: a.slice(i).join('') },
    { change: 'new', text: b.slice(j).join('') },
  ]
}

export const wordDiff = (before: string, after: string): readonly DiffPart[] => {
  const a = sqlWords(before).map(({ text }) => text)
  const b = sqlWords(after).map(({ text }) => text)
  let start = 0
  while (start < a.length && start < b.length && same(a[start], b[start])) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && same(a.at(-1 - end), b.at(-1 - end))) end++
  return joined([
    { change: 'same', text: b.slice(0, start).join('') },
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    { change: 'same', text: b.slice(b.length - end).join('') },
  ])
}
