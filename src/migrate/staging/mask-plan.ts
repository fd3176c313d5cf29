/**
 * How each column of a database is masked. What stays: booleans, labels of enums, keys that the database gives out
 * itself with what refers to them, and columns that somebody has classified as public.
 */
import type { ReferencesFacts } from '../../catalog/foreign-key.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { relationId } from '../../ground/names.ts'
import type { DescribedColumn, SchemaText } from './describe-columns.ts'
import {
  makeMaskAddress,
  makeMaskBits,
  makeMaskBytes,
  makeMaskHex,
  makeMaskJson,
  makeMaskLexemes,
  makeMaskList,
  makeMaskRange,
  makeMaskUuid,
  type Mask,
} from './mask/forms.ts'
import { makeMaskNumber, type MaskNumber } from './mask/numbers.ts'
import { makePermutation, type Permutation } from './mask/permutation.ts'
import { makeMaskText, type MaskText } from './mask/text.ts'
import { makeMaskTimes, type MaskTimes } from './mask/times.ts'

/** Values that can be compared with each other, for rows whose order matters. */
export type Family = 'number' | 'time' | null

export interface ColumnMask {
  readonly name: string
  /** null: the value stays. */
  readonly mask: Mask | null
  readonly family: Family
  readonly isNullable: boolean
  /** It is part of a foreign key, or something refers to it: it cannot be another in one row alone. */
  readonly isLinked: boolean
}

/** By relation id, then in the order of the columns; generated ones are left out. */
export type MaskPlan = ReadonlyMap<string, readonly ColumnMask[]>

const stringLiteral = /'((?:[^']|'')*)'/gu

const wordsOf = (texts: readonly SchemaText[]): readonly string[] =>
  texts.flatMap(({ text }) =>
    [...text.matchAll(stringLiteral)].flatMap(
      ([, inside = '']) => inside.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [],
    ),
  )

const numbersOf = (texts: readonly SchemaText[]): readonly bigint[] =>
  texts.flatMap(({ text }) => (text.match(/\b\d{1,30}\b/gu) ?? []).map(BigInt))

const linksOf = (catalog: Catalog): readonly (readonly [child: string, parent: string])[] =>
  [...catalog.structures.values()].flatMap(({ kind, table, facts }) => {
    if (kind !== 'references' || table === null) return []
    const { columns, target, targetColumns } = facts as ReferencesFacts
    return columns.map((column, i) => [`${table}.${column}`, `${target}.${targetColumns[i] ?? ''}`] as const)
  })

/** With all that refers to one of them, at any depth. */
const withReferring = (
  kept: ReadonlySet<string>,
  links: readonly (readonly [child: string, parent: string])[],
): ReadonlySet<string> => {
  const all = new Set(kept)
  for (let before = -1; before !== all.size;) {
    before = all.size
    for (const [child, parent] of links) if (all.has(parent)) all.add(child)
  }
  return all
}

interface Masks {
  readonly permutation: Permutation
  readonly text: MaskText
  readonly times: MaskTimes
  readonly secret: string
  readonly members: ReadonlySet<string>
}

const familyOf = (type: string): Family => {
  if (/^(?:int[248]|numeric|float[48])$/u.test(type)) return 'number'
  return /^(?:date|timestamptz?)$/u.test(type) ? 'time' : null
}

const scalarMask = (type: string, typtype: string, number: MaskNumber, masks: Masks): Mask | null => {
  const { permutation, text, times } = masks
  if (typtype === 'e' || type === 'bool') return null
  switch (type) {
    case 'int2':
    case 'int4':
    case 'int8':
    case 'numeric':
    case 'float4':
    case 'float8':
      return number
    case 'date':
      return times.date
    case 'timestamp':
    case 'timestamptz':
      return times.moment
    case 'time':
    case 'timetz':
      return times.time
    case 'interval':
      return (value) => times.time(value).replaceAll(/\d+(?= (?:year|mon|day))/gu, number)
    case 'uuid':
      return makeMaskUuid(permutation)
    case 'json':
    case 'jsonb':
      return makeMaskJson(text, number, masks.members)
    case 'bit':
    case 'varbit':
      return makeMaskBits(permutation)
    case 'tsvector':
    case 'tsquery':
      return makeMaskLexemes(text)
    case 'bytea':
      return makeMaskBytes(permutation, masks.secret)
    case 'inet':
    case 'cidr':
      return makeMaskAddress(permutation)
    case 'macaddr':
    case 'macaddr8':
      return makeMaskHex(permutation)
    default:
      return text
  }
}

const columnMask = (column: DescribedColumn, number: MaskNumber, masks: Masks): Mask | null => {
  const { type, typtype, element, elementTyptype, isArray } = column
  if (element === null) return scalarMask(type, typtype, number, masks)
  const inner = scalarMask(element, elementTyptype ?? 'b', number, masks)
  if (inner === null) return null
  return isArray ? makeMaskList(inner) : makeMaskRange(inner)
}

export interface PlanWish {
  readonly catalog: Catalog
  readonly columns: readonly DescribedColumn[]
  readonly texts: readonly SchemaText[]
  /** What programs are written in: a member of a document that is named there keeps its name. */
  readonly programs: readonly string[]
  /** `table` or `table.column`, by relation id. */
  readonly isPublic: (table: string, column: string) => boolean
}

/** Of one run: another one gives other stand-ins. */
export const planMasks = ({ catalog, columns, texts, programs, isPublic }: PlanWish): MaskPlan => {
  const permutation = makePermutation()
  const times = makeMaskTimes(permutation)
  const common = makeMaskNumber(permutation).text
  const text = makeMaskText({ permutation, number: common, times, vocabulary: wordsOf(texts) })
  const secret = permutation.at(1n, 2n ** 120n, 'secret').toString(16)
  const members = new Set(programs.flatMap((program) => program.match(/[\p{L}_][\p{L}\p{N}_-]*/gu) ?? []))
  const masks: Masks = { permutation, text, times, secret, members }
  const idOf = ({ schema, table }: { readonly schema: string; readonly table: string }): string =>
    relationId({ schema, name: table })
  const links = linksOf(catalog)
  const kept = withReferring(
    new Set(
      columns
        .filter((column) => column.isSurrogate || isPublic(idOf(column), column.name))
        .map((column) => `${idOf(column)}.${column.name}`),
    ),
    links,
  )
  const linked = new Set(links.flat())
  const plan = new Map<string, ColumnMask[]>()
  for (const column of columns) {
    if (column.isGenerated) continue
    const table = idOf(column)
    const place = `${table}.${column.name}`
    const isLinked = linked.has(place)
    const own = texts.filter((one) => one.table === column.table && one.schema === column.schema)
    const ofDomains = texts.filter((one) => one.table === null)
    // What a key refers to is masked in another table, which compares it with other numbers.
    const number = isLinked ? common : makeMaskNumber(permutation, numbersOf([...own, ...ofDomains])).text
    const masked = plan.get(table) ?? []
    masked.push({
      name: column.name,
      mask: kept.has(place) ? null : columnMask(column, number, masks),
      family: column.element === null ? familyOf(column.type) : null,
      isNullable: column.isNullable,
      isLinked,
    })
    plan.set(table, masked)
  }
  return plan
}
