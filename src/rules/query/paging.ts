/** What a query that takes a page would have to say: an order that no two rows share, and a page by its last row's key. */
import type { Catalog } from '../../catalog/structure.ts'
import { deparseExpression, type ParseNode } from '../../postgres/parse.ts'
import { ident } from '../../postgres/quote.ts'
import { columnOf, nodeParts } from '../../rows/tree.ts'
import type { Source } from './conditions.ts'
import { keysOf, missingKeys, orderedOf, undetermined, type Column } from './determined.ts'

interface SortPart {
  /** As the statement writes it. */
  readonly text: string
  /** Null: it is no column. */
  readonly column: string | null
  readonly isDescending: boolean
  /** " desc nulls last" */
  readonly ending: string
}

const endings: Readonly<Record<string, string>> = {
  SORTBY_NULLS_FIRST: ' nulls first',
  SORTBY_NULLS_LAST: ' nulls last',
}

const partsOf = (select: Readonly<Record<string, unknown>>): readonly SortPart[] =>
  ((select['sortClause'] ?? []) as readonly unknown[]).flatMap((one) => {
    const body = nodeParts(one)?.[1]
    if (!body) return []
    const isDescending = body['sortby_dir'] === 'SORTBY_DESC'
    return [
      {
        text: deparseExpression(body['node'] as ParseNode),
        column: columnOf(body['node']),
        isDescending,
        ending: `${isDescending ? ' desc' : ''}${endings[String(body['sortby_nulls'])] ?? ''}`,
      },
    ]
  })

const orderText = (parts: readonly SortPart[]): string =>
  `order by ${parts.map(({ text, ending }) => `${text}${ending}`).join(', ')}`

/** The first key of the tables that it reads: primary keys first. */
const firstKey = (sources: readonly Source[], catalog: Catalog): readonly Column[] | null => {
  for (const source of sources) {
    const key = keysOf(source, catalog).find(({ isNotNull }) => isNotNull)
    if (key) return key.columns.map((column) => ({ source, column }))
  }
  return null
}

export interface PagedQuery {
  readonly select: Readonly<Record<string, unknown>>
  readonly sources: readonly Source[]
  /** Columns that are the same in all rows that come. */
  readonly same: readonly string[]
  readonly catalog: Catalog
}

/** Its order with the columns of keys behind it; null: the tables that it reads have none. */
const totalOrder = ({ select, sources, same, catalog }: PagedQuery): readonly SortPart[] | null => {
  const parts = partsOf(select)
  const ordered = orderedOf(select, sources, same, catalog)
  const key = ordered === null ? firstKey(sources, catalog) : missingKeys(ordered, catalog)
  if (key === null) return null
  const named = new Set([...parts.map(({ column }) => column), ...same])
  const isDescending = parts.at(-1)?.isDescending === true
  const more = key
    .filter(({ column }) => !named.has(column))
    .map(({ source, column }): SortPart => ({
      text: sources.length > 1 ? `${plain(source.alias)}.${plain(column)}` : plain(column),
      column,
      isDescending,
      ending: isDescending ? ' desc' : '',
    }))
  return [...parts, ...more]
}

/** Of every table that is joined a key is in the order, or follows from what is. */
export const isTotal = ({ select, sources, same, catalog }: PagedQuery): boolean => {
  const ordered = orderedOf(select, sources, same, catalog)
  if (ordered !== null) return undetermined(ordered, [], catalog).length === 0
  const named = new Set([...partsOf(select).map(({ column }) => column), ...same])
  return sources.some((source) =>
    keysOf(source, catalog).some(({ columns }) => columns.every((name) => named.has(name))),
  )
}

/** Without quotes where it needs none, as people write it. */
const plain = (name: string): string => (/^[a-z_][a-z0-9_]*$/u.test(name) ? name : ident(name))

/** First line prose, then the SQL. */
export const orderMend = (query: PagedQuery): string => {
  const order = totalOrder(query)
  if (order === null) return 'Order it by columns that no two rows share.'
  return `Add the columns of a key as the last ones of its order:\n${orderText(order)}`
}

const parameterName = ({ column }: SortPart): string =>
  `:${(column ?? '').replaceAll(/[^\p{L}\p{N}_]/gu, '_')}`

/** Rows behind the last one of the page before: as one comparison where all parts run the same way. */
const behind = (parts: readonly SortPart[]): string => {
  const sign = ({ isDescending }: SortPart): string => (isDescending ? '<' : '>')
  const [first, ...others] = parts
  if (others.length === 0) return `${first!.text} ${sign(first!)} ${parameterName(first!)}`
  if (parts.every(({ isDescending }) => isDescending === first!.isDescending))
    return `(${parts.map(({ text }) => text).join(', ')}) ${sign(first!)} (${parts.map(parameterName).join(', ')})`
  return parts
    .map((part, i) => {
      const before = parts.slice(0, i).map((one) => `${one.text} = ${parameterName(one)}`)
      return `(${[...before, `${part.text} ${sign(part)} ${parameterName(part)}`].join(' and ')})`
    })
    .join(' or ')
}

/** First line prose, then the SQL. */
export const keysetMend = (query: PagedQuery): string => {
  const order = totalOrder(query)
  const isNullable = (name: string): boolean =>
    !query.sources.some(({ id }) =>
      query.catalog.tables.get(id)?.columns.some((one) => one.name === name && one.notNull),
    )
  const isPlain = order?.every(
    ({ column, ending }) => column !== null && !ending.includes('nulls') && !isNullable(column),
  )
  if (order === null || order.length === 0 || isPlain !== true)
    return 'Order it by columns that are never null and that no two rows share, and take the rows behind the last one of the page before: where (…) > (…), in the place of offset.'
  const condition = behind(order)
  const wrapped = condition.includes(' or ') ? `(${condition})` : condition
  const joined = 'whereClause' in query.select ? 'and' : 'where'
  return `In the place of offset, take the rows behind the last one of the page before, whose values are the parameters; the first page goes without the condition:\n${joined} ${wrapped}\n${orderText(order)}`
}
