/**
 * Proves that two expressions agree on every row: each way in which their operands may compare with each other and
 * with the constants (and be null) is evaluated by PostgreSQL. What cannot be proven is answered false.
 */
import type { Session } from '../postgres/session.ts'
import { parseExpression } from '../postgres/parse.ts'
import { ident, literal } from '../postgres/quote.ts'
import { type Abstraction, abstractExpression, newAbstraction, type Term } from './abstraction.ts'
import { addDecimal, decimalPattern, isBelow } from './decimal.ts'
import type { TableFacts } from './facts.ts'
import { readNoTable } from './known-answers.ts'
import { askEach } from './savepoint.ts'
import { nameList, walk } from './tree.ts'
import { greatestConstant, leastConstant, type ValueRange } from './value-ranges.ts'

/** States beyond this many are not looked at: then nothing is proven. */
const mostStates = 200_000

/** Terms and constants that are compared, directly or through others. */
interface Group {
  readonly terms: readonly number[]
  readonly constants: readonly number[]
}

const groupsOf = ({ terms, constants, compared }: Abstraction): readonly Group[] => {
  const names = [...terms.map((_t, i) => `t${i}`), ...constants.map((_c, i) => `c${i}`)]
  // A constant belongs to every group that it is compared in, so it is kept apart per comparison.
  const parent = new Map(names.map((n) => [n, n]))
  const top = (n: string): string => {
    let at = n
    while (parent.get(at) !== at) at = parent.get(at)!
    return at
  }
  for (const [a, b] of compared) if (a.startsWith('t') && b.startsWith('t')) parent.set(top(a), top(b))
  const groups = new Map<string, { terms: number[]; constants: Set<number> }>()
  for (const [i] of terms.entries()) {
    const key = top(`t${i}`)
    const group = groups.get(key) ?? { terms: [], constants: new Set() }
    group.terms.push(i)
    groups.set(key, group)
  }
  for (const [a, b] of compared) {
    for (const [t, c] of [
      [a, b],
      [b, a],
    ] as const) {
      if (t.startsWith('t') && c.startsWith('c')) groups.get(top(t))!.constants.add(Number(c.slice(1)))
    }
  }
  return [...groups.values()].map((g) => ({ terms: g.terms, constants: [...g.constants] }))
}

/** Smallest difference of two values of all the terms; null when there is none. */
const stepOf = (terms: readonly Term[]): string | null => {
  const steps = terms.map((t) => {
    if (t.range?.isWhole || (t.type !== null && /^(?:smallint|integer|bigint)$/u.test(t.type))) return '1'
    const scale = /^numeric\(\d+,(\d+)\)$/u.exec(t.type ?? '')?.[1]
    return scale === undefined ? null : scale === '0' ? '1' : `0.${'0'.repeat(Number(scale) - 1)}1`
  })
  if (steps.some((s) => s === null)) return null
  return steps.reduce((a, b) => (isBelow(a!, b!) ? a : b)) ?? null
}

const onGrid = (value: string, step: string): boolean => {
  const digits = step.split('.')[1]?.length ?? 0
  const fraction = (value.split('.')[1] ?? '').replace(/0+$/u, '')
  return decimalPattern.test(value) && fraction.length <= digits
}

/** The values that stand for all values of a group's terms, and its constants among them. */
interface Values {
  readonly values: readonly string[]
  readonly constants: ReadonlyMap<number, string>
}

/** What all of the terms lie between; null where they differ in that, or nothing is known. */
const rangeOfAll = (terms: readonly Term[]): ValueRange | null => {
  const [first = null, ...others] = terms.map(({ range }) => range)
  return others.every((other) => JSON.stringify(other) === JSON.stringify(first)) ? first : null
}

const isWithin = (value: string, { least, most }: ValueRange): boolean =>
  (least === null || !isBelow(value, least)) && (most === null || !isBelow(most, value))

const rankQuery = (type: string, constants: readonly string[]): string =>
  `select dense_rank() over (order by cast(v as ${type}))::text from unnest(array[${constants.map((c) => `cast(${literal(c)} as text)`).join(', ')}]) with ordinality as u (v, n) order by n`

/** Without its modifier: a cast to varchar(3) would make different constants the same. */
const unlimited = (type: string): string => {
  const plain = type.replace(/\(\d+(?:,-?\d+)?\)/u, '')
  return plain === 'character' ? 'bpchar' : plain
}

