/**
 * Whether every row of one side of a join finds a partner on the other: what a foreign key promises, or several one
 * after the other, for columns that the joins before it make equal. Columns are followed through subqueries and WITH.
 */
import { relationId } from '../../ground/names.ts'
import { operatorName } from '../expression/conditions.ts'
import { fieldsOf, listOf } from '../expression/tree.ts'
import { conjuncts, wordOf, type Ctes, type Fields } from './tree.ts'
import { referencesOf } from '../references.ts'
import type { Catalog } from '../structure.ts'
import type { Table } from '../table.ts'

/** A table of FROM under the name that columns are asked by; `path` tells apart those of subqueries. */
export interface Range {
  readonly alias: string
  readonly path: string
  readonly table: Table | undefined
}

const aliasWord = (fields: Fields): string | undefined =>
  (fields['alias'] as { readonly aliasname?: string } | undefined)?.aliasname

const rangeOf = (node: unknown, catalog: Catalog, ctes: Ctes): Range | null => {
  const fields = fieldsOf(node, 'RangeVar')
  if (!fields) return null
  const name = wordOf(fields['relname'])
  if (fields['schemaname'] === undefined && ctes.has(name)) return null
  const schema = wordOf(fields['schemaname'] ?? 'public')
  const alias = aliasWord(fields) ?? name
  return { alias, path: alias, table: catalog.tables.get(relationId({ schema, name })) }
}

/** `a.x` as its name and column, through the casts that PostgreSQL writes around it. */
export const columnOf = (node: unknown): { readonly alias: string; readonly column: string } | null => {
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) return columnOf(cast['arg'])
  const names = listOf(fieldsOf(node, 'ColumnRef')?.['fields']).map((f) => fieldsOf(f, 'String')?.['sval'])
  const [alias, column] = names
  return names.length === 2 && typeof alias === 'string' && typeof column === 'string'
    ? { alias, column }
    : null
}

/** Names of everything on one side of a join. */
export const aliasesOf = (node: unknown): readonly string[] => {
  const join = fieldsOf(node, 'JoinExpr')
  if (join) return [...aliasesOf(join['larg']), ...aliasesOf(join['rarg'])]
  const fields =
    fieldsOf(node, 'RangeVar') ?? fieldsOf(node, 'RangeSubselect') ?? fieldsOf(node, 'RangeFunction')
  const alias = fields ? (aliasWord(fields) ?? fields['relname']) : undefined
  return typeof alias === 'string' ? [alias] : []
}

/** The sides of which rows without a partner are kept. */
export const kept: Readonly<Record<string, readonly ('larg' | 'rarg')[]>> = {
  JOIN_INNER: [],
  JOIN_LEFT: ['larg'],
  JOIN_RIGHT: ['rarg'],
  JOIN_FULL: ['larg', 'rarg'],
}

/** A column of a row of a table: `path` and `column`. */
const cell = (path: string, column: string): string => JSON.stringify([path, column])

interface Source {
  /** Tables whose rows all come out with their own values: none that an outer join may have blanked. */
  readonly ranges: readonly Range[]
  /** The cell that a column of this name is. */
  readonly cellOf: (alias: string, column: string) => string | null
  /** Cells that joins have made equal. */
  readonly equal: readonly (readonly [string, string])[]
}

const nowhere: Source = { ranges: [], cellOf: () => null, equal: [] }

const both = (a: Source, b: Source): Source => ({
  ranges: [...a.ranges, ...b.ranges],
  cellOf: (alias, column) => a.cellOf(alias, column) ?? b.cellOf(alias, column),
  equal: [...a.equal, ...b.equal],
})

