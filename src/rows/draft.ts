/**
 * The rows of a table's families before PostgreSQL has seen them inserted: each column takes the family's own
 * value where its constraints allow, then what spans columns is searched for.
 */
import type { Column } from '../catalog/table.ts'
import { deriveValues } from './derived.ts'
import { evaluate } from './evaluate.ts'
import { isRelative, mended, mendingsOf, takeEqual } from './mending.ts'
import type { ReferenceFact, TableFacts } from './facts.ts'
import { groupOptions, groupReferences, type ParentKeys } from './reference-groups.ts'
import { type JudgedColumns, judgeColumns } from './judge-columns.ts'
import { constraintsOf, type RowConstraint, type RowGround, writableColumns } from './row-ground.ts'
import type { Row } from './rows.ts'
import { throughGenerated } from './generated-references.ts'
import { findRows, noneFalse, type Variable } from './search.ts'

/** A family's row with everything that may vary in it, present values first. */
export interface Draft {
  readonly family: number
  readonly row: Row
  readonly variables: readonly Variable[]
  /** What no search could satisfy. */
  readonly broken: readonly string[]
}

/** Rounds of deriving values and searching again: a total over a subtotal over a product takes two. */
const mostRounds = 3
/** Rows looked at for one that differs from the other families' rows. */
const mostAlike = 40

/** Which constraints each row breaks. */
export const brokenBy = async (
  ground: RowGround,
  facts: TableFacts,
  rows: readonly Row[],
  constraints: readonly RowConstraint[],
): Promise<RowConstraint[][]> => {
  if (constraints.length === 0) return rows.map(() => [])
  const names = new Set(constraints.flatMap((c) => c.columns))
  const columns = writableColumns(facts.table).filter((c) => names.has(c.name))
  const frame = {
    facts,
    columns: columns.map((column) => ({ column, options: rows.map((r) => r[column.name] ?? 'null') })),
  }
  const [verdicts] = await evaluate(ground.db, [
    {
      frame,
      combinations: rows.map((_r, i) => columns.map(() => i)),
      expressions: constraints.map((c) => noneFalse([c.expression])),
    },
  ])
  return rows.map((_r, i) => constraints.filter((_c, k) => verdicts![i]!.of[k] !== 't'))
}

/** The row pointing to `target`, a row of its own table. */
const selfValues = (
  row: Row,
  target: Row,
  references: readonly ReferenceFact[],
  taken: ReadonlySet<string>,
): Row => {
  const values = references.flatMap((ref) =>
    ref.columns.flatMap((column, i) => {
      const value = target[ref.targetColumns[i] ?? '']
      return taken.has(column) || value === undefined ? [] : [[column, value] as const]
    }),
  )
  return { ...row, ...Object.fromEntries(values) }
}

/** Drafts the rows of these families, distinct in every column that has enough values. */
export const draftFamilies = async (
  ground: RowGround,
  facts: TableFacts,
  families: readonly number[],
  keys: ParentKeys,
  /** Whose row the row of a family points to, where rows cannot point to themselves. */
  pointsTo?: (family: number) => number,
): Promise<readonly Draft[]> => {
  const { table } = facts
  const filled = ground.parents.hard(table.id)
  const own = ground.parents.own(table.id)
  const groups = groupReferences(facts, filled)
  const grouped = new Set(groups.flatMap((g) => g.columns.map((c) => c.name)))
  const toItself = new Set(own.flatMap((r) => r.columns).filter((c) => !grouped.has(c)))
  const unfilled = new Set(
    facts.references
      .filter((r) => !filled.includes(r) && !own.includes(r))
      .flatMap((r) => r.columns)
      .filter((c) => !grouped.has(c) && !table.columns.find((k) => k.name === c)?.notNull),
  )
  const free = writableColumns(table).filter(
    (c) => !grouped.has(c.name) && !toItself.has(c.name) && !unfilled.has(c.name),
  )
  const bound = throughGenerated(facts, filled, families, keys)
  const constraints = [...constraintsOf(facts), ...bound]
  const judged = await judgeColumns(ground, facts, free, {
    lightly: families.length,
    ...(bound.length > 0 ? { constraints, expressions: bound.map((c) => c.expression) } : {}),
  })
  const wide = constraints.filter((c) => c.columns.length > 1 || c.columns.some((n) => !judged.has(n)))

  const settle = (row: Row): Row => (pointsTo ? row : selfValues(row, row, own, grouped))
  const used = new Map<string, Set<string>>()
  const isUsed = (column: Column, sql: string): boolean =>
    sql !== 'null' && (used.get(column.name)?.has(sql) ?? false)
  const drafts: Draft[] = []
  for (const family of families) {
    const variables: Variable[] = [
      ...groups.map((g) => ({
        columns: g.columns,
        options: groupOptions(g, family, families, keys),
        points: true as const,
      })),
      ...free.map((column) => ({
        columns: [column],
        options: singleOptions(column, judged, family, isUsed),
      })),
    ].filter((v) => v.options.length > 0)
    const chosen = Object.fromEntries(
      variables.flatMap((v) => v.columns.map((c, i) => [c.name, v.options[0]![i]!] as const)),
    )
    const nulls = Object.fromEntries([...unfilled].map((c) => [c, 'null']))
    const row = settle({ ...nulls, ...chosen })
    for (const column of free) {
      const set = used.get(column.name) ?? new Set()
      set.add(row[column.name] ?? 'null')
      used.set(column.name, set)
    }
    drafts.push({ family, row, variables, broken: [] })
  }
  const empty = free.filter((c) => c.notNull && judged.get(c.name)?.accepted.length === 0)
  if (empty.length > 0)
    return drafts.map((d) => ({ ...d, broken: empty.map((c) => withoutValue(c, facts, judged)) }))
  const made = await mendDrafts(ground, facts, drafts, wide, constraints, settle)
  if (!pointsTo) return made
  const rowOf = new Map(made.map((d) => [d.family, d.row]))
  return made.map((d) => ({
    ...d,
    row: selfValues(d.row, rowOf.get(pointsTo(d.family)) ?? d.row, own, grouped),
  }))
}

