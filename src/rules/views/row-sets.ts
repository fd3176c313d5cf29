/** Changes of whole rows under a view: gone with all that refers to them, more of them, alike, pointing to one another. */
import { referencesOf } from '../../catalog/references.ts'
import { primaryKeysOf } from '../../catalog/primary-key.ts'
import { uniquesOf } from '../../catalog/unique.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { ident, identList, qualified } from '../../postgres/quote.ts'
import type { Family } from '../../rows/rows.ts'
import { freshValues } from '../fresh-value.ts'
import type { RuleContext } from '../rule-kind.ts'
import { listed, noun } from '../sentence.ts'
import type { FilledTable } from './relation-rows.ts'
import { isWritable, keyColumns, pointers, type RowChange } from './row-change.ts'

const deletion = ({ table }: FilledTable, where: string | null): string =>
  `delete from ${qualified(table)}${where === null ? '' : ` where ${where}`}`

/** Tables whose rows refer to rows of this one, at any distance, the farthest first. */
const referring = (
  catalog: Catalog,
  table: Table,
  standing: readonly FilledTable[],
): readonly FilledTable[] => {
  const found: FilledTable[] = []
  const visit = (id: string, path: ReadonlySet<string>): void => {
    for (const one of standing) {
      if (path.has(one.table.id) || found.includes(one)) continue
      if (!referencesOf(catalog, one.table.id).some(({ facts }) => facts.target === id)) continue
      visit(one.table.id, new Set([...path, one.table.id]))
      found.push(one)
    }
  }
  visit(table.id, new Set([table.id]))
  return found
}

/** One statement, so that foreign keys are asked when all of it is done. */
const together = (statements: readonly string[]): string => {
  const last = statements.at(-1) ?? ''
  const before = statements.slice(0, -1).map((sql, i) => `"assay ${i + 1}" as (${sql})`)
  return before.length === 0 ? last : `with ${before.join(', ')} ${last}`
}

/** A row, or all of them, gone; with what refers to it where there is any. */
export const gone = (
  { rows, catalog }: RuleContext,
  one: FilledTable,
  standing: readonly FilledTable[],
): readonly RowChange[] => {
  const { table } = one
  const others = referring(catalog, table, standing)
  const whereOf = (t: FilledTable): string => {
    const a = t.rows.get('a')
    return a ? rows.where(t.table, a) : 'false'
  }
  const with_ = others.length === 0 ? '' : ', and with it what refers to it'
  return [
    ...(one.rows.has('a')
      ? [
          {
            title: `a row of ${noun(table)} gone${with_}`,
            sql: together([...others, one].map((t) => deletion(t, whereOf(t)))),
            table: table.id,
          },
          {
            title: `one row of ${noun(table)} alone`,
            sql: together([...others, one].map((t) => deletion(t, `not coalesce((${whereOf(t)}), false)`))),
            table: table.id,
            promises: 'alone' as const,
          },
        ]
      : []),
    {
      title: `no row of ${noun(table)}`,
      sql: together([...others, one].map((t) => deletion(t, null))),
      table: table.id,
    },
  ]
}

/** Columns of this row, or of all others, become those of another row of the same table. */
const taken = (
  { rows }: RuleContext,
  { table, rows: own }: FilledTable,
  from: Family,
  to: Family | 'all',
  pairs: readonly { readonly set: string; readonly of: string }[],
): string | null => {
  const [source, target] = [own.get(from), own.get(to === 'all' ? 'b' : to)]
  if (!source || !target || pairs.length === 0) return null
  const relation = qualified(table)
  const values = pairs.map((p) => `"assay a".${ident(p.of)}`).join(', ')
  return `update ${relation} as "assay b" set (${identList(pairs.map((p) => p.set))}) = (select ${values} from ${relation} as "assay a" where ${rows.where(table, source)})${to === 'all' ? '' : ` where ${rows.where(table, target)}`}`
}

