/** A constant moved by the smallest step that its text has: 1 for whole numbers, 0.01 for 9.99, a day for a date. */
import { operatorName } from './conditions.ts'
import type { ExpressionOperator } from './operator.ts'
import { castType, fieldsOf, type ParseNode, type Place } from './tree.ts'
import type { MutantEffect } from '../structure.ts'

type Step = 1 | -1

const numberMoved = (text: string, step: Step): string | null => {
  const match = /^(-?)(\d*)(?:\.(\d+))?$/u.exec(text)
  if (!match || text === '') return null
  const [, sign = '', whole = '', fraction = ''] = match
  const moved = BigInt(`${sign}${whole}${fraction}`) + BigInt(step)
  if (fraction === '') return moved.toString()
  const digits = (moved < 0n ? -moved : moved).toString().padStart(fraction.length + 1, '0')
  const point = digits.length - fraction.length
  return `${moved < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

const isoDate = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d))?(.*)$/u

/** A date by a day, a timestamp by a second; `infinity` and years before Christ stay. */
const timeMoved = (text: string, step: Step): string | null => {
  const match = isoDate.exec(text)
  if (!match) return null
  const [, year, month, day, hour, minute, second, rest = ''] = match
  if (rest.includes('BC')) return null
  const hasTime = hour !== undefined
  const parts = [hour ?? 0, minute ?? 0, second ?? 0].map(Number) as [number, number, number]
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day), ...parts)
  const moved = new Date(at + step * (hasTime ? 1000 : 86_400_000)).toISOString()
  return hasTime ? `${moved.slice(0, 10)} ${moved.slice(11, 19)}${rest}` : `${moved.slice(0, 10)}${rest}`
}

/** The first number of `18 years`, `01:30:00`. */
const intervalMoved = (text: string, step: Step): string | null => {
  const number = /-?\d+/u.exec(text)
  if (!number) return null
  const moved = Number(number[0]) + step
  const width = number[0].replace('-', '').length
  const digits = `${moved < 0 ? '-' : ''}${Math.abs(moved).toString().padStart(width, '0')}`
  return text.slice(0, number.index) + digits + text.slice(number.index + number[0].length)
}

type Move = (text: string, step: Step) => string | null

const movesByType: Readonly<Record<string, Move>> = {
  int2: numberMoved,
  int4: numberMoved,
  int8: numberMoved,
  numeric: numberMoved,
  float4: numberMoved,
  float8: numberMoved,
  date: timeMoved,
  timestamp: timeMoved,
  timestamptz: timeMoved,
  interval: intervalMoved,
}

const numberOf = (constant: Record<string, unknown>): string | null => {
  const whole = constant['ival'] as { readonly ival?: number } | undefined
  if (whole) return String(whole.ival ?? 0)
  const fraction = constant['fval'] as { readonly fval?: string } | undefined
  return fraction?.fval ?? null
}

const numberNode = (text: string): ParseNode => {
  const value = Number(text)
  const isWhole = /^-?\d+$/u.test(text) && Math.abs(value) < 2 ** 31
  return { A_Const: isWhole ? { ival: value === 0 ? {} : { ival: value } } : { fval: { fval: text } } }
}

const textNode = (text: string): ParseNode => ({ A_Const: { sval: { sval: text } } })

/** The constant's text and the node for another text; null when the node is no constant that can be moved. */
const movable = (node: ParseNode) => {
  const constant = fieldsOf(node, 'A_Const')
  if (constant) {
    const text = numberOf(constant)
    return text === null ? null : { text, move: numberMoved, toNode: numberNode }
  }
  const cast = fieldsOf(node, 'TypeCast')
  const inner = fieldsOf(cast?.['arg'], 'A_Const')
  if (!cast || !inner) return null
  const move = movesByType[String(castType(cast))]
  const text = numberOf(inner) ?? (inner['sval'] as { readonly sval?: string } | undefined)?.sval ?? null
  if (text === null || move === undefined) return null
  // `-1::numeric` would be read as -(1::numeric).
  const toNode = (moved: string): ParseNode => ({
    TypeCast: { ...cast, arg: inner['sval'] || moved.startsWith('-') ? textNode(moved) : numberNode(moved) },
  })
  return { text, move, toNode }
}

/** `price >= 1` lets less through than `price >= 0`. */
const effectOf = ({ node, condition }: Place, step: Step): MutantEffect => {
  const comparison = fieldsOf(condition, 'A_Expr')
  if (comparison?.['kind'] !== 'AEXPR_OP') return 'changed'
  const name = operatorName(comparison)
  const isBound = comparison['rexpr'] === node || comparison['lexpr'] === node
  if (!isBound || !['<', '<=', '>', '>='].includes(name)) return 'changed'
  const isUpper = name.startsWith('<') === (comparison['rexpr'] === node)
  return isUpper === step > 0 ? 'weakened' : 'strengthened'
}

export const constantOperators: readonly ExpressionOperator[] = [
  {
    operator: 'constant-moved',
    tellsOf: 'condition',
    at: (place) => {
      const constant = movable(place.node)
      if (!constant) return []
      return ([1, -1] as const).flatMap((step) => {
        const moved = constant.move(constant.text, step)
        if (moved === null) return []
        return [{ detail: moved, node: constant.toNode(moved), effect: effectOf(place, step) }]
      })
    },
  },
]
