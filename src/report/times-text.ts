/** Times of a call in a line, for a terminal. */
import { milliseconds } from '../queries/milliseconds.ts'

export const counted = (n: number, one: string): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : `${one}s`}`

interface Timed {
  readonly median: number
  readonly p95: number
  readonly ratio: number
}

/** `target`: milliseconds that p95 is to stay below; null: none are aimed at. */
export const timesText = ({ median, p95, ratio }: Timed, target: number | null): string => {
  const beyond = target !== null && p95 > target ? ` (aimed at ${milliseconds(target)})` : ''
  return `median ${milliseconds(median)}, p95 ${milliseconds(p95)}${beyond}, ${ratio.toFixed(1)} × calibration`
}

interface OnFilled {
  readonly sentence: string
  readonly filled?: Readonly<Record<string, number>>
  readonly calls: readonly unknown[]
}

/** "stock is counted, on 36,000 rows of inventory, 3 of tenants" */
export const filledText = ({ sentence, filled = {}, calls }: OnFilled): string => {
  const sizes = Object.entries(filled).map(
    ([id, rows], i) => `${i === 0 ? counted(rows, 'row') : rows.toLocaleString('en')} of ${id}`,
  )
  return sizes.length === 0 || calls.length === 0 ? sentence : `${sentence}, on ${sizes.join(', ')}`
}