/** Rows that are alike: in all but their keys, in what they point to, in one column. */
export const gathered = (
  context: RuleContext,
  one: FilledTable,
  spoken: ReadonlySet<string>,
): readonly RowChange[] => {
  const { table, rows } = one
  const { catalog } = context
  const [a, b] = [rows.get('a'), rows.get('b')]
  if (!a || !b) return []
  const keys = keyColumns(catalog, table)
  const differs = (c: Column): boolean => a[c.name] !== undefined && a[c.name] !== b[c.name]
  const plain = table.columns.filter((c) => isWritable(c) && !keys.has(c.name) && differs(c))
  const references = referencesOf(catalog, table.id).map(({ facts }) => facts.columns)
  const groups: readonly { readonly columns: readonly string[]; readonly title: string }[] = [
    { columns: plain.map((c) => c.name), title: `two rows of ${noun(table)} that are alike` },
    ...references.map((columns) => ({
      columns,
      title: `two rows of ${noun(table)} with the same ${listed(columns)}`,
    })),
    ...plain
      .filter((c) => spoken.has(c.name))
      .map((c) => ({ columns: [c.name], title: `two rows of ${noun(table)} with the same ${c.name}` })),
  ]
  const known = new Set<string>()
  const all = taken(
    context,
    one,
    'a',
    'all',
    plain.map((c) => ({ set: c.name, of: c.name })),
  )
  const others: readonly RowChange[] =
    all === null
      ? []
      : [{ title: `all rows of ${noun(table)} alike`, sql: all, table: table.id, promises: 'alike' }]
  const some = groups.flatMap(({ columns, title }, i): RowChange[] => {
    const key = columns.join(' ')
    if (columns.length === 0 || known.has(key)) return []
    known.add(key)
    const sql = taken(
      context,
      one,
      'a',
      'b',
      columns.map((name) => ({ set: name, of: name })),
    )
    const promises = i === 0 ? 'alike' : i <= references.length ? 'gathers' : null
    return sql === null
      ? []
      : [{ title, sql, table: table.id, ...(promises === null ? {} : ({ promises } as const)) }]
  })
  return [...some, ...others]
}

/** A table that refers to itself: the second row stands under the first, the third under the second. */
export const chained = (context: RuleContext, one: FilledTable): readonly RowChange[] =>
  referencesOf(context.catalog, one.table.id)
    .filter(({ facts }) => facts.target === one.table.id)
    .flatMap(({ facts }) => {
      const pairs = facts.columns.map((set, i) => ({ set, of: facts.targetColumns[i] ?? set }))
      const by = listed(facts.columns)
      return (
        [
          ['a', 'b'],
          ['b', 'c'],
        ] as const
      ).flatMap(([from, to]): RowChange[] => {
        const sql = taken(context, one, from, to, pairs)
        return sql === null
          ? []
          : [
              {
                title: `row ${to} of ${noun(one.table)} under row ${from} by ${by}`,
                sql,
                table: one.table.id,
                promises: 'pairs',
              },
            ]
      })
    })

/** More rows, each under the one before, the first under the first: as deep as the query counts, and deeper. */
export const deepened = async (
  context: RuleContext,
  one: FilledTable,
  counts: readonly number[],
): Promise<readonly RowChange[]> => {
  const changes: RowChange[] = []
  for (const { facts } of referencesOf(context.catalog, one.table.id)) {
    const [pointer, target] = [facts.columns[0], facts.targetColumns[0]]
    if (facts.target !== one.table.id || facts.columns.length > 1 || !pointer || !target) continue
    for (const count of counts) {
      const keys = await freshKeys(context, one, count)
      const own = keys?.get(target)
      const first = one.rows.get('a')?.[target]
      if (!keys || !own || first === undefined) continue
      const under = new Map([...keys, [pointer, [first, ...own].slice(0, count)] as const])
      changes.push({
        title: `${count} rows of ${noun(one.table)} each under the one before by ${pointer}`,
        sql: copiesSql(context, one, count, under, []),
        table: one.table.id,
        promises: 'copies',
      })
    }
  }
  return changes
}

const isNumber = /^(?:smallint|integer|bigint|numeric|real|double)/u
const isMoment = /^(?:date|timestamp)/u