const valuesOf = async (
  db: Session,
  { terms: all, constants: texts }: Abstraction,
  group: Group,
): Promise<Values | null> => {
  const terms = group.terms.map((i) => all[i]!)
  const count = terms.length
  const constants = group.constants.map((i) => [i, texts[i]!] as const)
  if (terms.every((t) => t.boolean)) {
    if (constants.some(([, c]) => c !== 'true' && c !== 'false')) return null
    return { values: ['true', 'false'], constants: new Map(constants) }
  }
  const labels = terms.every((t) => t.column?.typeKind === 'enum') ? terms[0]!.column!.labels : null
  if (labels) {
    const places = constants.map(([i, c]) => [i, String(labels.indexOf(c) + 1)] as const)
    if (places.some(([, p]) => p === '0')) return null
    return { values: labels.map((_l, i) => String(i + 1)), constants: new Map(places) }
  }
  const range = rangeOfAll(terms)
  const among = range?.among
  if (among && constants.every(([, c]) => among.includes(c))) {
    const places = constants.map(([i, c]) => [i, String(among.indexOf(c) + 1)] as const)
    return { values: among.map((_word, i) => String(i + 1)), constants: new Map(places) }
  }
  const step = stepOf(terms)
  if (step !== null && constants.every(([, c]) => onGrid(c, step))) {
    const around = constants.flatMap(([, c]) =>
      Array.from({ length: 2 * count + 1 }, (_, k) => addDecimal(c, step, k - count)),
    )
    const values = constants.length === 0 ? Array.from({ length: count }, (_, k) => String(k + 1)) : around
    const possible = range === null ? values : values.filter((value) => isWithin(value, range))
    return { values: [...new Set(possible)], constants: new Map(constants) }
  }
  const type = terms.find((t) => t.type !== null)?.type ?? null
  let ranks = constants.map(() => 1)
  if (constants.length > 1) {
    if (type === null) return null
    const ranked = rankQuery(
      unlimited(type),
      constants.map(([, c]) => c),
    )
    const [reply] = await askEach(db, [ranked], { anywhere: await readNoTable(db, [type]) })
    if (!reply || reply.fault) return null
    ranks = (reply.commands.at(-1)?.rows ?? []).map((r) => Number(r[0]))
  }
  const most = Math.max(0, ...ranks)
  const room = count + 1
  // Nothing sorts before the least value or behind the greatest, where it is one of the constants.
  const written = constants.map(([, c]) => c)
  const placeOf = (text: string | null, otherwise: number): number => {
    const at = text === null ? -1 : written.indexOf(text)
    return at < 0 ? otherwise : ranks[at]! * room
  }
  const least = placeOf(range?.least ?? (type === null ? null : leastConstant(type, written)), 1)
  const last = placeOf(type === null ? null : greatestConstant(type, written), (most + 1) * room - 1)
  return {
    values: Array.from({ length: last - least + 1 }, (_, i) => String(i + least)),
    constants: new Map(constants.map(([i], k) => [i, String(ranks[k]! * room)])),
  }
}

/** For each of `others`, whether it accepts exactly the rows that the expression accepts, among those the standing constraints allow. */
export const proveAgreement = async (
  db: Session,
  facts: TableFacts,
  expression: string,
  others: readonly string[],
  standing: readonly { readonly expression: string; readonly columns: readonly string[] }[],
): Promise<readonly boolean[]> => {
  if (others.length === 0) return []
  const answers = await proveUnder(db, facts, expression, others, standing)
  // Without the standing constraints there are fewer variables: what holds there holds here too.
  if (answers.every(Boolean) || standing.length === 0) return answers
  const alone = await proveUnder(db, facts, expression, others, [])
  return answers.map((a, i) => a || alone[i]!)
}

const functionsIn = (sql: string): readonly string[] => {
  const names: string[] = []
  walk(parseExpression(sql), (kind, body) => {
    if (kind === 'FuncCall') names.push(nameList(body['funcname']).at(-1) ?? '')
  })
  return names
}

/** Functions that are not IMMUTABLE may answer otherwise next time. */
const mutableSql = (names: readonly string[]): string =>
  `select exists (select from pg_catalog.pg_proc where provolatile <> 'i' and proname in (${names.map((n) => literal(n)).join(', ')}))`

