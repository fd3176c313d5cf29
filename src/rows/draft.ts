/**
 * The rows of a table's families before PostgreSQL has seen them inserted: each column takes the family's own
 * value where its constraints allow, then what spans columns is searched for.
 */
import type { Column } from '../catalog/table.ts'
import { comparisonsIn, deriveValues } from './derived.ts'
import { evaluate } from './evaluate.ts'
import type { TableFacts } from './facts.ts'
import { groupOptions, groupReferences, type ParentKeys } from './reference-groups.ts'
import {
  constraintsOf,
  type JudgedColumns,
  judgeColumns,
  type RowGround,
  writableColumns,
} from './row-ground.ts'
import type { Row } from './rows.ts'
import { findRows, noneFalse, type Search, type Variable } from './search.ts'

/** A family's row with everything that may vary in it, present values first. */
export interface Draft {
  readonly family: number
  readonly row: Row
  readonly variables: readonly Variable[]
  /** What no search could satisfy. */
  readonly broken: readonly string[]
}

const mostCombinations = 4_000
/** Rounds of deriving values and searching again: a total over a subtotal over a product takes two. */
const mostRounds = 3
/** Rows looked at for one that differs from the other families' rows. */
const mostAlike = 40

type Constraint = ReturnType<typeof constraintsOf>[number]

/** The variables that a set of broken constraints reaches through all constraints they share columns with. */
const reached = (
  variables: readonly Variable[],
  constraints: readonly Constraint[],
  broken: readonly Constraint[],
): { readonly variables: readonly Variable[]; readonly constraints: readonly Constraint[] } => {
  const columns = new Set(broken.flatMap((c) => c.columns))
  const taken = new Set<Constraint>(broken)
  for (let grew = true; grew;) {
    grew = false
    for (const v of variables) {
      if (v.columns.some((c) => columns.has(c.name))) for (const c of v.columns) columns.add(c.name)
    }
    for (const c of constraints) {
      if (!taken.has(c) && c.columns.length > 1 && c.columns.some((n) => columns.has(n))) {
        taken.add(c)
        for (const n of c.columns) columns.add(n)
        grew = true
      }
    }
  }
  return {
    variables: variables.filter((v) => v.columns.some((c) => columns.has(c.name))),
    constraints: constraints.filter((c) => taken.has(c) || c.columns.some((n) => columns.has(n))),
  }
}

/** Puts `first` first, then the rest, each once. */
const startingWith = (
  first: readonly string[],
  rest: readonly (readonly string[])[],
): readonly (readonly string[])[] => [
  ...new Map([first, ...rest].map((o) => [JSON.stringify(o), o])).values(),
]

/** One search that mends a row's broken constraints; null when nothing of it may vary. */
export const mendingSearch = (
  facts: TableFacts,
  row: Row,
  variables: readonly Variable[],
  constraints: readonly Constraint[],
  broken: readonly Constraint[],
  derived: ReadonlyMap<string, readonly string[]>,
  limit = mostCombinations,
): Search | null => {
  const part = reached(variables, constraints, broken)
  if (part.variables.length === 0) return null
  const names = new Set(part.constraints.flatMap((c) => c.columns))
  return {
    facts,
    row,
    variables: part.variables.map((v) => {
      const present = v.columns.map((c) => row[c.name] ?? 'null')
      const moving = v.options.every((o) => o.every((sql) => sql === 'null' || isRelative(sql)))
      const more = v.columns.length === 1 ? (derived.get(v.columns[0]!.name) ?? []) : []
      const lasting = more.filter((d) => !moving || isRelative(d)).map((d) => [d])
      return { columns: v.columns, options: startingWith(present, [...lasting, ...v.options]) }
    }),
    fixed: facts.table.columns.filter((c) => c.generated === null && names.has(c.name)),
    expressions: part.constraints.map((c) => c.expression),
    limit,
  }
}

