/**
 * Finds data on which a query answers otherwise than its broken ones: PostgreSQL runs them all over the same rows, on
 * one change of these rows after the other, until nobody is left who answers the same. ask-queries.ts asks.
 */
import type { Session } from '../../postgres/session.ts'
import type { World } from '../experiment.ts'
import { openAsking, type Answers, type Asking } from './ask-queries.ts'
import type { RowChange } from './row-change.ts'

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
  /** What has to run after the rows have changed and before the query is read. */
  readonly refresh: readonly string[]
  /** What to start from where the query throws on the rows as they stand. */
  readonly otherwise: readonly RowChange[]
}

type List = readonly RowChange[]

/** Rounds in which changes are made on top of those that came nearest. */
const mostRounds = 3
/** Data sets on which every single change is made. */
const mostGrounds = 6
/** Data sets in a row on which no change tells anything: those after them have never told anything either. */
const mostFruitless = 3
/** Lists of changes in one write: what they tell apart is not asked about again. */
const atOnce = 8
/** Queries that are run at most, in all. */
const mostRuns = 6_000

/** As few lists as tell all that any of them tells. */
const cover = (lists: readonly List[], answers: readonly (Answers | null)[]): readonly Told[] => {
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

/** The first of each table: two that change the same row would undo each other. */
const firstOfEach = (changes: List): List => [
  ...new Map(changes.toReversed().map((change) => [change.table, change])).values(),
]

/** Changes that promise something, all of them at once: what a query asks for in several tables is seldom met by one. */
const ensembles = (changes: List): readonly List[] => {
  const of = (promise: RowChange['promises']): List => changes.filter((c) => c.promises === promise)
  const asks = of('asks')
  const met = firstOfEach([...of('meets'), ...asks])
  const pairs = of('pairs')
  const gathers = of('gathers')
  const copies = firstOfEach(of('copies'))
  const alike = of('alike')
  const alone = of('alone')
  const lists = [
    // What the query shows each of them of the rows as they stand.
    ...asks.map((one) => [one]),
    met,
    pairs,
    [...met, ...pairs],
    [...pairs, ...met],
    alone,
    copies,
    [...met, ...pairs, ...alone],
    [...met, ...pairs, ...copies],
    gathers,
    [...gathers, ...copies],
    [...met, ...pairs, ...gathers],
    [...met, ...pairs, ...alike],
  ]
  const known = new Set<string>()
  return lists.filter((list) => {
    const key = list.map((c) => c.sql).join(';')
    return list.length > 0 && !known.has(key) && known.add(key) !== undefined
  })
}

interface Search {
  readonly asking: Asking
  /** Nothing where nothing may be. */
  readonly emptied: List
  readonly told: Told[]
  open: readonly number[]
  tried: number
}

interface Reached {
  readonly list: List
  readonly rows: number
  readonly digest: string | null
  /** Broken queries that show what the query does not, where it shows nothing: how near it is to showing something. */
  readonly near: number
}

/** Each of these lists, a few at a time; answers those that PostgreSQL took. */
const tryLists = async (search: Search, lists: readonly List[]): Promise<readonly Reached[]> => {
  const reached: Reached[] = []
  for (let from = 0; from < lists.length && search.open.length > 0; from += atOnce) {
    if (search.asking.runs() > mostRuns) break
    const some = lists.slice(from, from + atOnce)
    const answers = await search.asking.ask(search.open, some)
    search.tried += some.length
    search.told.push(...cover(some, answers))
    const known = new Set(answers.flatMap((a) => [...(a?.told ?? [])]))
    search.open = search.open.filter((i) => !known.has(i))
    for (const [i, answer] of answers.entries())
      if (answer)
        reached.push({
          list: some[i]!,
          rows: answer.rows,
          digest: answer.digest,
          near: answer.told.size,
        })
  }
  return reached
}

/** The list on which the query shows the most; where it shows nothing anywhere, on which most others do. */
const furthest = (reached: readonly Reached[]): Reached | null =>
  reached.toSorted((a, b) => b.rows - a.rows || b.near - a.near)[0] ?? null

/** Adds changes as long as each of them brings the query nearer to showing something. */
const untilShown = async (search: Search, changes: List, from: List): Promise<List | null> => {
  let on = from
  for (let step = 0; step < mostRounds; step++) {
    const lists = changes.filter((c) => !on.includes(c)).map((change) => [...on, change])
    const best = furthest(await tryLists(search, lists))
    if (best === null) return null
    if (best.rows > 0) return best.list
    if (best.near === 0) return null
    on = best.list
  }
  return null
}

/**
 * Different data sets on which the query shows something, `first` among them: those with other numbers of rows before
 * those with other rows.
 */
const groundsOf = (reached: readonly Reached[], first: Reached): readonly Reached[] => {
  const shown = [first, ...reached].filter((r) => r.rows > 0)
  const once = (key: (one: Reached) => unknown): readonly Reached[] => {
    const known = new Set<unknown>()
    return shown.filter((one) => !known.has(key(one)) && known.add(key(one)) !== undefined)
  }
  const byRows = once((one) => one.rows)
  const [start, ...others] = byRows
  const ordered = start ? [start, ...others.toSorted((a, b) => b.rows - a.rows)] : []
  return [...new Set([...ordered.slice(0, mostGrounds), ...once((one) => one.digest)])].slice(0, mostGrounds)
}

const multiplies: ReadonlySet<RowChange['promises']> = new Set(['gathers', 'alike', 'copies'])

const beforeMultiplied = (list: List, change: RowChange): List => {
  const at = list.findIndex((c) => multiplies.has(c.promises))
  return [...list.slice(0, at), change, ...list.slice(at)]
}

const searchAll = async (search: Search, start: Reached, changes: List): Promise<void> => {
  const seeds = ensembles(changes).map((list) => [...start.list, ...list])
  const reached = [...(await tryLists(search, seeds))]
  if (start.rows === 0 && !reached.some((r) => r.rows > 0)) {
    const shown =
      (await untilShown(search, changes, start.list)) ?? (await untilShown(search, changes, search.emptied))
    if (shown) reached.push(...(await tryLists(search, [shown])))
    if (shown && search.open.length > 0) reached.push({ list: shown, rows: 1, digest: null, near: 0 })
  }
  const done = new Set<string>()
  let fruitless = 0
  for (let round = 0; round < mostRounds && search.open.length > 0; round++) {
    const grounds = groundsOf(reached, start).filter((g) => !done.has(g.list.map((c) => c.sql).join(';')))
    if (grounds.length === 0) break
    for (const ground of grounds) {
      if (search.open.length === 0 || fruitless === mostFruitless || search.asking.runs() > mostRuns) return
      const before = search.open.length
      done.add(ground.list.map((c) => c.sql).join(';'))
      const others = changes.filter((c) => !ground.list.includes(c))
      const isMultiplied = ground.list.some((c) => multiplies.has(c.promises))
      // What is changed before rows are made alike is changed in all of them.
      const lists = [
        ...others.map((change) => [...ground.list, change]),
        ...(isMultiplied
          ? others.filter((c) => c.value).map((change) => beforeMultiplied(ground.list, change))
          : []),
      ]
      reached.push(...(await tryLists(search, lists)))
      fruitless = search.open.length < before ? 0 : fruitless + 1
    }
  }
}

export const tellApart = async (parts: ApartParts): Promise<Apart> => {
  const { broken, changes } = parts
  const asking = await openAsking(parts)
  try {
    const all = broken.map((_, i) => i)
    const [asItIs] = await asking.ask(all, [[]])
    const [blank] = asItIs || parts.otherwise.length === 0 ? [] : await asking.ask(all, [parts.otherwise])
    const first = asItIs ? [] : parts.otherwise
    const start = asItIs ?? blank
    if (!start) return { told: [], untold: all, tried: 1, unsteady: false }
    if (!(await asking.isSteady(first))) return { told: [], untold: all, tried: 1, unsteady: true }
    const search: Search = {
      asking,
      emptied: parts.otherwise,
      told: [{ changes: first, rows: start.rows }],
      open: all.filter((i) => !start.told.has(i)),
      tried: 1,
    }
    await searchAll(search, { list: first, rows: start.rows, digest: start.digest, near: 0 }, changes)
    return { told: search.told, untold: search.open, tried: search.tried, unsteady: false }
  } finally {
    await asking.close()
  }
}
