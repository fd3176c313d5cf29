/**
 * Runs a query and its broken ones over the same rows, many in one write: what each of them shows, as a digest. They
 * are prepared, because planning them takes longer than running them, and they are run on hundreds of sets of rows.
 */
import { ident } from '../../postgres/quote.ts'
import type { Reply, Session } from '../../postgres/session.ts'
import type { World } from '../experiment.ts'
import type { RowChange } from './row-change.ts'

/** What the query shows on one list of changes. */
export interface Answers {
  readonly rows: number
  /** Of what it shows. */
  readonly digest: string | null
  /** Broken queries that show something else. */
  readonly told: ReadonlySet<number>
}

export interface Asking {
  /** Of each list of changes, for the broken queries that are open; null where PostgreSQL refuses the changes, or the query itself. */
  ask(open: readonly number[], lists: readonly (readonly RowChange[])[]): Promise<readonly (Answers | null)[]>
  /** On the same rows the query answers the same twice. */
  isSteady(list: readonly RowChange[]): Promise<boolean>
  /** Queries that were run so far. */
  runs(): number
  close(): Promise<void>
}

export interface AskingParts {
  readonly db: Session
  readonly world: World
  /** Whose rights the view has. */
  readonly owner: string
  /** What has to run after the rows have changed and before the query is read. */
  readonly refresh: readonly string[]
  readonly query: string
  readonly broken: readonly string[]
}

/** Rows as sorted text: types without an order or an equality of their own are compared, too. */
const linesOf = (query: string): string => `select "assay row"::text as line from (${query}\n) as "assay row"`

const digest = `md5(coalesce(string_agg(line, E'\\n' order by line), ''))`

const digestOf = (query: string): string => `(select ${digest} from (${linesOf(query)}) as "assay lines")`

const chunk = 25

const chunksOf = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / chunk) }, (_, i) => items.slice(i * chunk, (i + 1) * chunk))

const back = 'rollback to savepoint assay_data'
const again = 'rollback to savepoint assay_ask'

const ownName = 'assay own'
const groupName = (at: number): string => `assay group ${at}`

/**
 * A broken query over many tables costs on paper what it never costs over three rows: it is planned as it is written.
 * One that goes round in a circle of rows never ends; over three rows the others take milliseconds.
 */
const plainPlans = `set local jit = off; set local join_collapse_limit = 1; set local from_collapse_limit = 1;
  set local max_parallel_workers_per_gather = 0; set local statement_timeout = '1s'`
const cancelled = '57014'

const rowOf = (reply: Reply | undefined): readonly (string | null)[] | null =>
  reply && !reply.fault ? (reply.commands.at(-1)?.rows[0] ?? null) : null

export const openAsking = async ({
  db,
  world,
  owner,
  refresh,
  query,
  broken,
}: AskingParts): Promise<Asking> => {
  let runs = 0
  await db.batch([
    `savepoint assay_apart; ${plainPlans}`,
    [...world.statements, 'savepoint assay_data'].join(';\n'),
  ])
  const standing = (list: readonly RowChange[]): string =>
    [
      back,
      ...list.map((change) => change.sql),
      'set constraints all immediate',
      ...refresh,
      `set local role ${ident(owner)}`,
      'savepoint assay_ask',
    ].join(';\n')
  const prepare = (name: string, sql: string): string =>
    [back, `set local role ${ident(owner)}`, `prepare ${ident(name)} as ${sql}`].join(';\n')
  await db.batch([
    prepare(ownName, `select count(*)::text, ${digest} from (${linesOf(query)}) as "assay lines"`),
  ])
  const own = `${again}; execute ${ident(ownName)}`
  let prepared: { readonly groups: readonly (readonly number[])[]; readonly key: string } = {
    groups: [],
    key: '',
  }

  /** A group of which PostgreSQL cannot read one query is not there when it is executed. */
  const prepareGroups = async (open: readonly number[]): Promise<readonly (readonly number[])[]> => {
    const key = open.join(' ')
    if (key === prepared.key) return prepared.groups
    const groups = chunksOf(open)
    await db.batch([
      ...prepared.groups.map((_, g) => `${back}; deallocate ${ident(groupName(g))}`),
      ...groups.map((group, g) =>
        prepare(groupName(g), `select ${group.map((i) => digestOf(broken[i]!)).join(', ')}`),
      ),
    ])
    prepared = { groups, key }
    return groups
  }

  /** Those that did not end once are not waited for again. */
  const endless = new Set<number>()

  /** One that throws where the query does not is told apart, too; it must not spoil the others. */
  const oneByOne = async (
    list: readonly RowChange[],
    group: readonly number[],
    shown: string | null,
  ): Promise<readonly number[]> => {
    const asked = group.filter((i) => !endless.has(i))
    const replies = await db.batch([
      standing(list),
      ...asked.map((i) => `${again}; select ${digestOf(broken[i]!)}`),
    ])
    const told = asked.filter((i, k) => {
      const reply = replies[k + 1]
      if (reply?.fault?.sqlstate === cancelled) endless.add(i)
      // What PostgreSQL cannot even read is no view: its mutant is stillborn.
      if (reply?.fault) return true
      return rowOf(reply)?.[0] !== shown
    })
    return group.filter((i) => endless.has(i) || told.includes(i))
  }

  return {
    runs: () => runs,
    ask: async (open, lists) => {
      const groups = await prepareGroups(open)
      const messages = lists.flatMap((list) => [
        standing(list),
        own,
        ...groups.map((_, g) => `${again}; execute ${ident(groupName(g))}`),
      ])
      const replies = await db.batch(messages)
      runs += lists.length * (open.length + 2)
      const width = groups.length + 2
      const answers: (Answers | null)[] = []
      for (const [at, list] of lists.entries()) {
        const some = replies.slice(at * width, (at + 1) * width)
        const [rows, shown] = rowOf(some[1]) ?? []
        if (some[0]?.fault || shown === undefined) {
          answers.push(null)
          continue
        }
        const told = new Set<number>()
        for (const [g, group] of groups.entries()) {
          const digests = rowOf(some[g + 2])
          if (digests) group.forEach((i, k) => digests[k] !== shown && told.add(i))
          else for (const i of await oneByOne(list, group, shown)) told.add(i)
        }
        answers.push({ rows: Number(rows ?? 0), digest: shown, told })
      }
      return answers
    },
    isSteady: async (list) => {
      const [, first, second] = await db.batch([standing(list), own, own])
      return rowOf(first)?.[1] === rowOf(second)?.[1]
    },
    close: async () => {
      const names = [ownName, ...prepared.groups.map((_, g) => groupName(g))]
      await db.batch([
        ...names.map((name) => `rollback to savepoint assay_apart; deallocate ${ident(name)}`),
        'rollback to savepoint assay_apart; release savepoint assay_apart',
      ])
    },
  }
}
