/**
 * Finds data on which a query answers otherwise than its broken ones: PostgreSQL runs them all over the same rows, on
 * one change of these rows after the other, until nobody is left who answers the same.
 */
import { ident } from '../../postgres/quote.ts'
import type { Reply, Session } from '../../postgres/session.ts'
import type { World } from '../experiment.ts'
import type { RowChange } from './row-changes.ts'

export interface Told {
  readonly changes: readonly RowChange[]
  /** Rows that the query shows there. */
  readonly rows: number
}

export interface Apart {
  /** Data sets, the rows as they stand first; each tells at least one broken query apart. */
  readonly told: readonly Told[]
  /** Indexes of broken queries that answered the same on everything that was tried. */
  readonly untold: readonly number[]
  readonly tried: number
  /** On the same rows the query does not answer the same twice. */
  readonly unsteady: boolean
}

export interface ApartParts {
  readonly db: Session
  readonly world: World
  /** Whose rights the view has. */
  readonly owner: string
  readonly query: string
  readonly broken: readonly string[]
  readonly changes: readonly RowChange[]
  /** What to start from where the query throws on the rows as they stand. */
  readonly otherwise: readonly RowChange[]
}

/** Rows as sorted text: types without an order or an equality of their own are compared, too. */
const linesOf = (query: string): string => `select "assay row"::text as line from (${query}\n) as "assay row"`

const digestOf = (query: string): string =>
  `(select md5(coalesce(string_agg(line, E'\\n' order by line), '')) from (${linesOf(query)}) as "assay lines")`

const countOf = (query: string): string => `(select count(*)::text from (${query}\n) as "assay row")`

const chunk = 25
/** Rounds in which changes are made on top of those that came nearest. */
const mostRounds = 3
const mostChanges = 160
/** Lists of changes in one write: what they tell apart is not asked about again. */
const atOnce = 6

interface Answers {
  readonly rows: number
  readonly told: ReadonlySet<number>
  readonly steady: boolean
}

const chunksOf = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / chunk) }, (_, i) => items.slice(i * chunk, (i + 1) * chunk))

const again = 'rollback to savepoint assay_ask'

/** A broken query over many tables costs on paper what it never costs over three rows: it is planned as it is written. */
const plainPlans =
  'set local jit = off; set local join_collapse_limit = 1; set local from_collapse_limit = 1; set local max_parallel_workers_per_gather = 0'

const rowOf = (reply: Reply | undefined): readonly (string | null)[] | null =>
  reply && !reply.fault ? (reply.commands.at(-1)?.rows[0] ?? null) : null

/** What each list of changes shows; null where PostgreSQL refuses the changes, or the query itself. */
const askAll = async (
  { db, owner, query, broken }: ApartParts,
  open: readonly number[],
  lists: readonly (readonly RowChange[])[],
): Promise<readonly (Answers | null)[]> => {
  const groups = chunksOf(open)
  const own = `${again}; select ${countOf(query)}, ${digestOf(query)}, ${digestOf(query)}`
  const messages = lists.flatMap((list) => [
    [
      'rollback to savepoint assay_data',
      ...list.map((change) => change.sql),
      'set constraints all immediate',
      `set local role ${ident(owner)}`,
      'savepoint assay_ask',
    ].join(';\n'),
    own,
    ...groups.map((group) => `${again}; select ${group.map((i) => digestOf(broken[i]!)).join(', ')}`),
  ])
  const replies = await db.batch(messages)
  const width = groups.length + 2
  const answers: (Answers | null)[] = []
  for (const at of lists.keys()) {
    const some = replies.slice(at * width, (at + 1) * width)
    const [rows, first, second] = rowOf(some[1]) ?? []
    if (some[0]?.fault || first === undefined) {
      answers.push(null)
      continue
    }
    const told = new Set<number>()
    for (const [g, group] of groups.entries()) {
      const digests = rowOf(some[g + 2])
      if (digests) group.forEach((i, k) => digests[k] !== first && told.add(i))
      else for (const i of await oneByOne(db, messages[at * width]!, broken, group, first)) told.add(i)
    }
    answers.push({ rows: Number(rows ?? 0), told, steady: first === second })
  }
  return answers
}

/** One that throws where the query does not is told apart, too; it must not spoil the others. */
const oneByOne = async (
  db: Session,
  prepare: string,
  broken: readonly string[],
  group: readonly number[],
  own: string | null,
): Promise<readonly number[]> => {
  const replies = await db.batch([prepare, ...group.map((i) => `${again}; select ${digestOf(broken[i]!)}`)])
  return group.filter((_, k) => {
    const reply = replies[k + 1]
    // What PostgreSQL cannot even read is no view: its mutant is stillborn.
    if (reply?.fault) return true
    return rowOf(reply)?.[0] !== own
  })
}

