/** Columns whose names speak of a person, in tables where nothing says that they are personal data. */
import type { CommentFacts } from '../../catalog/comment.ts'
import { structureId } from '../../ground/names.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import type { FindingKind } from './finding-kind.ts'
import { hasWords, wordsOf } from './name-words.ts'
import { personalNames } from './personal-names.ts'

const dates = /^(?:date|timestamp)/u
const texts =
  /^(?:character|text|citext|public\.citext|bpchar|inet|cidr|macaddr|bytea|jsonb?|integer|bigint|numeric|name)/u
const places = /^(?:double precision|real|numeric|point|geography|public\.geo)/u

/** What is said about a value is not the value: `email_verified`, `phone_type_id`, `address_count`. */
const about: ReadonlySet<string> = new Set(
  `id ids verified confirmed valid validated count counter type kind status enabled disabled allowed template subject
  token label format required public private visible preference preferences provider notification notifications sent
  at on by version flag opt domain settings setting queue length width rpc server host attempts attempt failed failure expires hint code codes
  memory contract bucket endpoint`.split(/\s+/u),
)

const isPlace = (words: readonly string[]): boolean =>
  words.some((word) => word === 'latitude' || word === 'longitude' || word === 'geolocation')

const speaksOfPerson = (column: Column): boolean => {
  const words = wordsOf(column.name)
  const type = column.baseType
  if (dates.test(type)) return personalNames.ofDates.some((sought) => hasWords(words, sought))
  if (isPlace(words)) return places.test(type)
  if (!texts.test(type) || words.some((word) => about.has(word))) {
    // `national_id`, `tax_id` and `ip_address_v4` are values all the same.
    const isNumber = personalNames.ofAnyType.some(
      (sought) => sought.length > 1 && sought.some((word) => about.has(word)) && hasWords(words, sought),
    )
    return isNumber && texts.test(type)
  }
  return (
    personalNames.ofWholeName.some((sought) => sought.join(' ') === words.join(' ')) ||
    [...personalNames.ofAnyType, ...personalNames.ofDates].some((sought) => hasWords(words, sought))
  )
}

/** `@personal`, or a word that says the same. */
const classified = /@(?:personal|pii|gdpr|sensitive|classified|notpersonal)\b/iu

const referencing = (catalog: Catalog, table: Table): ReadonlySet<string> =>
  new Set(
    catalog
      .of(table.id, 'references')
      .flatMap(({ facts }) => (facts as { readonly columns: readonly string[] }).columns),
  )

/** By column. */
const commentsOf = (catalog: Catalog, table: Table): ReadonlyMap<string, string> =>
  new Map(
    catalog.of(table.id, 'comment').flatMap((structure) => {
      const { column, text } = structure.facts as CommentFacts
      return column === null ? [] : [[column, text] as const]
    }),
  )

const personalColumns = (
  catalog: Catalog,
  table: Table,
  comments: ReadonlyMap<string, string>,
): readonly Column[] => {
  if (table.partitionOf !== null || classified.test(table.comment ?? '')) return []
  const keys = referencing(catalog, table)
  return table.columns.filter(
    (column) =>
      speaksOfPerson(column) &&
      column.generated === null &&
      !keys.has(column.name) &&
      !classified.test(comments.get(column.name) ?? ''),
  )
}

const finding = (
  table: Table,
  columns: readonly Column[],
  comments: ReadonlyMap<string, string>,
): Finding => ({
  code: 'adopt.personal-data',
  severity: 'note',
  structure: structureId(table.id, 'table'),
  summary: `${table.id}: ${columns.map(({ name }) => name).join(', ')} ${columns.length === 1 ? 'looks' : 'look'} like personal data, and nothing says so`,
  reason: 'columns look like personal data without classification',
  why: 'judged by their names alone: what is not marked as personal is forgotten when somebody asks for an export or an erasure of his data',
  fix: `mark each that is personal (in t.audited, name it in { personal: […] }); mark with @notpersonal what is not:\n${columns
    .map(({ name }) => {
      const before = comments.get(name)
      const text = before === undefined ? '@personal' : `${before} @personal`
      return `comment on column ${qualified(table)}.${ident(name)} is ${literal(text)};`
    })
    .join('\n')}`,
})

export const personalData: FindingKind = {
  codes: ['adopt.personal-data'],
  find: async ({ catalog }) =>
    [...catalog.tables.values()].flatMap((table) => {
      const comments = commentsOf(catalog, table)
      const columns = personalColumns(catalog, table, comments)
      return columns.length === 0 ? [] : [finding(table, columns, comments)]
    }),
}
