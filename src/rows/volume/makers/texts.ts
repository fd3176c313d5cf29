/** Texts that look like what the column's name says, within its length. */
import { wordsOf, type Maker, type MakerColumn, type MakerFamily } from './maker.ts'
import {
  adjectives,
  cities,
  colours,
  companies,
  countries,
  countryCodes,
  currencies,
  firstNames,
  languages,
  lastNames,
  nouns,
  streets,
  timeZones,
  verbs,
} from './words.ts'

/** The n of varchar(n) and char(n); Infinity for none. */
const lengthLimit = ({ bareType, modifier }: MakerColumn): number => {
  if (bareType === 'name') return 63
  if (bareType === 'char') return 1
  if (modifier >= 4 && bareType !== 'text') return modifier - 4
  return bareType === 'character' ? 1 : Infinity
}

const at = (list: readonly string[], i: number): string => list[i % list.length]!
const over = (list: readonly string[], i: number): number => Math.floor(i / list.length)

/** Something of a list, with a number once the list is used up. */
const numbered =
  (list: readonly string[], join = ' '): ((i: number) => string) =>
  (i) => {
    const round = over(list, i)
    return round === 0 ? at(list, i) : `${at(list, i)}${join}${round + 1}`
  }

/** First word, second word, then a number where both lists are used up. */
const pairs =
  (first: readonly string[], second: readonly string[], join: string): ((i: number) => string) =>
  (i) => {
    const left = over(first, i)
    const round = over(second, left)
    const text = `${at(first, i)}${join}${at(second, left)}`
    return round === 0 ? text : `${text}${join}${round + 1}`
  }

const person = pairs(firstNames, lastNames, ' ')
const handle = (i: number): string => pairs(firstNames, lastNames, '.')(i).toLowerCase()
const thing = pairs(adjectives, nouns, ' ')
const slug = pairs(adjectives, nouns, '-')

const sentence = (i: number): string => {
  const a = over(adjectives, i)
  const n = over(nouns, a)
  const v = over(verbs, n)
  const text = `The ${at(adjectives, i)} ${at(nouns, a)} ${at(verbs, n)} the ${at(nouns, v + n)}`
  return `${text}, ${at(adjectives, v + i)} and ${at(adjectives, a + 7)}${v >= nouns.length ? ` (${v})` : ''}.`
}

const digits = (i: number, length: number): string => String(i).padStart(length, '0')

interface Kind {
  readonly says: RegExp
  readonly make: (i: number) => string
  readonly variety: number
  /** Longest text up to some millions of numbers. */
  readonly length: number
  readonly capacity?: number
}

const many = 1_000_000
const endless = 2 ** 40

