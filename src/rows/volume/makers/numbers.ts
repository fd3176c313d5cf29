/** Whole numbers, decimals, floats and money: as large as the column's name lets expect. */
import { wordsOf, type MakerColumn, type MakerFamily } from './maker.ts'

const greatest: Readonly<Record<string, number>> = {
  smallint: 32_767,
  integer: 2_147_483_647,
  bigint: Number.MAX_SAFE_INTEGER,
  oid: 4_294_967_295,
}

/** From and how many, by the last word of a name that says so. */
const ranges: readonly (readonly [RegExp, number, number])[] = [
  [/^(?:year|jahr)$/u, 1990, 35],
  [/^month$/u, 1, 12],
  [/^(?:day|weekday)$/u, 1, 7],
  [/^hour$/u, 0, 24],
  [/^(?:age)$/u, 18, 70],
  [/^(?:rating|stars|score|priority|level|grade)$/u, 1, 5],
  [/^(?:percent|percentage|progress)$/u, 0, 101],
  [/^(?:quantity|qty|count|copies|seats|rooms|stock|attempts)$/u, 1, 50],
  [/^(?:position|rank|order|sort|line|index|sequence|ordinal)$/u, 1, 100],
  [/^(?:port)$/u, 1024, 60_000],
  [/^(?:duration|length|minutes|hours|days|width|height|depth|weight)$/u, 1, 240],
  [/^(?:size|bytes|milliseconds|ms)$/u, 1, 1_000_000],
  [/^(?:cents|amount|price|total|cost|salary|balance)$/u, 100, 100_000],
]

/** `is_active`, `deleted`, `discontinued`: 0 or 1. */
const flag = { from: 0, variety: 2 }
const isQuestion = /^(?:is|has|can|may|should|was|allow|allows)$/u
const isAnswer =
  /^(?:flag|active|inactive|enabled|disabled|deleted|visible|hidden|verified|archived|published|discontinued|locked|paid)$/u

const usual = (column: MakerColumn): { readonly from: number; readonly variety: number } => {
  const words = wordsOf(column.name)
  const found = ranges.find(([pattern]) => words.some((word) => pattern.test(word)))
  if (words.length > 1 && isQuestion.test(words[0]!)) return flag
  if (found) return { from: found[1], variety: found[2] }
  return isAnswer.test(words.at(-1) ?? '') ? flag : { from: 1, variety: 1_000 }
}

export const integers: MakerFamily = {
  serves: ({ bareType }) => bareType in greatest,
  maker: (column, { isDistinct }) => {
    const most = greatest[column.bareType] ?? 0
    const { from, variety } = isDistinct ? { from: 1, variety: most } : usual(column)
    return { capacity: most - from + 1, variety: Math.min(variety, most), make: (i) => String(from + i) }
  },
}

/** Precision and scale of numeric(p, s); null where it says nothing. */
const packed = (modifier: number): { readonly precision: number; readonly scale: number } | null => {
  if (modifier < 4) return null
  const bits = modifier - 4
  return { precision: (bits >> 16) & 0xffff, scale: ((bits & 0x7ff) ^ 1024) - 1024 }
}

const places = (i: number, scale: number): string => {
  if (scale <= 0) return scale === 0 ? String(i) : `${i}${'0'.repeat(-scale)}`
  const unit = 10 ** scale
  const whole = Math.floor(i / unit)
  return `${whole}.${String(i - whole * unit).padStart(scale, '0')}`
}

const isShare = /(?:percent|rate|ratio|share|discount|tax|latitude|longitude|^lat$|^lng$|^lon$)/u

export const decimals: MakerFamily = {
  serves: ({ bareType }) => /^(?:numeric|real|double precision|money)$/u.test(bareType),
  maker: (column, { isDistinct }) => {
    const limit = column.bareType === 'numeric' ? packed(column.modifier) : null
    const scale = limit?.scale ?? 2
    const digits = limit === null ? (column.bareType === 'real' ? 6 : 15) : Math.min(limit.precision, 15)
    // A real keeps six digits: beyond them two numbers would be one.
    const capacity = 10 ** digits
    const isSmall = wordsOf(column.name).some((word) => isShare.test(word))
    const usualMost = isSmall ? 10 ** Math.max(0, scale) : 500 * 10 ** Math.max(0, scale)
    return {
      capacity,
      variety: isDistinct ? capacity : Math.min(capacity, Math.max(2, usualMost)),
      isBell: !isSmall,
      make: (i) => places(i, scale),
    }
  },
}
