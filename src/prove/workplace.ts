/**
 * Where one worker proves: a clone with its sessions. Plain experiments run on `main`; those that need a session
 * in which no custom setting was ever set on `fresh`; plans on a clone with loaded rows; proofs and interleavings
 * in their own way. What rolled-back trials leave behind is cleaned away every few thousand of them.
 */
import type { Catalog } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import type { Call, Experiment } from '../rules/experiment.ts'
import type { Rows } from '../rows/rows.ts'
import { vacuumUsed } from '../postgres/vacuum.ts'
import { readSequenceSteps, useSequenceSteps, type SequenceSteps } from '../rows/sequence-steps.ts'
import type { FilledClone } from './filled-clones.ts'
import { runInterleaving } from './interleave.ts'
import { isInconclusive } from './judge.ts'
import { openLaidFirst, type LaidFirst } from './laid-first.ts'
import type { Observation } from './result.ts'
import { failedCall, runCall } from './run-call.ts'
import { runCrowd } from './run-crowd.ts'
import { runProof } from './run-proof.ts'
import { touchSettings } from './touched-settings.ts'
import { runTrials, type Patience, type Trial, type TrialOutcome } from './runner.ts'

export interface Workplace {
  /** Ask for it anew after each run: a worn session is replaced. */
  readonly main: Session
  /** Runs trials in order; each experiment where it belongs. */
  run(trials: readonly Trial[]): Promise<readonly TrialOutcome[]>
  /** Other sessions from now on, which remember nothing. */
  renew(): Promise<void>
  /** Takes out what was rolled back in large tables. Nothing may be open on `main`. */
  cleanLarge(): Promise<void>
  /** How many messages PostgreSQL has cancelled so far on what was `main`. */
  cancelled(): number
  close(): Promise<void>
}

export interface WorkplaceParts {
  readonly server: Server
  /** The migrated database that clones are made of. Nobody may be connected to it. */
  readonly template: string
  /** A clone with loaded rows, shared by all workplaces because plans are asked in rolled-back transactions; null when no rule asks for plans. */
  readonly loaded: () => string | null
  /** The clone that is filled for a declared call; absent: none is. */
  readonly filledFor?: (call: Call) => FilledClone | undefined
  readonly catalog: Catalog
  /** Rows for proofs; set once they are solved. */
  readonly rows: () => Rows
  readonly label: string
}

/** A statement that takes longer is taken for a hang; generous, because machines are slow and shared. */
const statementTimeout = '20s'
/** Statements that are asked of mutants take milliseconds, and each experiment waits for the one that hangs. */
const mutantPatience = { first: '2s', alone: '10s' } as const
/**
 * A broken policy that asks its own table, by way of a function, never ends. PostgreSQL tells each call on the way when
 * it is out of stack: measured, 2 MB took it 110 to 220 ms, and this 13. A hundred calls fit into it.
 */
const mutantStack = '400kB'
/** From 15 on somebody else than a superuser may be given it. */
const mayLimitStack = `select pg_catalog.has_parameter_privilege('max_stack_depth', 'set') as may`
/**
 * Over a handful of rows every order of joins is as quick, and the search for the best one takes longer than they do:
 * measured, a third of what mutants of a view over eight tables took. Plans are asked elsewhere.
 */
const asWritten = 'set join_collapse_limit = 1; set from_collapse_limit = 1'
/** Past some thousands of rolled-back trials every lookup pays for what they left behind. */
const trialsBetweenCleanings = 2_000
/** One trial may ask thousands of experiments: a log that triggers write to had 270 MB, and was read for each of them. */
const experimentsBetweenCleanings = 6_000
/** What is worth to be cleaned while tests are written. */
const largeTable = 8 * 1024 * 1024
/**
 * A session keeps the plans of every foreign key that it ever checked, and walks through all of them whenever the
 * schema changes: with 200 tables that took half of the time. A new session costs what a dozen trials do.
 */
const trialsOfASession = 200

type Place = 'main' | 'fresh' | 'loaded' | 'proof' | 'interleaving' | 'call'

