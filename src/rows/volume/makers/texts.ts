/** Texts that look like what the column's name says, within its length. */
import { plainWord, slug, textKinds, type TextKind } from './kinds.ts'
import { wordsOf, type Maker, type MakerColumn, type MakerFamily } from './maker.ts'

/** The n of varchar(n) and char(n); Infinity for none. */
const lengthLimit = ({ bareType, modifier }: MakerColumn): number => {
  if (bareType === 'name') return 63
  if (bareType === 'char') return 1
  if (modifier >= 4 && bareType !== 'text') return modifier - 4
  return bareType === 'character' ? 1 : Infinity
}

const endless = 2 ** 40

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const signs = `${letters}0123456789`

/** Where no words fit: number `i` in letters (then digits too, where letters are too few). */
const code = (limit: number, isDistinct: boolean): Maker => {
  const width = Math.min(limit, 8)
  const alphabet = isDistinct && width <= 2 ? signs : letters
  const capacity = alphabet.length ** width
  return {
    capacity,
    variety: Math.min(capacity, width === 1 ? 4 : 200),
    make: (i) => {
      let text = ''
      let rest = i
      for (let place = 0; place < width; place++) {
        text = alphabet[rest % alphabet.length]! + text
        rest = Math.floor(rest / alphabet.length)
      }
      return text
    },
  }
}

const looked = 3_000
/** Fewer say too little. */
const fewest = 5
const shortened = new Map<TextKind, Map<number, Maker | null>>()

/** Those texts of a kind that are short enough. */
const shortOf = (kind: TextKind, limit: number): Maker | null => {
  const known = shortened.get(kind) ?? new Map<number, Maker | null>()
  shortened.set(kind, known)
  const found = known.get(limit)
  if (found !== undefined) return found
  const texts = Array.from({ length: Math.min(looked, kind.variety) }, (_, i) => kind.make(i))
  const short = texts.filter(({ length }) => length <= limit)
  const maker: Maker | null =
    short.length < fewest
      ? null
      : { capacity: short.length, variety: short.length, make: (i) => short[i % short.length]! }
  known.set(limit, maker)
  return maker
}

const last = (table: string): string => wordsOf(table).at(-1)?.replace(/ies$/u, 'y').replace(/s$/u, '') ?? ''

/** A name that says little alone has its table's before it. */
const saidBy = ({ name, table }: MakerColumn): string => {
  const own = wordsOf(name).join('_')
  return own === 'name' || own === 'code' || own === 'title' ? `${last(table)}_${own}` : own
}

const makerOfKind = (kind: TextKind, { name }: MakerColumn): Maker => {
  const { kin, make, variety, capacity = endless } = kind
  if (kin === undefined) return { capacity, variety, make }
  const own = wordsOf(name).join('_')
  const of = own.slice(0, Math.max(0, own.search(kind.says))).replaceAll(/^_|_$/gu, '')
  return { capacity, variety, make, kin: { ...kin, of } }
}

export const texts: MakerFamily = {
  serves: ({ bareType }) => /^(?:text|character varying|character|bpchar|name|citext|char)$/u.test(bareType),
  maker: (column, { isDistinct }) => {
    const limit = lengthLimit(column)
    const said = saidBy(column)
    if (isDistinct) {
      const kind = textKinds.find((one) => one.says.test(said) && one.capacity === undefined)
      if (kind !== undefined && kind.distinctLength <= limit) return makerOfKind(kind, column)
      return limit >= 24 ? { capacity: endless, variety: endless, make: slug } : code(limit, true)
    }
    for (const kind of textKinds.filter((one) => one.says.test(said))) {
      if (kind.length <= limit) return makerOfKind(kind, column)
      const short = shortOf(kind, limit)
      if (short !== null) return short
    }
    if (limit >= 24) return { capacity: endless, variety: 1_000, make: slug }
    return limit >= plainWord.distinctLength
      ? { capacity: endless, variety: plainWord.variety, make: plainWord.make }
      : code(limit, false)
  },
}
