/** What the names of text columns say of their values. */
import type { Kin } from './kin.ts'
import { personCount, personHandle, personName } from './people.ts'
import { placeLists, type PlacePart } from './places.ts'
import * as words from './words.ts'

export interface TextKind {
  readonly says: RegExp
  readonly make: (i: number) => string
  readonly variety: number
  /** Longest text below the variety. */
  readonly length: number
  /** Longest text up to some millions of numbers. */
  readonly distinctLength: number
  /** Where numbers above it have no text. */
  readonly capacity?: number
  readonly kin?: Kin
}

const many = 1_000_000

const at = (list: readonly string[], i: number): string => list[i % list.length]!
const over = (list: readonly string[], i: number): number => Math.floor(i / list.length)
const digits = (i: number, length: number): string => String(i).padStart(length, '0')
const longest = (list: readonly string[]): number => Math.max(...list.map(({ length }) => length))

const { adjectives, nouns, streets, verbs } = words
const pairCount = adjectives.length * nouns.length

/** Adjective and noun; neighbours have other nouns, too. */
const pairOf = (i: number): readonly [adjective: string, noun: number] => [
  at(adjectives, i),
  (over(adjectives, i) + 5 * (i % adjectives.length)) % nouns.length,
]

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

/** `Calm Bottle`, then `Calm Bottle River`, then with a number. */
const title = (i: number): string => {
  const [adjective, noun] = pairOf(i)
  const round = Math.floor(i / pairCount)
  const third = round % nouns.length
  const more = Math.floor(round / nouns.length)
  const name = `${capital(adjective)} ${capital(nouns[noun]!)}`
  const whole = third === 0 ? name : `${name} ${capital(at(nouns, noun + third))}`
  return more === 0 ? whole : `${whole} ${more + 1}`
}

export const slug = (i: number): string => {
  const [adjective, noun] = pairOf(i)
  const round = Math.floor(i / pairCount)
  return `${adjective}-${nouns[noun]}${round === 0 ? '' : `-${round + 1}`}`
}

const sentence = (i: number): string => {
  const r = i % adjectives.length
  const a = over(adjectives, i)
  const n = over(nouns, a)
  const v = over(verbs, n)
  const text = `The ${adjectives[r]} ${at(nouns, a + 5 * r)} ${at(verbs, n + r)} the ${at(nouns, v + n + 11 * r)}`
  return `${text}, ${at(adjectives, v + 3 * r + 1)} and ${at(adjectives, a + 7)}${v >= nouns.length ? ` (${v})` : ''}.`
}

const houses = 199
const address = (i: number): string => {
  const round = Math.floor(i / (houses * streets.length))
  const street = at(streets, Math.floor(i / houses) + (i % houses))
  return `${1 + (i % houses)} ${street} Street${round === 0 ? '' : `, Apt. ${round}`}`
}

const company = (i: number): string => {
  const { companies, lastNames } = words
  const round = Math.floor(i / (lastNames.length * companies.length))
  const name = `${at(lastNames, i)} ${at(companies, over(lastNames, i) + (i % lastNames.length))}`
  return round === 0 ? name : `${name} ${round + 1}`
}

/** One of a list, with a number once the list is used up. */
const listed = (
  says: RegExp,
  list: readonly string[],
  more: { readonly join?: string; readonly isClosed?: boolean; readonly kin?: Kin } = {},
): TextKind => {
  const { join = ' ', isClosed = false, kin } = more
  const length = longest(list)
  return {
    says,
    make: (i) => {
      const round = over(list, i)
      return round === 0 ? at(list, i) : `${at(list, i)}${join}${round + 1}`
    },
    variety: list.length,
    length,
    distinctLength: length + 8,
    ...(isClosed ? { capacity: list.length } : {}),
    ...(kin === undefined ? {} : { kin }),
  }
}

const made = (
  says: RegExp,
  make: (i: number) => string,
  { variety = many, length, kin }: { readonly variety?: number; readonly length: number; readonly kin?: Kin },
): TextKind => ({
  says,
  make,
  variety,
  length,
  distinctLength: length,
  ...(kin === undefined ? {} : { kin }),
})

const place = (says: RegExp, part: PlacePart): TextKind =>
  listed(says, placeLists[part], {
    kin: { group: 'place', part },
    isClosed: part === 'code' || part === 'short',
  })

/**
 * By the column's words joined with `_`, the table's last word before them where the name alone says too little. The
 * first that has room in the column counts, else the first.
 */