/** A subquery hands on rows of its tables where it shows their columns as they stand. */
const ofSelect = (
  select: Fields,
  alias: string,
  names: readonly string[],
  catalog: Catalog,
  ctes: Ctes,
): Source => {
  const isGroupedBySets = listOf(select['groupClause']).some((g) => fieldsOf(g, 'GroupingSet'))
  if ((select['op'] !== undefined && select['op'] !== 'SETOP_NONE') || isGroupedBySets) return nowhere
  const inside = listOf(select['fromClause'])
    .map((item) => sourceOf(item, catalog, ctes))
    .reduce(both, nowhere)
  const inner = (path: string): string => `${alias}/${path}`
  const moved = (at: string): string => {
    const [path, column] = JSON.parse(at) as [string, string]
    return cell(inner(path), column)
  }
  const targets = listOf(select['targetList']).map((target) => {
    const result = fieldsOf(target, 'ResTarget')
    const column = columnOf(result?.['val'])
    const name = typeof result?.['name'] === 'string' ? result['name'] : column?.column
    return { name, column: fieldsOf(result?.['val'], 'ColumnRef') ? column : null }
  })
  return {
    ranges: inside.ranges.map((range) => ({ ...range, alias: '', path: inner(range.path) })),
    cellOf: (asked, column) => {
      if (asked !== alias) return null
      const at = names.indexOf(column)
      const found = at >= 0 ? targets[at] : targets.find((t) => t.name === column)
      const own = found?.column ? inside.cellOf(found.column.alias, found.column.column) : null
      return own === null ? null : moved(own)
    },
    equal: inside.equal.map(([a, b]) => [moved(a), moved(b)] as const),
  }
}

const equalities = (quals: unknown, source: Source): readonly (readonly [string, string])[] =>
  conjuncts(quals).flatMap((condition) => {
    const comparison = fieldsOf(condition, 'A_Expr')
    if (comparison?.['kind'] !== 'AEXPR_OP' || operatorName(comparison) !== '=') return []
    // A cast may make equal what is not.
    const sides = [comparison['lexpr'], comparison['rexpr']].map((side) =>
      fieldsOf(side, 'ColumnRef') ? columnOf(side) : null,
    )
    const [a, b] = sides.map((side) => (side ? source.cellOf(side.alias, side.column) : null))
    return a != null && b != null ? [[a, b] as const] : []
  })

/** What one item of FROM hands on whole. */
const sourceOf = (node: unknown, catalog: Catalog, ctes: Ctes): Source => {
  const join = fieldsOf(node, 'JoinExpr')
  if (join) {
    const type = wordOf(join['jointype'])
    const left = ['JOIN_INNER', 'JOIN_LEFT'].includes(type) ? sourceOf(join['larg'], catalog, ctes) : nowhere
    const right = ['JOIN_INNER', 'JOIN_RIGHT'].includes(type)
      ? sourceOf(join['rarg'], catalog, ctes)
      : nowhere
    const all = both(left, right)
    return type === 'JOIN_INNER' ? { ...all, equal: [...all.equal, ...equalities(join['quals'], all)] } : all
  }
  const subquery = fieldsOf(node, 'RangeSubselect')
  const select = fieldsOf(subquery?.['subquery'], 'SelectStmt')
  if (subquery && select) return ofSelect(select, aliasWord(subquery) ?? '', [], catalog, ctes)
  const named = fieldsOf(node, 'RangeVar')
  const name = wordOf(named?.['relname'])
  const cte = named && named['schemaname'] === undefined ? ctes.get(name) : undefined
  if (named && cte) {
    const others = new Map([...ctes].filter(([other]) => other !== name))
    return ofSelect(cte.select, aliasWord(named) ?? name, cte.names, catalog, others)
  }
  const range = rangeOf(node, catalog, ctes)
  return range
    ? {
        ranges: [range],
        cellOf: (alias, column) => (alias === range.alias ? cell(range.path, column) : null),
        equal: [],
      }
    : nowhere
}

interface Pair {
  readonly here: { readonly alias: string; readonly column: string }
  readonly column: string
}

/** `here.x = there.y`, for all that the condition says; null where it says anything else. */
const pairsOf = (quals: unknown, there: string): readonly Pair[] | null => {
  const pairs = conjuncts(quals).map((condition): Pair | null => {
    const comparison = fieldsOf(condition, 'A_Expr')
    if (comparison?.['kind'] !== 'AEXPR_OP' || operatorName(comparison) !== '=') return null
    const sides = [columnOf(comparison['lexpr']), columnOf(comparison['rexpr'])]
    const target = sides.find((side) => side?.alias === there)
    const here = sides.find((side) => side !== target)
    return target && here ? { here, column: target.column } : null
  })
  return pairs.length > 0 && pairs.every((pair) => pair !== null) ? pairs : null
}

