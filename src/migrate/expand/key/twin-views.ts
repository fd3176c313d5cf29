/** A materialized view over a key is made anew beside the old one, with its rows; in the switch both change names. */
import type { Structure } from '../../../catalog/structure.ts'
import type { ViewFacts } from '../../../catalog/view/structure.ts'
import { ident, qualified } from '../../../postgres/quote.ts'

const name = String.raw`(?:"(?:[^"]|"")+"|[^\s."]+)`
const indexStatement = new RegExp(
  String.raw`^(?<create>create (?:unique )?index )(?<name>${name}) on (?<only>only )?(?:${name}\.)?${name} `,
  'iu',
)

const plain = (quoted: string): string =>
  quoted.startsWith('"') ? quoted.slice(1, -1).replaceAll('""', '"') : quoted

const indexNames = ({ indexes }: ViewFacts): readonly string[] =>
  indexes.flatMap((sql) => {
    const found = indexStatement.exec(sql)?.groups?.['name']
    return found === undefined ? [] : [plain(found)]
  })

const isView = ({ kind }: Pick<Structure, 'kind'>): boolean => kind === 'view' || kind === 'materializedView'

/** One that reads tables alone: a view in between would still read the old side while the new one is made. */
export const isTwinView = (one: Structure, olds: readonly Structure[]): boolean =>
  one.kind === 'materializedView' &&
  !one.dependsOn.some((id) =>
    olds.some((other) => other.id === id && (isView(other) || other.kind === 'function')),
  )

export const twinViews = (olds: readonly Structure[]): readonly Structure<ViewFacts>[] =>
  olds.filter((one): one is Structure<ViewFacts> => isTwinView(one, olds))

/** The same under another name, its indexes too; rights are given in the switch. */
export const viewAs = (
  view: Structure<ViewFacts>,
  rename: (name: string) => string,
): Structure<ViewFacts> => {
  const { facts } = view
  const own = { schema: facts.schema, name: rename(facts.name) }
  return {
    ...view,
    name: own.name,
    facts: {
      ...facts,
      ...own,
      indexes: facts.indexes.map((sql) =>
        sql.replace(
          indexStatement,
          (_, create: string, index: string) =>
            `${create}${ident(rename(plain(index)))} on ${qualified(own)} `,
        ),
      ),
    },
  }
}

export const renameViews = (
  olds: readonly Structure[],
  from: (name: string) => string,
  to: (name: string) => string,
): readonly string[] =>
  twinViews(olds).flatMap(({ facts }) => {
    const at = (one: string): string => qualified({ schema: facts.schema, name: one })
    return [
      `alter materialized view ${at(from(facts.name))} rename to ${ident(to(facts.name))}`,
      ...indexNames(facts).map((one) => `alter index ${at(from(one))} rename to ${ident(to(one))}`),
    ]
  })

export const dropViews = (olds: readonly Structure[], named: (name: string) => string): readonly string[] =>
  twinViews(olds).map(
    ({ facts }) =>
      `drop materialized view if exists ${qualified({ schema: facts.schema, name: named(facts.name) })}`,
  )

/** What was not kept up while the other side was read. */
export const refreshViews = (olds: readonly Structure[]): readonly string[] =>
  twinViews(olds).map(({ facts }) => `refresh materialized view ${qualified(facts)}`)