export const textKinds: readonly TextKind[] = [
  made(/e_?mail/u, (i) => `${personHandle(i)}@example.com`, {
    length: 34,
    kin: { group: 'person', part: 'handle' },
  }),
  made(/(?:^|_)(?:phone|fax|mobile|tel|telephone)(?:_|$)/u, (i) => `+1555${digits(i, 7)}`, { length: 14 }),
  made(
    /(?:^|_)(?:url|uri|website|homepage|link|href|avatar|image|picture|photo)(?:_|$)/u,
    (i) => `https://example.com/${slug(i)}`,
    { length: 44 },
  ),
  made(/(?:^|_)(?:host|hostname|domain)(?:_|$)/u, (i) => `${slug(i)}.example.com`, {
    variety: 10_000,
    length: 36,
  }),
  {
    ...made(/(?:^|_)ip(?:_|$)/u, (i) => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`, { length: 15 }),
    capacity: 2 ** 24,
  },
  made(/(?:^|_)(?:slug|path|handle|subdomain|permalink)(?:_|$)/u, slug, { length: 24 }),
  made(/(?:^|_)(?:sku|ean|upc|isbn|barcode|serial)(?:_|$)/u, (i) => `SKU-${digits(i, 6)}`, { length: 12 }),
  made(
    /(?:^|_)(?:hash|token|digest|checksum|fingerprint|signature|secret|password|salt)(?:_|$)/u,
    (i) => `${digits(i, 12)}${((Math.imul(i + 1, 0x9e3779b1) >>> 0) + 0x1_0000_0000).toString(16)}`,
    { variety: 2 ** 40, length: 22 },
  ),
  listed(/(?:^|_)currency/u, words.currencies, { join: '', isClosed: true }),
  place(/(?:^|_)(?:country_code|iso|nationality)(?:_|$)/u, 'code'),
  place(/(?:^|_)country(?:_name)?$/u, 'country'),
  place(/(?:^|_)country$/u, 'code'),
  place(/(?:^|_)(?:city|town|municipality)(?:_name)?$/u, 'city'),
  place(/(?:^|_)(?:region|state|province|district|county|territory|area)(?:_name|_description)?$/u, 'region'),
  place(/(?:^|_)(?:region|state|province)(?:_?(?:code|abbr|abbreviation|short))?$/u, 'short'),
  listed(/(?:^|_)language_name$/u, words.languageNames),
  listed(/(?:^|_)(?:language|locale|lang)(?:_|$)/u, words.languages, { join: '', isClosed: true }),
  listed(/(?:^|_)(?:time_?zone|tz)(?:_|$)/u, words.timeZones, { isClosed: true }),
  made(/(?:^|_)(?:zip|zipcode|postal|postcode|plz)(?:_|$)/u, (i) => digits(i, 5), {
    variety: 10_000,
    length: 7,
  }),
  made(/(?:address|street)_?(?:line_?)?2$|^line_?2$/u, (i) => `Apt. ${i + 1}`, {
    variety: 200,
    length: 13,
  }),
  made(/(?:^|_)(?:address|street)/u, address, { variety: houses * streets.length, length: 32 }),
  listed(/(?:^|_)colou?r(?:_|$)/u, words.colours),
  listed(/(?:^|_)(?:first_?name|given_?name|forename)(?:_|$)/u, words.firstNames, {
    kin: { group: 'person', part: 'first' },
  }),
  listed(/(?:^|_)(?:last_?name|family_?name|surname)(?:_|$)/u, words.lastNames, {
    kin: { group: 'person', part: 'last' },
  }),
  made(/(?:^|_)(?:user_?name|login|nick|nickname|screen_?name)(?:_|$)/u, personHandle, {
    length: 26,
    kin: { group: 'person', part: 'handle' },
  }),
  made(
    /(?:company|organi[sz]ation|supplier|vendor|tenant|brand|manufacturer|shipper)\w*_name$|^company$/u,
    company,
    { variety: words.lastNames.length * words.companies.length, length: 26 },
  ),
  made(
    /(?:user|person|people|customer|employee|contact|member|author|actor|owner|staff|player|student|artist|composer)\w*_name$|full_?name|^contact$|(?:^|_)(?:author|artist|composer|director|writer|singer|teacher)$/u,
    personName,
    { variety: personCount, length: 26, kin: { group: 'person', part: 'name' } },
  ),
  listed(/(?:^|_)gender$|^sex$/u, words.genders, { isClosed: true }),
  listed(/courtesy|salutation/u, words.salutations),
  listed(
    /job|occupation|profession|(?:employee|staff|contact|person|worker|member)\w*_title$/u,
    words.jobTitles,
  ),
  made(
    /(?:^|_)(?:description|desc|body|content|comment|comments|note|notes|message|bio|summary|text|remarks|details|reason|review)(?:_|$)/u,
    sentence,
    { length: 110 },
  ),
  listed(/(?:category|genre|department|topic|section|tag|group|type|kind|class)_name$/u, nouns.map(capital)),
  made(/(?:^|_)(?:title|subject|headline|name|label|caption|display)(?:_|$)/u, title, {
    variety: 20_000,
    length: 32,
  }),
  listed(/(?:^|_)status(?:_|$)/u, words.statuses),
  listed(/(?:^|_)role(?:_|$)/u, words.roles),
  listed(/(?:^|_)(?:level|priority|severity)(?:_|$)/u, words.levels),
  listed(/(?:^|_)(?:mode)(?:_|$)/u, words.modes),
  listed(/(?:^|_)(?:source|channel|medium)(?:_|$)/u, words.channels),
  listed(/(?:^|_)(?:payment_method|method|paid_by)$/u, words.payments),
  listed(/(?:^|_)(?:type|kind|class|category)(?:_|$)/u, words.types),
  listed(/(?:^|_)(?:unit|quantity_per_unit|measure)(?:_|$)/u, words.units),
  { ...listed(/(?:^|_)(?:group|tag|topic)(?:_|$)/u, nouns), variety: 8 },
  made(/(?:^|_)(?:code|number|no|ref|reference|key|identifier|id)$/u, (i) => digits(i, 8), { length: 12 }),
]

/** Of a column whose name says nothing. */
export const plainWord = listed(/^$/u, nouns)