/** As few lists as tell all that any of them tells. */
const cover = (
  lists: readonly (readonly RowChange[])[],
  answers: readonly (Answers | null)[],
): readonly Told[] => {
  const chosen: Told[] = []
  const open = new Set(answers.flatMap((a) => [...(a?.told ?? [])]))
  while (open.size > 0) {
    let best = -1
    let most = 0
    for (const [i, answer] of answers.entries()) {
      const count = [...(answer?.told ?? [])].filter((m) => open.has(m)).length
      if (count > most) [best, most] = [i, count]
    }
    const answer = answers[best]
    if (!answer) break
    for (const m of answer.told) open.delete(m)
    chosen.push({ changes: lists[best]!, rows: answer.rows })
  }
  return chosen
}

/** One row of each table that meets what is asked of it: where nothing is shown yet, this may be the least that is. */
const togetherMet = (changes: readonly RowChange[]): readonly RowChange[] => {
  const first = new Map<string, RowChange>()
  for (const change of changes)
    if (change.meets !== undefined && !first.has(change.meets)) first.set(change.meets, change)
  return [...first.values()]
}

/** Adds changes as long as each of them lets the query show more, where it shows nothing. */
const untilShown = async (
  parts: ApartParts,
  changes: readonly RowChange[],
): Promise<{ readonly on: readonly RowChange[]; readonly tried: number }> => {
  let on: readonly RowChange[] = []
  let tried = 0
  const starts = [togetherMet(changes)].filter((list) => list.length > 0)
  for (let step = 0; step < mostRounds; step++) {
    const lists = [
      ...(step === 0 ? starts : []),
      ...changes.filter((c) => !on.includes(c)).map((change) => [...on, change]),
    ]
    const answers = await askAll(parts, [], lists)
    tried += lists.length
    const best = answers.findIndex((answer) => answer !== null && answer.rows > 0)
    if (best >= 0) return { on: lists[best]!, tried }
    const [next] = lists.filter((_, i) => answers[i] !== null)
    if (!next || next.length === on.length) break
    on = next
  }
  return { on: [], tried }
}

interface Search {
  readonly told: Told[]
  open: readonly number[]
  tried: number
}

/** Each of these lists, a few at a time; answers the list that shows the most. */
const tryLists = async (
  parts: ApartParts,
  search: Search,
  lists: readonly (readonly RowChange[])[],
): Promise<{ readonly list: readonly RowChange[]; readonly rows: number } | null> => {
  let most: { readonly list: readonly RowChange[]; readonly rows: number } | null = null
  for (let from = 0; from < lists.length && search.open.length > 0; from += atOnce) {
    const some = lists.slice(from, from + atOnce)
    const answers = await askAll(parts, search.open, some)
    search.tried += some.length
    search.told.push(...cover(some, answers))
    const known = new Set(answers.flatMap((a) => [...(a?.told ?? [])]))
    search.open = search.open.filter((i) => !known.has(i))
    for (const [i, answer] of answers.entries())
      if (answer && answer.rows > (most?.rows ?? 0)) most = { list: some[i]!, rows: answer.rows }
  }
  return most
}

export const tellApart = async (parts: ApartParts): Promise<Apart> => {
  const { db, world, broken } = parts
  const changes = parts.changes.slice(0, mostChanges)
  await db.batch([
    `savepoint assay_apart; ${plainPlans}`,
    [...world.statements, 'savepoint assay_data'].join(';\n'),
  ])
  try {
    const all = broken.map((_, i) => i)
    const [asItIs] = await askAll(parts, all, [[]])
    const [blank] = asItIs || parts.otherwise.length === 0 ? [] : await askAll(parts, all, [parts.otherwise])
    const first = asItIs ? [] : parts.otherwise
    const start = asItIs ?? blank
    if (!start) return { told: [], untold: all, tried: 1, unsteady: false }
    if (!start.steady) return { told: [], untold: all, tried: 1, unsteady: true }
    const search: Search = {
      told: [{ changes: first, rows: start.rows }],
      open: all.filter((i) => !start.told.has(i)),
      tried: 1,
    }
    const shown = start.rows === 0 ? await untilShown(parts, changes) : { on: [], tried: 0 }
    search.tried += shown.tried
    let on = shown.on.length > 0 ? shown.on : first
    let rows = start.rows
    if (shown.on.length > 0) rows = (await tryLists(parts, search, [on]))?.rows ?? rows
    for (let round = 0; round < mostRounds && search.open.length > 0; round++) {
      const lists = changes.filter((c) => !on.includes(c)).map((change) => [...on, change])
      const nearest = await tryLists(parts, search, lists)
      if (nearest === null || nearest.rows <= rows) break
      on = nearest.list
      rows = nearest.rows
    }
    const { told, open, tried } = search
    return { told, untold: open, tried, unsteady: false }
  } finally {
    await db.batch(['rollback to savepoint assay_apart; release savepoint assay_apart'])
  }
}
