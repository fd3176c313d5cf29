/**
 * What declared calls (writes, and functions of several statements) cost with candidates that really stand on their
 * filled tables. Between two readings the tables are vacuumed: what a call took back is in nobody's way.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { relationId } from '../../ground/names.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { workIn, type CallWork } from '../../prove/call-work.ts'
import { openFilledClones } from '../../prove/filled-clones.ts'
import { differenceFrom } from '../../prove/judge.ts'
import { runCall } from '../../prove/run-call.ts'
import type { Observation } from '../../prove/result.ts'
import type { TestedRule } from '../../prove/write-tests.ts'
import type { Call, Experiment } from '../../rules/experiment.ts'
import type { Candidate } from './candidate.ts'

/** Of one row that the call is given (or, of a query, answers with). */
export interface CallCost {
  readonly buffers: number
  /** Bytes; null: it is several statements. */
  readonly wal: number | null
  readonly indexEntries: number
  readonly rowsRead: number
}

export interface CallReading {
  /** Null: it is refused. */
  readonly cost: CallCost | null
  /** Why its budget breaks; null: it holds. */
  readonly broken: string | null
}

export interface DeclaredCall {
  /** Id of its rule. */
  readonly of: string
  readonly sentence: string
  readonly title: string
}

export interface CallMeter {
  readonly calls: readonly DeclaredCall[]
  /** Declared calls that could not be run, and why. */
  readonly unread: readonly { readonly of: string; readonly sentence: string; readonly why: string }[]
  /** By the place of the call, with exactly these candidates. */
  read(call: number, present: readonly Candidate[]): Promise<CallReading>
  /** Drops what was filled. */
  end(): Promise<void>
}

interface Place {
  readonly db: Session
  readonly owner: Session
  readonly administrator: Session
  standing: readonly Candidate[]
}

interface Counted {
  readonly rule: TestedRule
  readonly experiment: Experiment
  readonly call: Call
  /** By relation id: candidates on others say nothing of it. Known when it was run once. */
  touches: ReadonlySet<string> | null
  readonly known: Map<string, CallReading>
}

const costOf = (work: CallWork, { then }: Experiment): CallCost => {
  const given = then.kind === 'cost' ? then.within.rows : null
  const answered = work.statements.reduce((sum, { rows }) => sum + rows, 0)
  const rows = Math.max(1, given ?? answered)
  const perRow = (n: number): number => Math.round((n / rows) * 100) / 100
  const sum = (key: 'indexEntries' | 'read'): number => work.tables.reduce((all, one) => all + one[key], 0)
  return {
    buffers: perRow(work.buffers),
    wal: work.wal === null ? null : perRow(work.wal),
    indexEntries: perRow(sum('indexEntries')),
    rowsRead: perRow(sum('read')),
  }
}

/** Partitions are counted by themselves, and indexed by their whole. */
const withWholes = (ids: readonly string[], { tables }: Catalog): ReadonlySet<string> => {
  const all = new Set(ids)
  for (const id of all) {
    const whole = tables.get(id)?.partitionOf
    if (whole) all.add(whole)
  }
  return all
}

/** As counters name tables, with their schemas and names. */
const namesSql = `
select pg_catalog.format('%I.%I', n.nspname, c.relname) as counted, n.nspname as schema, c.relname as name
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p') and c.oid >= 16384`

interface Named {
  readonly counted: string
  readonly schema: string
  readonly name: string
}

export interface CallMeterParts {
  readonly server: Server
  /** Nobody is connected to it. */
  readonly template: string
  readonly architecture: Architecture
  readonly catalog: Catalog
  /** Rules of declared calls with their experiments. */
  readonly rules: readonly TestedRule[]
  /** Those that may be asked about. */
  readonly candidates: readonly Candidate[]
  readonly onProgress?: (stage: string, done: number, of: number) => void
}

const sentenceOf = ({ rule }: TestedRule): string =>
  'sentence' in rule && typeof rule.sentence === 'string' ? rule.sentence : rule.id

const unreadOf = (rules: readonly TestedRule[]): CallMeter['unread'] =>
  rules.flatMap((one) => {
    const why = [
      ...(one.missing === null ? [] : [one.missing]),
      ...one.unsolved.map(({ summary }) => summary),
    ]
    return why.length === 0 ? [] : [{ of: one.rule.id, sentence: sentenceOf(one), why: why.join('; ') }]
  })

