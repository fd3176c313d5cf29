/** Values that a column of the policies may take, as texts: what identities and constants say, by themselves and as parts of lists, paths and documents. */
import type { Column } from '../../catalog/table.ts'
import type { Change } from './judge.ts'

export interface Texts {
  /** What the settings of those who ask hold. */
  readonly ofIdentities: readonly string[]
  /** Constants of the policies, and what lies beside them. */
  readonly constants: readonly string[]
  /** What rows hold. */
  readonly held: readonly string[]
  readonly roles: readonly string[]
  /** Values that the column's own type and constraints suggest. */
  readonly ofColumn: readonly string[]
}

const mostOfColumn = 60
/** Texts that are tried inside of others. */
const mostInside = 5

const numeric = /^(?:smallint|integer|bigint|numeric|real|double precision|oid)\b/u

/** `x/…`, `…/x`, and the like: what functions take apart. The same form of every text, before the next form. */
const paths = (texts: readonly string[]): readonly string[] =>
  [
    (text: string) => `${text}/file`,
    (text: string) => `a/${text}`,
    (text: string) => `a/${text}/file`,
    (text: string) => `${text}.a`,
    (text: string) => `a@${text}`,
    (text: string) => `${text}:a`,
  ].flatMap((form) => texts.map(form))

const documents = (text: string, keys: readonly string[]): readonly string[] => [
  JSON.stringify([text]),
  JSON.stringify(text),
  ...keys
    .slice(0, mostInside)
    .flatMap((key) => [JSON.stringify({ [key]: text }), JSON.stringify({ [key]: [text] })]),
]

const isText = ({ baseType }: Column): boolean =>
  /^(?:text|character varying|character|name|citext)\b/u.test(baseType)

const inside = ({ ofIdentities, constants }: Texts): readonly string[] => [
  ...ofIdentities.slice(0, mostInside),
  ...constants.slice(0, mostInside),
]

/** In order of likelihood; those that the type does not take are left to PostgreSQL to refuse. */
const valuesFor = (column: Column, texts: Texts): readonly (string | null)[] => {
  const { ofIdentities, constants, held, roles, ofColumn } = texts
  if (column.typeKind === 'array')
    return [...inside(texts), ...held.slice(0, mostInside)]
      .map((text) => `{${JSON.stringify(text)}}`)
      .concat(ofColumn)
  if (/^jsonb?$/u.test(column.typeName))
    return inside(texts)
      .flatMap((text) => documents(text, constants))
      .concat(ofColumn)
  const plain = [...ofIdentities, ...constants, ...(column.labels ?? []), ...ofColumn, ...held]
  if (isText(column)) return [...plain.slice(0, mostOfColumn / 3), ...roles, ...paths(inside(texts))]
  return plain.filter((text) => !numeric.test(column.baseType) || /^-?\d/u.test(text))
}

/** One column changed at a time; the nearest first. */
export const changesOf = (
  columns: readonly Column[],
  textsOf: (column: Column) => Texts,
): readonly Change[] =>
  columns.flatMap((column) => {
    const nothing = column.notNull ? [] : [null]
    const values = [...new Set([...nothing, ...valuesFor(column, textsOf(column))])]
    return values.slice(0, mostOfColumn).map((value) => ({ [column.name]: value }))
  })