/** Which constraints each row breaks. */
const brokenBy = async (
  ground: RowGround,
  facts: TableFacts,
  rows: readonly Row[],
  constraints: readonly Constraint[],
): Promise<Constraint[][]> => {
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

const selfValues = (
  row: Row,
  facts: TableFacts,
  references: readonly { readonly columns: readonly string[]; readonly targetColumns: readonly string[] }[],
  taken: ReadonlySet<string>,
): Row => {
  const values: Record<string, string> = {}
  for (const ref of references) {
    for (const [i, column] of ref.columns.entries()) {
      const target = ref.targetColumns[i]
      if (!taken.has(column) && target !== undefined && row[target] !== undefined)
        values[column] = row[target]
    }
  }
  return { ...row, ...values }
}

/** Drafts the rows of these families, distinct in every column that has enough values. */
export const draftFamilies = async (
  ground: RowGround,
  facts: TableFacts,
  families: readonly number[],
  keys: ParentKeys,
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
  const judged = await judgeColumns(ground, facts, free, { lightly: true })
  const constraints = constraintsOf(facts)
  const wide = constraints.filter((c) => c.columns.length > 1 || c.columns.some((n) => !judged.has(n)))

  const used = new Map<string, Set<string>>()
  const isUsed = (column: Column, sql: string): boolean =>
    sql !== 'null' && (used.get(column.name)?.has(sql) ?? false)
  const drafts: Draft[] = []
  for (const family of families) {
    const variables: Variable[] = [
      ...groups.map((g) => ({ columns: g.columns, options: groupOptions(g, family, families, keys) })),
      ...free.map((column) => ({
        columns: [column],
        options: singleOptions(column, judged, family, isUsed),
      })),
    ].filter((v) => v.options.length > 0)
    const chosen = Object.fromEntries(
      variables.flatMap((v) => v.columns.map((c, i) => [c.name, v.options[0]![i]!] as const)),
    )
    const nulls = Object.fromEntries([...unfilled].map((c) => [c, 'null']))
    const row = selfValues({ ...nulls, ...chosen }, facts, own, grouped)
    for (const column of free) {
      const set = used.get(column.name) ?? new Set()
      set.add(row[column.name] ?? 'null')
      used.set(column.name, set)
    }
    drafts.push({ family, row, variables, broken: [] })
  }
  const empty = free.filter((c) => c.notNull && judged.get(c.name)?.accepted.length === 0)
  if (empty.length > 0) return drafts.map((d) => ({ ...d, broken: empty.map((c) => withoutValue(c, facts, judged)) }))
  return mendDrafts(ground, facts, drafts, wide, constraints, (row) => selfValues(row, facts, own, grouped))
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
  const first =
    !wantsNull && typical !== undefined && accepted.includes(typical) ? [typical] : []
  const fresh = accepted.filter((o) => !isUsed(column, o) && (o !== 'null' || wantsNull))
  const stale = accepted.filter((o) => isUsed(column, o))
  const last = accepted.includes('null') ? ['null'] : []
  return [...new Set([...first, ...fresh, ...stale, ...last])].map((o) => [o])
}

const isRelative = (sql: string | undefined): boolean => /now\(\)|current_|localtime/iu.test(sql ?? '')

const mendDrafts = async (
  ground: RowGround,
  facts: TableFacts,
  drafts: readonly Draft[],
  wide: readonly Constraint[],
  constraints: readonly Constraint[],
  settle: (row: Row) => Row,
): Promise<readonly Draft[]> => {
  let present = [...drafts]
  for (let round = 0; round <= mostRounds; round++) {
    const broken = await brokenBy(
      ground,
      facts,
      present.map((d) => d.row),
      wide,
    )
    present = present.map((d, i) => ({ ...d, broken: broken[i]!.map((c) => c.label) }))
    const failing = present.flatMap((draft, i) =>
      broken[i]!.length > 0 ? [{ draft, i, broken: broken[i]! }] : [],
    )
    if (failing.length === 0 || round === mostRounds) break
    const expressions = wide.map((c) => c.expression)
    const derived = await deriveValues(
      ground.db,
      facts,
      failing.map((f) => f.draft.row),
      expressions,
    )
    const searches = failing.map((f, k) =>
      mendingSearch(facts, f.draft.row, f.draft.variables, constraints, f.broken, derived[k]!),
    )
    const asked = searches.flatMap((s, k) => (s ? [{ s, k }] : []))
    const found = await findRows(
      ground.db,
      asked.map((a) => a.s),
      mostAlike,
    )
    for (const [at, { k }] of asked.entries()) {
      const { draft, i } = failing[k]!
      const others = present.slice(0, i).map((d) => d.row)
      const row =
        mostDistinct(found[at] ?? [], draft, others) ??
        takeEqual(facts, draft.row, derived[k]!, failing[k]!.broken)
      present[i] = { ...draft, row: settle(row) }
    }
    if (asked.length === 0) break
  }
  return present
}

/** The first row that shares the fewest values with the families before it. */
const mostDistinct = (rows: readonly Row[], draft: Draft, others: readonly Row[]): Row | undefined => {
  const varying = draft.variables.filter((v) => v.columns.length === 1).map((v) => v.columns[0]!.name)
  const shared = (row: Row): number =>
    varying.filter((n) => row[n] !== 'null' && others.some((o) => o[n] === row[n])).length
  let best: Row | undefined
  for (const row of rows) if (best === undefined || shared(row) < shared(best)) best = row
  return best
}

/** When no single search helps, the values that equalities ask for are taken as they are, for the next round to build on. */
const takeEqual = (
  facts: TableFacts,
  row: Row,
  derived: ReadonlyMap<string, readonly string[]>,
  broken: readonly Constraint[],
): Row => {
  const columns = new Set(comparisonsIn(broken.map((c) => c.expression)).map((c) => c.column))
  const taken = [...derived].flatMap(([name, values]) =>
    columns.has(name) && values[0] !== undefined && facts.table.columns.some((c) => c.name === name)
      ? [[name, values[0]] as const]
      : [],
  )
  return { ...row, ...Object.fromEntries(taken) }
}