const placeOf = (experiment: Experiment): Place => {
  if (experiment.interleaving) return 'interleaving'
  if (experiment.call) return 'call'
  if (experiment.proof) return 'proof'
  if (experiment.on === 'loaded') return 'loaded'
  return experiment.session === 'fresh' ? 'fresh' : 'main'
}

/** These run their own way, one at a time, and only when PostgreSQL has taken the DDL elsewhere. */
const isSpecial = (place: Place): boolean => place === 'proof' || place === 'interleaving' || place === 'call'

/** A crowd takes most of the server's connections: crowds of several workplaces take turns. */
let crowds: Promise<unknown> = Promise.resolve()

const whenNoOther = <T>(work: () => Promise<T>): Promise<T> => {
  const turn = crowds.then(work)
  crowds = turn.catch(() => undefined)
  return turn
}

/** Opens the clone and its first session. */
export const openWorkplace = async (parts: WorkplaceParts): Promise<Workplace> => {
  const { server, template, label } = parts
  const clone = await server.clone(template, label)
  const sessions: Session[] = []
  // Read while nobody has drawn any.
  let steps: Promise<SequenceSteps | null> | null = null
  const open = async (database: string): Promise<Session> => {
    const session = await server.connect(database, 'prover')
    sessions.push(session)
    await session.query(
      `set statement_timeout = '${statementTimeout}'; set client_min_messages = error; set timezone = 'UTC'`,
    )
    if (database === clone) {
      await session.query(asWritten)
      useSequenceSteps(session, await (steps ??= readSequenceSteps(session)))
    }
    return session
  }
  let main = await open(clone)
  let opened = new Map<string, Promise<Session>>([['main', Promise.resolve(main)]])
  const sessionOf = (key: string, database: string): Promise<Session> => {
    const ready = opened.get(key) ?? open(database)
    opened.set(key, ready)
    return ready
  }
  const sessionFor = (place: 'main' | 'fresh' | 'loaded'): Promise<Session> => {
    const database = place === 'loaded' ? (parts.loaded() ?? clone) : clone
    // Rows for plans may be loaded anew, into another database.
    return sessionOf(place === 'loaded' ? database : place, database)
  }
  let known: LaidFirst | null = null
  const laidFirst: LaidFirst = (trial) => (known ??= openLaidFirst(parts.catalog, server.owner))(trial)
  let patience: Patience | null = null
  const readPatience = async (): Promise<Patience> => {
    const [stack] = parts.catalog.major < 15 ? [] : await main.json<{ readonly may: boolean }>(mayLimitStack)
    return { ...mutantPatience, stack: stack?.may === true ? mutantStack : null }
  }
  let sinceCleaning = 0
  let askedSinceCleaning = 0
  let ofSession = 0
  let cancelledBefore = 0

  /**
   * Measured over 20,000 mutants: dead rows of the catalog and of the user's tables (whose unique keys visit each of
   * them) made them half as fast again.
   */
  const clean = async (largerThan: number): Promise<void> => {
    const admin = await server.connect(clone, 'administrator')
    try {
      await vacuumUsed(admin, largerThan)
    } finally {
      await admin.end()
    }
  }

  const touchedBefore = new WeakSet<Session>()
  const touched = async (db: Session): Promise<void> => {
    if (touchedBefore.has(db)) return
    touchedBefore.add(db)
    await touchSettings(db, parts.catalog)
  }

  const renew = async (): Promise<void> => {
    cancelledBefore += main.cancelled()
    await Promise.all(sessions.splice(0).map((s) => s.end()))
    main = await open(clone)
    opened = new Map([['main', Promise.resolve(main)]])
    ofSession = 0
  }

  const onClone = async (
    { ddl }: Trial,
    from: string,
    work: (open: () => Promise<Session>) => Promise<Observation>,
  ): Promise<Observation> => {
    const database = await server.clone(from, `${label}-two`)
    try {
      if (ddl.length > 0) {
        const owner = await server.connect(database, 'owner')
        try {
          const [reply] = await owner.batch([ddl.join(';\n')])
          if (reply!.fault) return failedCall(reply!.fault, 'world')
        } finally {
          await owner.end()
        }
      }
      return await work(() => server.connect(database, 'prover'))
    } finally {
      await server.dropDatabase(database)
    }
  }

  const runDeclaredCall = async (trial: Trial, call: Call): Promise<Observation> => {
    const { database = clone, untouched = null } = parts.filledFor?.(call) ?? {}
    if (call.writers > 1 && untouched !== null)
      return whenNoOther(() => onClone(trial, untouched, (another) => runCrowd(another, call)))
    const db = await sessionOf(database, database)
    return runCall({ db, owner: server.owner, ddl: trial.ddl, call })
  }

  const runSpecial = async (trial: Trial, experiment: Experiment): Promise<Observation> => {
    if (experiment.interleaving) return onClone(trial, template, (open) => runInterleaving(open, experiment))
    if (experiment.call) return runDeclaredCall(trial, experiment.call)
    const rows = parts.rows()
    return runProof({
      db: main,
      owner: server.owner,
      ddl: trial.ddl,
      rows,
      catalog: parts.catalog,
      experiment,
    })
  }

  const runSpecialAgain = async (trial: Trial, experiment: Experiment): Promise<Observation> => {
    const observed = await runSpecial(trial, experiment)
    return isInconclusive(observed.fault) ? runSpecial(trial, experiment) : observed
  }

  const run: Workplace['run'] = async (trials) => {
    const outcomes = trials.map((trial) => ({
      ddlFault: null as TrialOutcome['ddlFault'],
      observations: Array.from<Observation>({ length: trial.experiments.length }),
    }))
    patience ??= await readPatience()
    const used = new Set(trials.flatMap((trial) => trial.experiments.map(placeOf)))
    // A trial without plain experiments still tells whether PostgreSQL takes its DDL.
    const isOnlySpecial = (trial: Trial): boolean => trial.experiments.every((e) => isSpecial(placeOf(e)))
    if (trials.some(isOnlySpecial)) used.add('main')
    for (const place of ['main', 'fresh', 'loaded'] as const) {
      if (!used.has(place)) continue
      const concerned = trials.flatMap((trial, t) => {
        const indexes = trial.experiments.flatMap((e, i) => (placeOf(e) === place ? [i] : []))
        const empty = isOnlySpecial(trial) && place === 'main'
        return indexes.length > 0 || empty ? [{ t, trial, indexes }] : []
      })
      const db = await sessionFor(place)
      if (place !== 'fresh') await touched(db)
      const results = await runTrials(
        db,
        server.owner,
        concerned.map(({ trial, indexes }) => {
          const own = { ddl: trial.ddl, experiments: indexes.map((i) => trial.experiments[i]!) }
          return place === 'loaded' ? own : { ...own, ...laidFirst(own) }
        }),
        patience,
      )
      results.forEach((result, n) => {
        const { t, indexes } = concerned[n]!
        outcomes[t]!.ddlFault ??= result.ddlFault
        indexes.forEach((i, k) => (outcomes[t]!.observations[i] = result.observations[k]!))
      })
    }
    for (const [t, trial] of trials.entries()) {
      for (const [i, experiment] of trial.experiments.entries()) {
        if (!isSpecial(placeOf(experiment))) continue
        const fault = outcomes[t]!.ddlFault
        outcomes[t]!.observations[i] = fault
          ? { fault, stage: 'world', affected: 0, rows: [] }
          : await runSpecialAgain(trial, experiment)
      }
    }
    sinceCleaning += trials.filter((trial) => trial.ddl.length > 0).length
    ofSession += trials.length
    askedSinceCleaning += trials.reduce((sum, trial) => sum + trial.experiments.length, 0)
    if (sinceCleaning >= trialsBetweenCleanings || askedSinceCleaning >= experimentsBetweenCleanings) {
      await clean(0)
      sinceCleaning = 0
      askedSinceCleaning = 0
    }
    if (ofSession >= trialsOfASession) await renew()
    return outcomes
  }

  return {
    get main() {
      return main
    },
    run,
    renew,
    cleanLarge: () => clean(largeTable),
    cancelled: () => cancelledBefore + main.cancelled(),
    async close() {
      await Promise.all(sessions.map((s) => s.end()))
      await server.dropDatabase(clone)
    },
  }
}