export const openCallMeter = async (parts: CallMeterParts): Promise<CallMeter> => {
  const { server, template, architecture, catalog, candidates, onProgress } = parts
  const filled = openFilledClones(server, template)
  const places = new Map<string, Place>()
  const end = async (): Promise<void> => {
    for (const { db, owner, administrator } of places.values())
      await Promise.all([db, owner, administrator].map((session) => session.end()))
    await filled.close()
  }

  /** Nobody asks here what many writers at once come to. */
  const alone = parts.rules.map((rule) => ({
    ...rule,
    experiments: rule.experiments.filter(
      ({ call, then, code }) =>
        call?.writers === 1 && then.kind === 'cost' && then.within.repeats && code === undefined,
    ),
  }))

  const open = async (database: string): Promise<Place> => {
    const [db, owner, administrator] = await Promise.all([
      server.connect(database, 'prover'),
      server.connect(database, 'owner'),
      server.connect(database, 'administrator'),
    ])
    const place = { db, owner, administrator, standing: [] }
    places.set(database, place)
    await db.query(`set statement_timeout = '60s'; set client_min_messages = error; set timezone = 'UTC'`)
    return place
  }

  try {
    filled.use(catalog)
    onProgress?.('filling tables for declared writes', 0, 1)
    const rules = await filled.fill(alone, architecture.volumes ?? {})
    const counted = rules.flatMap((rule) =>
      rule.unsolved.length > 0 || rule.missing !== null
        ? []
        : rule.experiments.map((experiment): Counted => {
            return { rule, experiment, call: experiment.call!, touches: null, known: new Map() }
          }),
    )
    const names = new Map<string, string>()

    const placeOf = async ({ call }: Counted): Promise<Place> => {
      const { database } = filled.of(call)!
      const place = places.get(database) ?? (await open(database))
      if (names.size === 0)
        for (const one of await place.administrator.json<Named>(namesSql))
          names.set(one.counted, relationId(one))
      return place
    }

    /** Why they cannot stand on the filled rows; null: they do. */
    const stand = async (
      place: Place,
      present: readonly Candidate[],
      on: ReadonlySet<string>,
    ): Promise<string | null> => {
      for (const one of place.standing.filter((each) => !present.includes(each))) {
        await place.owner.query(one.drop)
        place.standing = place.standing.filter((each) => each !== one)
      }
      for (const one of present.filter((each) => !place.standing.includes(each))) {
        const replies = await place.owner.batch(one.create)
        const fault = replies.find((reply) => reply.fault !== null)?.fault
        if (fault) return `${one.create[0]!} is refused: ${fault.message} (SQLSTATE ${fault.sqlstate})`
        place.standing = [...place.standing, one]
      }
      for (const id of on) {
        const table = catalog.tables.get(id)
        if (table?.kind === 'table') await place.administrator.query(`vacuum ${qualified(table)}`)
      }
      return null
    }

    const run = async (one: Counted, { db }: Place): Promise<Observation> =>
      runCall({ db, owner: server.owner, ddl: [], call: one.call })

    const readingOf = ({ experiment }: Counted, observed: Observation): CallReading => {
      const work = observed.fault === null ? workIn(observed.rows) : null
      const cost = work === null ? null : costOf(work, experiment)
      return { cost, broken: differenceFrom(experiment, observed) }
    }

    /** What it touches shows when it is run. */
    const touchesOf = async (one: Counted): Promise<ReadonlySet<string>> => {
      if (one.touches !== null) return one.touches
      const place = await placeOf(one)
      await stand(place, [], new Set())
      const observed = await run(one, place)
      const work = observed.fault === null ? workIn(observed.rows) : null
      const seen = (work?.tables ?? []).flatMap(({ table }) => names.get(table) ?? [])
      return (one.touches = withWholes([...(one.rule.rule.reads ?? [one.rule.rule.table]), ...seen], catalog))
    }

    return {
      calls: counted.map((one) => {
        const { rule, experiment } = one
        return { of: rule.rule.id, sentence: sentenceOf(rule), title: experiment.title }
      }),
      unread: unreadOf(rules),
      end,
      async read(call, all) {
        const one = counted[call]!
        const touches = await touchesOf(one)
        const present = candidates.filter((each) => all.includes(each) && touches.has(each.draft.table.id))
        const key = present.map(({ name }) => name).join()
        const known = one.known.get(key)
        if (known) return known
        const place = await placeOf(one)
        const refused = await stand(place, present, touches)
        if (refused !== null) {
          one.known.set(key, { cost: null, broken: refused })
          return { cost: null, broken: refused }
        }
        const first = readingOf(one, await run(one, place))
        // The first time pages of an index are looked at that a session keeps.
        const reading = first.broken === null ? first : readingOf(one, await run(one, place))
        one.known.set(key, reading)
        return reading
      },
    }
  } catch (cause) {
    await end()
    throw cause
  }
}