const withoutValue = (column: Column, facts: TableFacts, judged: JudgedColumns): string => {
  const by = facts.checks.filter((c) => c.columns.length === 1 && c.columns[0] === column.name)
  const reasons = [
    ...by.map((c) => (c.name === null ? `CHECK (${c.expression})` : `CHECK ${c.name}`)),
    ...(column.domainChecks.length > 0 ? [`the domain ${column.typeName}`] : []),
  ]
  return `none of ${judged.get(column.name)?.all.length ?? 0} values tried for ${column.name} satisfies ${reasons.join(' and ') || `its type ${column.type}`}`
}

/** The options of one column in the order in which a family tries them. */
const singleOptions = (
  column: Column,
  judged: JudgedColumns,
  family: number,
  isUsed: (column: Column, sql: string) => boolean,
): readonly (readonly string[])[] => {
  const of = judged.get(column.name)
  const all = of?.accepted ?? []
  const moving = isRelative(of?.all.find((o) => o !== 'null')) && all.some(isRelative)
  // A literal that satisfies it today may not next month.
  const accepted = moving ? all.filter((o) => o === 'null' || isRelative(o)) : all
  const typical = of?.typical[family]
  const wantsNull = accepted[0] === 'null'
  const first = !wantsNull && typical !== undefined && accepted.includes(typical) ? [typical] : []
  const fresh = accepted.filter((o) => !isUsed(column, o) && (o !== 'null' || wantsNull))
  const stale = accepted.filter((o) => isUsed(column, o))
  const last = accepted.includes('null') ? ['null'] : []
  return [...new Set([...first, ...fresh, ...stale, ...last])].map((o) => [o])
}

const mendDrafts = async (
  ground: RowGround,
  facts: TableFacts,
  drafts: readonly Draft[],
  wide: readonly RowConstraint[],
  constraints: readonly RowConstraint[],
  settle: (row: Row) => Row,
): Promise<readonly Draft[]> => {
  let present = [...drafts]
  for (let round = 0; round <= mostRounds; round++) {
    const rows = present.map((d) => d.row)
    const broken = await brokenBy(ground, facts, rows, wide)
    present = present.map((d, i) => ({ ...d, broken: broken[i]!.map((c) => c.label) }))
    const failing = [...present.keys()].filter((i) => broken[i]!.length > 0)
    if (failing.length === 0 || round === mostRounds) break
    const expressions = wide.map((c) => c.expression)
    const derived = await deriveValues(
      ground,
      facts,
      failing.map((i) => rows[i]!),
      expressions,
    )
    const mendings = failing.flatMap((i, k) =>
      mendingsOf(facts, rows[i]!, present[i]!.variables, constraints, broken[i]!, derived[k]!).map((m) => ({
        ...m,
        i,
        k,
      })),
    )
    if (mendings.length === 0) break
    const found = await findRows(
      ground.db,
      mendings.map((m) => m.search),
      mostAlike,
    )
    for (const [at, { i, k, search, broken: about }] of mendings.entries()) {
      const draft = present[i]!
      const others = present.slice(0, i).map((d) => d.row)
      const best = mostDistinct(found[at]!, search.variables, others)
      const row = best ? mended(draft.row, best, search) : takeEqual(draft, derived[k]!, about)
      present[i] = { ...draft, row: settle(row) }
    }
  }
  return present
}

/** The first row that shares the fewest values with the families before it. */
const mostDistinct = (
  rows: readonly Row[],
  variables: readonly Variable[],
  others: readonly Row[],
): Row | undefined => {
  const varying = variables.filter((v) => v.columns.length === 1).map((v) => v.columns[0]!.name)
  const shared = (row: Row): number =>
    varying.filter((n) => row[n] !== 'null' && others.some((o) => o[n] === row[n])).length
  let best: Row | undefined
  for (const row of rows) if (best === undefined || shared(row) < shared(best)) best = row
  return best
}