/** Null of its only column makes such a term null: PostgreSQL says so of each. */
const nullsAlone = async (db: Session, facts: TableFacts, into: Abstraction): Promise<readonly string[]> => {
  const asked = into.terms.flatMap(({ alone }, i) => {
    const column = facts.table.columns.find((c) => c.name === alone?.column)
    return alone && column && !/operator\(/iu.test(alone.sql) ? [{ i, column, sql: alone.sql }] : []
  })
  const replies = await askEach(
    db,
    asked.flatMap(({ column, sql }) => {
      const called = functionsIn(sql)
      const row = `(select cast(null as ${column.type}) as ${ident(column.name)} offset 0) as ${ident(facts.table.name)}`
      return [
        called.length === 0 ? 'select false' : mutableSql(called),
        `select (${sql}\n) is null from ${row}`,
      ]
    }),
  )
  const answer = (at: number): string | null | undefined => replies[at]?.commands.at(-1)?.rows[0]?.[0]
  return asked.flatMap(({ i, column }, k) => {
    const at = into.terms.findIndex((t) => t.column?.name === column.name)
    return answer(2 * k) === 'f' && answer(2 * k + 1) === 't' && at >= 0
      ? [`(t${at} is not null or t${i} is null)`]
      : []
  })
}

/** Where terms of one group are known to stand to each other. */
const roundings = ({ terms }: Abstraction, groups: readonly Group[]): readonly string[] =>
  terms.flatMap(({ rounded }, i) => {
    const from = terms.findIndex(({ column }) => rounded !== undefined && column?.name === rounded.column)
    const isCompared = groups.some((group) => group.terms.includes(i) && group.terms.includes(from))
    return isCompared ? [`coalesce(t${i} ${rounded!.operator} t${from}, true)`] : []
  })

const proveUnder = async (
  db: Session,
  facts: TableFacts,
  expression: string,
  others: readonly string[],
  standing: readonly { readonly expression: string; readonly columns: readonly string[] }[],
): Promise<readonly boolean[]> => {
  const nothing = others.map(() => false)
  const into = newAbstraction()
  const own = abstractExpression(facts, expression, into)
  if (own === null) return nothing
  const theirs = others.map((o) => abstractExpression(facts, o, into))
  const touched = new Set(into.terms.flatMap((t) => (t.column ? [t.column.name] : (t.nullWith ?? []))))
  const beside: string[] = []
  const open = new Set(standing)
  for (let grew = true; grew;) {
    grew = false
    for (const s of open) {
      if (!s.columns.some((c) => touched.has(c))) continue
      open.delete(s)
      grew = true
      for (const c of s.columns) touched.add(c)
      const text = abstractExpression(facts, s.expression, into)
      if (text !== null) beside.push(text)
    }
  }

  const groups = groupsOf(into)
  const values = new Map<number, readonly string[]>()
  const constants = new Map<string, string>()
  for (const group of groups) {
    const of = await valuesOf(db, into, group)
    if (!of) return nothing
    for (const t of group.terms) {
      values.set(t, of.values)
      for (const [c, v] of of.constants) constants.set(`t${t} c${c}`, v)
    }
  }
  const columnAt = (name: string): number => into.terms.findIndex((t) => t.column?.name === name)
  const variables = into.terms.map((t, i) => {
    const nullable = t.nullWith === null || t.nullWith.length > 0
    return [...values.get(i)!, ...(nullable ? ['null'] : [])]
  })
  if (variables.reduce((n, v) => n * v.length, 1) > mostStates) return nothing

  const typed = (t: Term): string => (t.boolean ? 'boolean' : 'numeric')
  const lists = into.terms.map(
    (t, i) =>
      `(values ${variables[i]!.map((v) => `(cast(${v} as ${typed(t)}))`).join(', ')}) as v${i} (t${i})`,
  )
  const nulls = into.terms.flatMap((t, i) => {
    if (t.column || t.nullWith === null) return []
    if (t.nullWith.length === 0) return [`t${i} is not null`]
    return [`(t${i} is null) = (${t.nullWith.map((c) => `t${columnAt(c)} is null`).join(' or ')})`]
  })
  nulls.push(...(await nullsAlone(db, facts, into)), ...roundings(into, groups))
  const written = (sql: string): string =>
    sql
      .replaceAll(
        /\(@(t\d+)@ ([^@]*?) @(c\d+)@\)/gu,
        (_m, t: string, op: string, c: string) => `(${t} ${op} ${constants.get(`${t} ${c}`) ?? 'null'})`,
      )
      .replaceAll(
        /\(@(c\d+)@ ([^@]*?) @(t\d+)@\)/gu,
        (_m, c: string, op: string, t: string) => `(${constants.get(`${t} ${c}`) ?? 'null'} ${op} ${t})`,
      )
      .replaceAll(/@(t\d+)@/gu, '$1')
  const texts = theirs.map((t) => (t === null ? null : written(t)))
  const all = [own, ...beside].map(written)
  if ([...all, ...texts].some((t) => t?.includes('@'))) return nothing
  const counts = texts.map((t) =>
    t === null ? '1' : `count(*) filter (where ((${all[0]}) is not false) <> ((${t}) is not false))`,
  )
  const where = ['true', ...nulls, ...all.slice(1).map((s) => `(${s}) is not false`)]
  const from = lists.length === 0 ? '' : ` from ${lists.join(' cross join ')}`
  const anywhere = await readNoTable(db, [...counts, ...where])
  const question = `select ${counts.join(', ')}${from} where ${where.join(' and ')}`
  const [reply] = await askEach(db, [question], { anywhere })
  if (!reply || reply.fault) return nothing
  return (reply.commands.at(-1)?.rows[0] ?? []).map((n) => n === '0')
}