/** By the column's words joined with `_`, the table's last word before them where the name alone says too little. */
const kinds: readonly Kind[] = [
  { says: /e_?mail/u, make: (i) => `${handle(i)}@example.com`, variety: many, length: 38 },
  {
    says: /(?:^|_)(?:phone|fax|mobile|tel|telephone)(?:_|$)/u,
    make: (i) => `+1555${digits(i, 7)}`,
    variety: many,
    length: 14,
  },
  {
    says: /(?:^|_)(?:url|uri|website|homepage|link|href|avatar|image|picture|photo)(?:_|$)/u,
    make: (i) => `https://example.com/${slug(i)}`,
    variety: many,
    length: 44,
  },
  {
    says: /(?:^|_)(?:host|hostname|domain)(?:_|$)/u,
    make: (i) => `${slug(i)}.example.com`,
    variety: 10_000,
    length: 36,
  },
  {
    says: /(?:^|_)ip(?:_|$)/u,
    make: (i) => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`,
    variety: many,
    length: 15,
    capacity: 2 ** 24,
  },
  { says: /(?:^|_)(?:slug|path|handle|subdomain|permalink)(?:_|$)/u, make: slug, variety: many, length: 24 },
  {
    says: /(?:^|_)(?:sku|ean|upc|isbn|barcode|serial)(?:_|$)/u,
    make: (i) => `SKU-${digits(i, 6)}`,
    variety: many,
    length: 12,
  },
  {
    says: /(?:^|_)(?:hash|token|digest|checksum|fingerprint|signature|secret|password|salt)(?:_|$)/u,
    make: (i) => `${digits(i, 12)}${((Math.imul(i + 1, 0x9e3779b1) >>> 0) + 0x1_0000_0000).toString(16)}`,
    variety: endless,
    length: 22,
  },
  {
    says: /(?:^|_)(?:currency)/u,
    make: numbered(currencies, ''),
    variety: currencies.length,
    length: 3,
    capacity: currencies.length,
  },
  {
    says: /(?:^|_)(?:country_code|iso|nationality)(?:_|$)/u,
    make: numbered(countryCodes, ''),
    variety: countryCodes.length,
    length: 2,
    capacity: countryCodes.length,
  },
  { says: /(?:^|_)(?:country)(?:_|$)/u, make: numbered(countries), variety: countries.length, length: 18 },
  {
    says: /(?:^|_)(?:city|town|municipality)(?:_|$)/u,
    make: numbered(cities),
    variety: cities.length,
    length: 20,
  },
  {
    says: /(?:^|_)(?:region|state|province|district|county|territory|area)(?:_|$)/u,
    make: numbered(cities),
    variety: 24,
    length: 20,
  },
  {
    says: /(?:^|_)(?:language|locale|lang)(?:_|$)/u,
    make: numbered(languages, ''),
    variety: languages.length,
    length: 2,
    capacity: languages.length,
  },
  {
    says: /(?:^|_)(?:time_?zone|tz)(?:_|$)/u,
    make: numbered(timeZones),
    variety: timeZones.length,
    length: 20,
    capacity: timeZones.length,
  },
  {
    says: /(?:^|_)(?:zip|zipcode|postal|postcode|plz)(?:_|$)/u,
    make: (i) => digits(i, 5),
    variety: 10_000,
    length: 7,
  },
  {
    says: /(?:^|_)(?:address|street)/u,
    make: (i) => `${1 + (i % 199)} ${at(streets, over(streets, i) + i)} Street${i < 199 ? '' : `, ${i}`}`,
    variety: 2_000,
    length: 32,
  },
  { says: /(?:^|_)(?:colou?r)(?:_|$)/u, make: numbered(colours), variety: colours.length, length: 10 },
  {
    says: /(?:^|_)(?:first_?name|given_?name|forename)(?:_|$)/u,
    make: numbered(firstNames),
    variety: firstNames.length,
    length: 14,
  },
  {
    says: /(?:^|_)(?:last_?name|family_?name|surname)(?:_|$)/u,
    make: numbered(lastNames),
    variety: lastNames.length,
    length: 16,
  },
  {
    says: /(?:^|_)(?:user_?name|login|nick|nickname|screen_?name)(?:_|$)/u,
    make: handle,
    variety: many,
    length: 26,
  },
  {
    says: /(?:company|organi[sz]ation|supplier|vendor|tenant|brand|manufacturer)\w*_name$|^company$/u,
    make: pairs(lastNames, companies, ' '),
    variety: 10_000,
    length: 26,
  },
  {
    says: /(?:user|person|people|customer|employee|contact|member|author|actor|owner|staff|player|student)\w*_name$|full_?name|^contact$/u,
    make: person,
    variety: many,
    length: 26,
  },
  {
    says: /(?:^|_)(?:description|body|content|comment|comments|note|notes|message|bio|summary|text|remarks|details|reason|review)(?:_|$)/u,
    make: sentence,
    variety: many,
    length: 110,
  },
  {
    says: /(?:^|_)(?:title|subject|headline|name|label|caption|display)(?:_|$)/u,
    make: thing,
    variety: 20_000,
    length: 26,
  },
  {
    says: /(?:^|_)(?:status|kind|type|category|role|mode|class|group|level|tag|source|channel)(?:_|$)/u,
    make: numbered(nouns),
    variety: 8,
    length: 14,
  },
  {
    says: /(?:^|_)(?:code|number|no|ref|reference|key|identifier|id)$/u,
    make: (i) => digits(i, 8),
    variety: many,
    length: 12,
  },
]

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const signs = `${letters}0123456789`

/** Where no words fit: number `i` in letters (then digits too, where letters are too few). */
const code = (limit: number): Maker => {
  const width = Math.min(limit, 8)
  const alphabet = width <= 2 ? signs : letters
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

const last = (table: string): string => wordsOf(table).at(-1)?.replace(/ies$/u, 'y').replace(/s$/u, '') ?? ''

export const texts: MakerFamily = {
  serves: ({ bareType }) => /^(?:text|character varying|character|bpchar|name|citext|char)$/u.test(bareType),
  maker: (column, { isDistinct }) => {
    const limit = lengthLimit(column)
    const own = wordsOf(column.name).join('_')
    const said = own === 'name' || own === 'code' ? `${last(column.table)}_${own}` : own
    const kind = kinds.find((one) => one.says.test(said) && (!isDistinct || one.capacity === undefined))
    if (kind !== undefined && kind.length <= limit)
      return { capacity: kind.capacity ?? endless, variety: kind.variety, make: kind.make }
    if (limit >= 24) return { capacity: endless, variety: isDistinct ? endless : 1_000, make: slug }
    if (limit >= 14 && !isDistinct) return { capacity: endless, variety: nouns.length, make: numbered(nouns) }
    return code(limit)
  },
}
