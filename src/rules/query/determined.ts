/**
 * Which columns make an order total: what tells the rows of every table of a statement apart, where joins along equal
 * columns carry it from one table to the next. Pure. Needs `loadParser()`.
 */
import type { KeyFacts } from '../../catalog/key/key.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { nameList, nodeParts, underCasts, walk } from '../../rows/tree.ts'
import { pairsOf, type Source } from './conditions.ts'

export interface Column {
  readonly source: Source
  readonly column: string
}

/** Of a statement whose FROM names tables and joins alone. */
export interface Ordered {
  readonly sources: readonly Source[]
  /** Columns that its order names, and those that are the same in all rows that come. */
  readonly named: readonly Column[]
  readonly equal: readonly (readonly [Column, Column])[]
  /** Aliases of tables of which an outer join may find no row: null says nothing of the other side. */
  readonly nullable: ReadonlySet<string>
}

type Select = Readonly<Record<string, unknown>>

const columnsOf = (id: string, catalog: Catalog): readonly string[] =>
  (catalog.tables.get(id)?.columns ?? []).map(({ name }) => name)

/** The column that a node is; null: none, or nobody knows of which table. */
const columnIn = (node: unknown, sources: readonly Source[], catalog: Catalog): Column | null => {
  const parts = nodeParts(underCasts(node))
  if (parts?.[0] !== 'ColumnRef') return null
  const path = nameList(parts[1]['fields'])
  const column = path.at(-1) ?? ''
  const qualifier = path.at(-2)
  const among = sources.filter(({ id, alias }) =>
    qualifier === undefined ? columnsOf(id, catalog).includes(column) : alias === qualifier,
  )
  return among[0] === undefined ? null : { source: among[0], column }
}

/** As the statement calls them. */
const namesUnder = (tree: unknown): readonly string[] => {
  const names: string[] = []
  walk(tree, (kind, body) => {
    if (kind === 'SubLink') return false
    if (kind !== 'RangeVar') return true
    const alias = (body['alias'] as { readonly aliasname?: string } | undefined)?.aliasname
    names.push(alias ?? String(body['relname']))
    return true
  })
  return names
}

const aliasesIn = (fromClause: unknown): ReadonlySet<string> | null => {
  const aliases = new Set(namesUnder(fromClause))
  let isPlain = true
  walk(fromClause, (kind, body) => {
    if (kind === 'RangeSubselect' || kind === 'RangeFunction' || body['isNatural'] === true) isPlain = false
    return kind !== 'SubLink'
  })
  return isPlain && aliases.size > 0 ? aliases : null
}

const nullableIn = (fromClause: unknown): ReadonlySet<string> => {
  const names: string[] = []
  walk(fromClause, (kind, body) => {
    if (kind !== 'JoinExpr') return
    const type = body['jointype']
    if (type === 'JOIN_LEFT' || type === 'JOIN_FULL') names.push(...namesUnder(body['rarg']))
    if (type === 'JOIN_RIGHT' || type === 'JOIN_FULL') names.push(...namesUnder(body['larg']))
  })
  return new Set(names)
}

/** Equations that every row meets: behind an OR or a NOT there are none. */
const equationsIn = (
  tree: unknown,
  sources: readonly Source[],
  catalog: Catalog,
): readonly (readonly [Column, Column])[] => {
  const found: (readonly [Column, Column])[] = []
  walk(tree, (kind, body) => {
    if (kind === 'SubLink' || (kind === 'BoolExpr' && body['boolop'] !== 'AND_EXPR')) return false
    if (kind === 'JoinExpr')
      for (const name of nameList(body['usingClause'])) {
        const both = sources.filter(({ id }) => columnsOf(id, catalog).includes(name))
        for (const source of both.slice(1))
          found.push([
            { source: both[0]!, column: name },
            { source, column: name },
          ])
      }
    if (kind === 'A_Expr' && body['kind'] === 'AEXPR_OP' && nameList(body['name']).at(-1) === '=')
      for (const [one, other] of pairsOf(body['lexpr'], body['rexpr'])) {
        const [a, b] = [columnIn(one, sources, catalog), columnIn(other, sources, catalog)]
        if (a !== null && b !== null) found.push([a, b])
      }
    return true
  })
  return found
}

