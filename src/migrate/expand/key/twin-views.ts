/** A materialized view over a key is made anew beside the old one, with its rows and what it reads; in the switch all change names. */
import type { Structure } from '../../../catalog/structure.ts'
import type { ViewFacts } from '../../../catalog/view/structure.ts'
import type { RelationName } from '../../../ground/names.ts'
import { parseStatements } from '../../../postgres/parse.ts'
import { ident, qualified } from '../../../postgres/quote.ts'
import type { TwinView } from '../shape.ts'

const name = String.raw`(?:"(?:[^"]|"")+"|[^\s."]+)`
const indexStatement = new RegExp(String.raw`^create (?:unique )?index (?<name>${name}) on `, 'iu')

const plain = (quoted: string): string =>
  quoted.startsWith('"') ? quoted.slice(1, -1).replaceAll('""', '"') : quoted

const indexNames = ({ indexes }: ViewFacts): readonly string[] =>
  indexes.flatMap((sql) => {
    const found = indexStatement.exec(sql)?.groups?.['name']
    return found === undefined ? [] : [plain(found)]
  })

const isView = ({ kind }: Pick<Structure, 'kind'>): boolean => kind === 'view' || kind === 'materializedView'

const isViewOf = (one: Structure): one is Structure<ViewFacts> => isView(one)

interface NamedWithColumns {
  readonly schemaname?: string
  readonly relname?: string
  readonly alias?: { readonly colnames?: readonly unknown[] }
}

const tablesIn = (node: unknown): readonly NamedWithColumns[] => {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([kind, part]) =>
    kind === 'RangeVar' ? [part as NamedWithColumns] : tablesIn(part),
  )
}

/** Whether the text of a view lists the columns of one of the tables: `orders o(id, note)`. */
export const readsByPlace = (one: Structure, tables: readonly RelationName[]): boolean =>
  isViewOf(one) &&
  parseStatements(one.facts.definition).some(({ node }) =>
    tablesIn(node).some(
      ({ schemaname, relname, alias }) =>
        alias?.colnames !== undefined &&
        tables.some(({ schema, name }) => schema === schemaname && name === relname),
    ),
  )

/** Views that it reads, and those that these read, which fall with the same columns; itself is among them. */
const downwards = (one: Structure, olds: readonly Structure[]): readonly Structure[] => [
  ...one.dependsOn.flatMap((id) =>
    olds.filter((other) => other.id === id && isView(other)).flatMap((other) => downwards(other, olds)),
  ),
  one,
]

/** One that reads tables, by other views too. A function in between would still read the old side while the new one is made. */
export const isTwinView = (one: Structure, olds: readonly Structure[]): boolean =>
  one.kind === 'materializedView' &&
  !downwards(one, olds).some(({ dependsOn }) =>
    dependsOn.some((id) => olds.some((other) => other.id === id && other.kind === 'function')),
  )

/** Materialized views, and whatever they read between the tables and themselves; what is read comes first. */
export const twinViews = (olds: readonly Structure[]): readonly Structure<ViewFacts>[] => [
  ...new Set(
    olds.filter((one) => isTwinView(one, olds)).flatMap((one) => downwards(one, olds).filter(isViewOf)),
  ),
]

const wordOf = ({ materialized }: Pick<ViewFacts, 'materialized'>): string =>
  materialized ? 'materialized view' : 'view'

export const renameViews = (
  olds: readonly Structure[],
  from: (name: string) => string,
  to: (name: string) => string,
): readonly string[] =>
  twinViews(olds).flatMap(({ facts }) => {
    const at = (one: string): string => qualified({ schema: facts.schema, name: one })
    return [
      `alter ${wordOf(facts)} ${at(from(facts.name))} rename to ${ident(to(facts.name))}`,
      ...indexNames(facts).map((one) => `alter index ${at(from(one))} rename to ${ident(to(one))}`),
    ]
  })

export const dropView = (view: TwinView): string => `drop ${wordOf(view)} if exists ${qualified(view)}`

export const dropViews = (olds: readonly Structure[], named: (name: string) => string): readonly string[] =>
  twinViews(olds)
    .toReversed()
    .map(({ facts }) => dropView({ ...facts, name: named(facts.name) }))

/** What was not kept up while the other side was read. */
export const refreshViews = (olds: readonly Structure[]): readonly string[] =>
  twinViews(olds)
    .filter(({ facts }) => facts.materialized)
    .map(({ facts }) => `refresh materialized view ${qualified(facts)}`)