/** A column of the nth copy, counted on where its type can. */
const stepped = (column: Column, n: number): string => {
  if (isNumber.test(column.type)) return `${ident(column.name)} + ${n}`
  if (isMoment.test(column.type)) return `${ident(column.name)} + interval '${n} day'`
  return ident(column.name)
}

/** Fresh values for each key of a table, one column of each; null where a key leaves nothing to choose. */
const freshKeys = async (
  context: RuleContext,
  { table, rows }: FilledTable,
  count: number,
): Promise<ReadonlyMap<string, readonly string[]> | null> => {
  const { catalog } = context
  const a = rows.get('a')
  if (!a) return null
  const points = pointers(catalog, table)
  const keys = [
    ...primaryKeysOf(catalog, table.id).map(({ facts }) => facts.columns),
    ...uniquesOf(catalog, table.id).map(({ facts }) => facts.keys.flatMap((key) => key.column ?? [])),
  ]
  const chosen = new Map<string, readonly string[]>()
  for (const key of keys) {
    if (key.some((name) => chosen.has(name) || a[name] === 'null')) continue
    const free = table.columns.find((c) => key.includes(c.name) && !points.has(c.name))
    if (!free) return null
    const fresh = await freshValues(context, table, free.name)
    const last = rows.get('c')?.[free.name] ?? a[free.name]
    if (fresh.length >= count) chosen.set(free.name, fresh)
    else if (last !== undefined && (isNumber.test(free.type) || isMoment.test(free.type))) {
      const step = (n: number): string => (isNumber.test(free.type) ? String(n) : `interval '${n} day'`)
      chosen.set(
        free.name,
        Array.from({ length: count }, (_, i) => `cast(${last} as ${free.type}) + ${step(i + 1)}`),
      )
    } else return null
  }
  return chosen
}

/** Rows like the first one as it stands then, but for their keys. */
const copiesSql = (
  { rows }: RuleContext,
  { table, rows: own }: FilledTable,
  count: number,
  keys: ReadonlyMap<string, readonly string[]>,
  varied: readonly Column[],
): string => {
  const columns = table.columns.filter((c) => c.generated === null && (isWritable(c) || keys.has(c.name)))
  const overriding = columns.some((c) => c.identity === 'always') ? ' overriding system value' : ''
  const where = rows.where(table, own.get('a') ?? {})
  const selects = Array.from({ length: count }, (_, i) => {
    const values = columns.map(
      (c) => keys.get(c.name)?.[i] ?? (varied.includes(c) ? stepped(c, i + 1) : ident(c.name)),
    )
    const typed = values.map((value, k) =>
      keys.has(columns[k]!.name) ? `cast(${value} as ${columns[k]!.type})` : value,
    )
    return `(select ${typed.join(', ')} from ${qualified(table)} where ${where})`
  })
  return `insert into ${qualified(table)} (${identList(columns.map((c) => c.name))})${overriding} ${selects.join(' union all ')}`
}

/** More rows of a table, as often as the query counts. `spoken`: columns that its values are made of. */
export const copied = async (
  context: RuleContext,
  one: FilledTable,
  counts: readonly number[],
  spoken: ReadonlySet<string>,
): Promise<readonly RowChange[]> => {
  const { table } = one
  const keys = keyColumns(context.catalog, table)
  const points = pointers(context.catalog, table)
  const varied = table.columns.filter(
    (c) =>
      spoken.has(c.name) &&
      isWritable(c) &&
      !keys.has(c.name) &&
      !points.has(c.name) &&
      (isNumber.test(c.type) || isMoment.test(c.type)),
  )
  const changes: RowChange[] = []
  for (const count of counts) {
    const keysOfCopies = await freshKeys(context, one, count)
    if (keysOfCopies === null) return changes
    for (const columns of varied.length === 0 ? [[]] : [[], varied]) {
      const differing =
        columns.length === 0 ? '' : `, each with another ${listed(columns.map((c) => c.name))}`
      changes.push({
        title: `${count} more rows of ${noun(table)} like the first${differing}`,
        sql: copiesSql(context, one, count, keysOfCopies, columns),
        table: table.id,
        ...(columns.length === 0 ? { promises: 'copies' } : {}),
      })
    }
  }
  return changes
}
