/**
 * What there is to write of a plan, in pieces that any session can take: a table's chunks by COPY; the chunks of a
 * circle, all its tables in one statement, so that PostgreSQL looks at their foreign keys when all rows are there; and
 * columns that are set later. What a piece holds does not depend on who writes it or when.
 */
import { ident, identList, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { circleRange } from './circle.ts'
import { compileVolume, type CompiledVolume } from './compile.ts'
import type { TableVolume, VolumePlan } from './volume-plan.ts'

type Step = { readonly sql: string } | { readonly copy: string; readonly lines: () => Iterable<string> }

export interface Work {
  /** Under this the journal notes its chunks, and from this number on. */
  readonly id: string
  readonly firstNote: number
  readonly tables: readonly TableVolume[]
  readonly kind: 'rows' | 'circle' | 'later'
  /** Relation ids that are filled before. */
  readonly needs: readonly string[]
  readonly chunks: number
  /** Each chunk needs those before it. */
  readonly isInOrder: boolean
  /** New rows of a chunk. */
  readonly rows: (chunk: number) => number
  /** Within one transaction. */
  readonly steps: (chunk: number) => readonly Step[]
}

/** Lines of one message: as long as others wait for their turn. */
const linesTogether = 400

function* joined(line: (n: number) => string | null, from: number, to: number): Generator<string> {
  for (let n = from; n < to;) {
    let text = ''
    for (const end = Math.min(to, n + linesTogether); n < end; n++) {
      const one = line(n)
      if (one !== null) text += `${one}\n`
    }
    yield text
  }
}

/** What fails while lines are made is told as it is: the server only learns that there are no more. */
export const runStep = async (db: Session, step: Step): Promise<void> => {
  if ('sql' in step) {
    await db.query(step.sql)
    return
  }
  const failed: unknown[] = []
  function* lines(of: () => Iterable<string>): Generator<string> {
    try {
      yield* of()
    } catch (cause) {
      failed.push(cause)
      throw cause
    }
  }
  try {
    await db.copyIn(step.copy, lines(step.lines))
  } catch (cause) {
    throw failed.length > 0 ? failed[0] : cause
  }
}

const columnNames = ({ columns }: TableVolume): readonly string[] => columns.map(({ column }) => column.name)

const copyInto = (relation: string, columns: readonly string[]): string =>
  `copy ${relation} (${identList(columns)}) from stdin`

const rangeOf = (chunk: number, size: number, count: number): readonly [number, number] => [
  chunk * size,
  Math.min(count, (chunk + 1) * size),
]

const parentsOf = ({ id, links }: TableVolume): readonly string[] =>
  links.filter(({ target, isLater }) => target !== id && !isLater).map(({ target }) => target)

const rowsWork = (volume: TableVolume, size: number, compiled: CompiledVolume): Work => {
  const range = (chunk: number): readonly [number, number] => rangeOf(chunk, size, volume.count)
  return {
    id: volume.id,
    firstNote: 0,
    tables: [volume],
    kind: 'rows',
    needs: parentsOf(volume),
    chunks: Math.ceil(volume.count / size),
    isInOrder: false,
    rows: (chunk) => range(chunk)[1] - range(chunk)[0],
    steps: (chunk) => {
      const { line } = compiled(volume.id)
      const copy = copyInto(qualified(volume), columnNames(volume))
      return [{ copy, lines: () => joined(line, ...range(chunk)) }]
    },
  }
}

/** A table of the session's own that has such columns. It goes with the transaction. */
const stage = (name: string, of: TableVolume, columns: readonly string[]): Step => ({
  sql: `create temporary table ${name} on commit drop as select ${identList(columns)} from ${qualified(of)} with no data`,
})
const unstage = (name: string): Step => ({ sql: `drop table pg_temp.${name}` })

const circleWork = (volumes: readonly TableVolume[], size: number, compiled: CompiledVolume): Work => {
  const largest = Math.max(...volumes.map(({ count }) => count))
  const ids = new Set(volumes.map(({ id }) => id))
  const range = ({ count }: TableVolume, chunk: number): readonly [number, number] =>
    circleRange(chunk, size, { count, largest })
  const staged = (at: number): string => `assay_circle_${at}`
  const insert = (volume: TableVolume, at: number): string => {
    const columns = identList(columnNames(volume))
    return `insert into ${qualified(volume)} (${columns}) overriding system value select ${columns} from pg_temp.${staged(at)}`
  }
  const last = volumes.length - 1
  const inserts = volumes.slice(0, last).map((volume, at) => `c${at} as (${insert(volume, at)})`)
  return {
    id: volumes[0]!.id,
    firstNote: 0,
    tables: volumes,
    kind: 'circle',
    needs: volumes.flatMap(parentsOf).filter((id) => !ids.has(id)),
    chunks: Math.ceil(largest / size),
    isInOrder: true,
    rows: (chunk) =>
      volumes.reduce((sum, volume) => sum + range(volume, chunk)[1] - range(volume, chunk)[0], 0),
    steps: (chunk) => [
      ...volumes.flatMap((volume, at): readonly Step[] => {
        const { line } = compiled(volume.id)
        const copy = copyInto(`pg_temp.${staged(at)}`, columnNames(volume))
        return [
          stage(staged(at), volume, columnNames(volume)),
          { copy, lines: () => joined(line, ...range(volume, chunk)) },
        ]
      }),
      { sql: `with ${inserts.join(', ')} ${insert(volumes[last]!, last)}` },
      ...volumes.map((_, at) => unstage(staged(at))),
    ],
  }
}

const laterTable = 'assay_later'

const laterWorks = (volume: TableVolume, size: number, compiled: CompiledVolume): readonly Work[] =>
  (volume.later ?? []).map(({ link, key, columns }, at): Work => {
    const chunks = Math.ceil(volume.count / size)
    const sets = columns.map(({ column }) => column.name)
    const equal = key.map((name) => `o.${ident(name)} = l.${ident(name)}`).join(' and ')
    const set = sets.map((name) => `${ident(name)} = l.${ident(name)}`).join(', ')
    return {
      id: volume.id,
      // Below those of its rows, which begin at 0.
      firstNote: -(at + 1) * chunks,
      tables: [volume],
      kind: 'later',
      needs: [volume.id, volume.links[link]!.target],
      chunks,
      isInOrder: false,
      rows: () => 0,
      steps: (chunk) => [
        stage(laterTable, volume, [...key, ...sets]),
        {
          copy: copyInto(`pg_temp.${laterTable}`, [...key, ...sets]),
          lines: () => joined(compiled(volume.id).laterLine(at), ...rangeOf(chunk, size, volume.count)),
        },
        // Nothing is known yet of the tables' sizes: each row is found by its key.
        {
          sql: 'set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off',
        },
        {
          sql: `update ${qualified(volume)} o set ${set} from pg_temp.${laterTable} l where ${equal}`,
        },
        unstage(laterTable),
      ],
    }
  })

/** In the order of the plan: parents first, what is set later last. Tables that stand are not among them. */
export const worksOf = (plan: VolumePlan): readonly Work[] => {
  const compiled = compileVolume(plan)
  const filled = plan.tables.filter(({ stands }) => !stands)
  const circles = (plan.circles ?? []).map((ids) => filled.filter(({ id }) => ids.includes(id)))
  const circleOf = (id: string): readonly TableVolume[] =>
    circles.find((circle) => circle.length > 1 && circle.some((one) => one.id === id)) ?? []
  return [
    ...filled.flatMap((volume): readonly Work[] => {
      const circle = circleOf(volume.id)
      if (circle.length === 0) return [rowsWork(volume, plan.chunk, compiled)]
      return circle[0] === volume ? [circleWork(circle, plan.chunk, compiled)] : []
    }),
    ...filled.flatMap((volume) => laterWorks(volume, plan.chunk, compiled)),
  ]
}

/** Rows that stand already, when these chunks are noted. */
export const writtenRows = (plan: VolumePlan, done: ReadonlyMap<string, ReadonlySet<number>>): number =>
  worksOf(plan).reduce((sum, { id, firstNote, chunks, rows }) => {
    const noted = [...(done.get(id) ?? [])].map((note) => note - firstNote)
    return sum + noted.filter((at) => at >= 0 && at < chunks).reduce((all, chunk) => all + rows(chunk), 0)
  }, 0)