/** All cells that are equal to this one. */
const classOf = (at: string, equal: Source['equal']): ReadonlySet<string> => {
  const found = new Set([at])
  for (const one of found)
    for (const [a, b] of equal) {
      if (a === one) found.add(b)
      if (b === one) found.add(a)
    }
  return found
}

const mostKeys = 4

/** Foreign keys from a row on, one after the other: what each table that is reached must have in which columns. */
const chain = (
  from: Range,
  target: string,
  isGiven: (column: string) => boolean,
  meets: (columns: ReadonlyMap<string, string>) => boolean,
  catalog: Catalog,
): readonly string[] | null => {
  interface Step {
    readonly table: string
    /** Column there → column of the first row. */
    readonly columns: ReadonlyMap<string, string>
    readonly keys: readonly string[]
  }
  const start = new Map((from.table?.columns ?? []).map((c) => [c.name, c.name]))
  let steps: readonly Step[] = from.table ? [{ table: from.table.id, columns: start, keys: [] }] : []
  for (let depth = 0; depth < mostKeys; depth++) {
    const next: Step[] = []
    for (const step of steps)
      for (const { id, facts } of referencesOf(catalog, step.table)) {
        if (facts.notValid || facts.notEnforced || facts.period || facts.deferrable !== 'no') continue
        const own = facts.columns.map((column) => step.columns.get(column))
        if (!own.every((column) => column !== undefined && isGiven(column))) continue
        const columns = new Map(facts.targetColumns.map((column, i) => [column, own[i]!] as const))
        const reached = { table: facts.target, columns, keys: [...step.keys, id] }
        if (facts.target === target && meets(columns)) return reached.keys
        if (!step.keys.includes(id)) next.push(reached)
      }
    steps = next
  }
  return null
}

/** Tables of one side of a join, under their names. */
const rangesOf = (node: unknown, catalog: Catalog, ctes: Ctes): readonly Range[] => {
  const join = fieldsOf(node, 'JoinExpr')
  if (join) return [...rangesOf(join['larg'], catalog, ctes), ...rangesOf(join['rarg'], catalog, ctes)]
  return [rangeOf(node, catalog, ctes) ?? []].flat()
}

/** Every row of this table comes out of this side at least once. */
const keepsAll = (node: unknown, alias: string, catalog: Catalog, ctes: Ctes): boolean => {
  const join = fieldsOf(node, 'JoinExpr')
  if (!join) return rangeOf(node, catalog, ctes)?.alias === alias
  const side = aliasesOf(join['larg']).includes(alias) ? 'larg' : 'rarg'
  if (!keepsAll(join[side], alias, catalog, ctes)) return false
  if ((kept[wordOf(join['jointype'])] ?? []).includes(side)) return true
  const other = side === 'larg' ? 'rarg' : 'larg'
  return keysBetween(join['quals'], join[side], join[other], catalog, ctes) !== null
}

/** The foreign keys that give every row of `from` its partner in `to`: the condition is what they promise and nothing else. */
export const keysBetween = (
  quals: unknown,
  from: unknown,
  to: unknown,
  catalog: Catalog,
  ctes: Ctes,
): readonly string[] | null => {
  const source = sourceOf(from, catalog, ctes)
  for (const target of rangesOf(to, catalog, ctes)) {
    const pairs = pairsOf(quals, target.alias)
    // Policies may hide the partner from who asks.
    if (!pairs || !target.table || target.table.rowSecurity) continue
    if (!keepsAll(to, target.alias, catalog, ctes)) continue
    const wanted = pairs.map(({ here, column }) => {
      const at = source.cellOf(here.alias, here.column)
      return { column, cells: at === null ? new Set<string>() : classOf(at, source.equal) }
    })
    for (const range of source.ranges) {
      const isGiven = (column: string): boolean =>
        range.table?.columns.some((c) => c.name === column && c.notNull) === true ||
        classOf(cell(range.path, column), source.equal).size > 1
      const meets = (columns: ReadonlyMap<string, string>): boolean =>
        columns.size === wanted.length &&
        wanted.every(({ column, cells }) => {
          const own = columns.get(column)
          return own !== undefined && cells.has(cell(range.path, own))
        })
      const keys = chain(range, target.table.id, isGiven, meets, catalog)
      if (keys) return keys
    }
  }
  return null
}