/** `same`: names of columns that have one value. Null: its FROM has more than tables and joins. */
export const orderedOf = (
  select: Select,
  all: readonly Source[],
  same: readonly string[],
  catalog: Catalog,
): Ordered | null => {
  const aliases = aliasesIn(select['fromClause'])
  const sources = all.filter(({ alias }) => aliases?.has(alias) === true)
  if (aliases === null || sources.length !== aliases.size) return null
  const order = ((select['sortClause'] ?? []) as readonly unknown[]).flatMap(
    (one) => columnIn(nodeParts(one)?.[1]['node'], sources, catalog) ?? [],
  )
  const constant = sources.flatMap((source) =>
    columnsOf(source.id, catalog)
      .filter((name) => same.includes(name))
      .map((column) => ({ source, column })),
  )
  const equal = [select['fromClause'], select['whereClause']].flatMap((tree) =>
    equationsIn(tree, sources, catalog),
  )
  const nullable = nullableIn(select['fromClause'])
  return { sources, named: [...order, ...constant], equal, nullable }
}

/** Columns of the keys that tell rows of a table apart: primary keys first. */
export const keysOf = (
  { id }: Source,
  catalog: Catalog,
): readonly { readonly columns: readonly string[]; readonly isNotNull: boolean }[] =>
  ['primaryKey', 'unique'].flatMap((kind) =>
    (catalog.of(id, kind) as readonly Structure<KeyFacts>[]).flatMap(({ facts }) => {
      const columns = facts.keys.flatMap(({ column }) => column ?? [])
      if (facts.predicate !== null || columns.length !== facts.keys.length) return []
      const own = catalog.tables.get(id)?.columns
      return [{ columns, isNotNull: columns.every((name) => own?.find((c) => c.name === name)?.notNull) }]
    }),
  )

const textOf = ({ source, column }: Column): string => JSON.stringify([source.alias, column])

/** Tables of which two rows may stand side by side in this order, in either way round. */
export const undetermined = (
  { sources, named, equal, nullable }: Ordered,
  more: readonly Column[],
  catalog: Catalog,
): readonly Source[] => {
  const known = new Set([...named, ...more].map(textOf))
  const open = new Set(sources)
  for (let before = -1; before !== known.size + sources.length - open.size;) {
    before = known.size + sources.length - open.size
    for (const [a, b] of equal) {
      if (known.has(textOf(a)) && !nullable.has(a.source.alias)) known.add(textOf(b))
      if (known.has(textOf(b)) && !nullable.has(b.source.alias)) known.add(textOf(a))
    }
    for (const source of open) {
      const isKnown = (column: string): boolean => known.has(textOf({ source, column }))
      if (!keysOf(source, catalog).some(({ columns }) => columns.every(isKnown))) continue
      open.delete(source)
      for (const column of columnsOf(source.id, catalog)) known.add(textOf({ source, column }))
    }
  }
  return [...open]
}

/** What makes the order total when it stands behind it: the key of one table where that is enough. Null: a table has none. */
export const missingKeys = (ordered: Ordered, catalog: Catalog): readonly Column[] | null => {
  if (undetermined(ordered, [], catalog).length === 0) return []
  const keyed = ordered.sources.map((source) => {
    const key = keysOf(source, catalog).find(({ isNotNull }) => isNotNull)
    return key?.columns.map((column): Column => ({ source, column })) ?? null
  })
  const alone = keyed.find((key) => key !== null && undetermined(ordered, key, catalog).length === 0)
  if (alone !== undefined) return alone
  return keyed.includes(null) ? null : keyed.flatMap((key) => key ?? [])
}
