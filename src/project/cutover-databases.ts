/** Use cases of a cutover: two databases of the user's, entered, looked at, copied, compared, switched, and left in order. */
import { spawn } from 'node:child_process'
import { AssayError } from '../ground/errors.ts'
import { abort, abortAlone, finish, type Cleaned } from '../migrate/cutover/clean.ts'
import { copy, planCutover, type CopyProgress, type CutoverPlan } from '../migrate/cutover/copy.ts'
import { notBegun, notFollowing } from '../migrate/cutover/faults.ts'
import type { Moved, MoveWish } from '../migrate/cutover/move-parts.ts'
import { moveTo } from '../migrate/cutover/move.ts'
import { otherKey, slotName, type SideKey } from '../migrate/cutover/names.ts'
import type { CutoverWish } from '../migrate/cutover/preflight.ts'
import { withRunLock } from '../migrate/cutover/run-lock.ts'
import { assertSchemasKept, planMove, type MovePlan } from '../migrate/cutover/ready.ts'
import { openSide, placeOf, type Pair, type SideSettings } from '../migrate/cutover/side.ts'
import { readRows, readState, type CutoverState } from '../migrate/cutover/state.ts'
import {
  forgetVerified,
  verify,
  type Verification,
  type VerifiedTable,
  type VerifyProgress,
} from '../migrate/cutover/verify.ts'
import { PgError } from '../postgres/fault.ts'
import type { Finding } from '../prove/result.ts'

export type { CutoverPlan, CutoverState, CopyProgress, Moved, MovePlan, SideKey, VerifyProgress }

export interface CutoverSettings {
  readonly from: SideSettings
  readonly to: SideSettings
}

/** What no step has a word of its own for: which statement, and what PostgreSQL says to it. */
const toldWhere = (cause: unknown): unknown => {
  if (!(cause instanceof PgError)) return cause
  const { sqlstate, message } = cause.fault
  const isLock = sqlstate === '55P03'
  return new AssayError(
    isLock ? 'A lock did not come within ten seconds.' : 'PostgreSQL refuses a statement of the cutover.',
    {
      code: isLock ? 'cutover.lock' : 'cutover.statement',
      exit: 3,
      asked: cause.sql.trim().slice(0, 300),
      found: `${message} (SQLSTATE ${sqlstate})`,
      mend:
        sqlstate === '42501'
          ? 'Name a superuser in --from and --to, or give the role the right that the message names; then run the same command again.'
          : 'Run the same command again: it goes on where it stood. See where that is: assay migrate cutover status --from … --to …',
      cause,
    },
  )
}

const withPair = async <T>({ from, to }: CutoverSettings, work: (pair: Pair) => Promise<T>): Promise<T> => {
  const source = await openSide('from', from)
  try {
    const target = await openSide('to', to)
    try {
      return await work({ from: source, to: target })
    } catch (cause) {
      throw toldWhere(cause)
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

/** What all answers say of the two databases. */
export interface Places {
  readonly from: string
  readonly to: string
}

const placesOf = ({ from, to }: Pair): Places => ({
  from: `PostgreSQL ${from.major}, ${placeOf(from)}`,
  to: `PostgreSQL ${to.major}, ${placeOf(to)}`,
})

export interface Planned extends CutoverPlan {
  readonly places: Places
}

/** Everything that would break, and the SQL. Writes nothing. */
export const planCutoverOf = (settings: CutoverSettings, wish: CutoverWish): Promise<Planned> =>
  withPair(settings, async (pair) => ({ places: placesOf(pair), ...(await planCutover(pair, wish)) }))

export interface CutoverAnswer {
  readonly places: Places
  readonly state: CutoverState
  readonly findings: readonly Finding[]
}

/** A slot that nothing of a cutover belongs to keeps the WAL of its server until its disk is full. */
const leftSlots = ({ phase, slots }: CutoverState): readonly Finding[] =>
  phase === 'none' && slots.length > 0
    ? [
        {
          code: 'cutover.slot-left',
          severity: 'error',
          summary: `slots of an earlier cutover are left: ${slots.map(({ name }) => name).join(', ')}`,
          why: 'a slot that nobody reads keeps all WAL from then on, until the disk is full',
          fix: 'Take them away: assay migrate cutover abort --from … --to …',
        },
      ]
    : []

const mostBehind = 1_048_576

const isBehind = ({ ready, tables, lag }: NonNullable<CutoverState['followed']>): boolean =>
  ready < tables || lag === null || lag > mostBehind

const trouble = ({ followed, phase }: CutoverState): readonly Finding[] => {
  const found: Finding[] = []
  if (phase === 'paused')
    found.push({
      code: 'cutover.paused',
      severity: 'error',
      summary: 'neither side takes writes: a run was killed in the middle of a switch',
      why: 'the application stands still',
      fix: 'Go on with the switch (switch, or back), or open the side that was used again:\nassay migrate cutover abort --from … --to …',
    })
  if (followed !== null && !followed.enabled && phase !== 'paused')
    found.push({
      code: 'cutover.disabled',
      severity: 'error',
      summary: 'the subscription is disabled',
      why: 'nothing is applied, and the other server keeps its WAL',
      fix: 'Run the last command again: it puts things in order.',
    })
  if (followed !== null && (followed.slotStatus === 'lost' || followed.slotStatus === null))
    found.push({
      code: 'cutover.slot-lost',
      severity: 'error',
      summary: 'what the server kept for the other side is lost',
      why: 'changes are missing that cannot be sent any more',
      fix: 'Begin anew: assay migrate cutover abort --drop-copy --from … --to …, then copy.',
    })
  // Lost connections are counted too: of a copy that keeps up they say nothing.
  if (followed !== null && followed.errors > 0 && isBehind(followed))
    found.push({
      code: 'cutover.apply-errors',
      severity: 'warning',
      summary: `${followed.errors} failures of copying or applying so far`,
      why: 'each is tried again; one that stays stops everything behind it',
      fix: 'Read the log of the server that follows.',
    })
  return found
}

const answerOf = async (pair: Pair, findings: readonly Finding[]): Promise<CutoverAnswer> => {
  const state = await readState(pair)
  return { places: placesOf(pair), state, findings: [...findings, ...leftSlots(state), ...trouble(state)] }
}

export const cutoverStatus = (settings: CutoverSettings): Promise<CutoverAnswer> =>
  withPair(settings, (pair) => answerOf(pair, []))

export const copyDatabase = (
  settings: CutoverSettings,
  wish: CutoverWish,
  onProgress: (progress: CopyProgress) => void,
): Promise<CutoverAnswer & { readonly refused: boolean }> =>
  withPair(settings, (pair) =>
    withRunLock(pair, async () => {
      const { findings } = await copy(pair, wish, onProgress)
      const refused = findings.some(({ severity }) => severity === 'error')
      return { ...(await answerOf(pair, findings)), refused }
    }),
  )

const mostKeys = 5

const keys = (all: readonly (readonly string[])[]): string =>
  all
    .slice(0, mostKeys)
    .map((key) => `(${key.join(', ')})`)
    .join(', ')

const mismatchFinding = ({ table, rows, mismatch }: VerifiedTable): readonly Finding[] => {
  if (mismatch === null) return []
  const { from, to, missing, surplus, changed, other } = mismatch
  const parts = [
    ...(missing.length > 0 ? [`missing ${keys(missing)}`] : []),
    ...(changed.length > 0 ? [`changed ${keys(changed)}`] : []),
    ...(surplus.length > 0 ? [`too many ${keys(surplus)}`] : []),
  ]
  const range = from === null || to === null ? '' : `, keys (${from.join(', ')}) to (${to.join(', ')})`
  return [
    {
      code: 'cutover.mismatch',
      severity: 'error',
      structure: table,
      summary: `${table} differs: ${rows} rows in use, ${other.rows} in the copy${range}${parts.length === 0 ? '' : `: ${parts.join('; ')}`}`,
      why: 'both were read at one and the same point, so that rows under way do not count',
      fix: 'Find out who wrote to the copy. Then mend these rows by hand and compare again (verify), or begin anew: assay migrate cutover abort --drop-copy --from … --to …',
    },
  ]
}

export interface Verified extends CutoverAnswer {
  readonly verification: Omit<Verification, 'tables'> & {
    readonly tables: readonly Pick<VerifiedTable, 'table' | 'rows'>[]
  }
}

/** `again`: also what was compared before. */
export const verifyCutover = (
  settings: CutoverSettings,
  again: boolean,
  onProgress: (progress: VerifyProgress) => void,
): Promise<Verified> =>
  withPair(settings, (pair) =>
    withRunLock(pair, async () => {
      const state = await readState(pair)
      const { active, id, phase } = state
      if (active === null || id === null) throw notBegun()
      if (phase !== 'following') throw notFollowing(pair[active], `the cutover is ${phase}`)
      const standby = pair[otherKey(active)]
      await assertSchemasKept([pair[active], standby], await readRows(pair))
      if (again) await forgetVerified(standby)
      const { tables, kept, longestWait } = await verify(
        pair[active],
        standby,
        slotName(id, active),
        onProgress,
      )
      const answer = await answerOf(pair, tables.flatMap(mismatchFinding))
      return {
        ...answer,
        verification: { tables: tables.map(({ table, rows }) => ({ table, rows })), kept, longestWait },
      }
    }),
  )

export type SwitchWish = Omit<MoveWish, 'onOpened'> & {
  /** A command line for the shell, run when the other side takes writes. */
  readonly onSwitch: string | null
}

export interface Switched extends CutoverAnswer {
  readonly moved: Moved
}

const runHook = (command: string, active: SideKey): Promise<string | null> =>
  new Promise((resolve) => {
    const child = spawn(command, {
      shell: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ASSAY_CUTOVER_ACTIVE: active },
    })
    let words = ''
    child.stderr.on('data', (chunk: Buffer) => (words = `${words}${chunk.toString()}`.slice(-400)))
    child.on('error', (cause) => resolve(cause.message))
    child.on('close', (code, signal) =>
      resolve(code === 0 ? null : `it ended with ${signal ?? code}: ${words.trim()}`),
    )
  })

const hookFinding = (found: string): Finding => ({
  code: 'cutover.hook-failed',
  severity: 'error',
  summary: `the command of --on-switch failed: ${found}`,
  why: 'the switch is made all the same: the other database takes the writes now',
  fix: 'Lead the application to the other database by hand, now.',
})

/** `target`: the side to be used; `to` for the switch, `from` for the way back. */
export const switchDatabase = (
  settings: CutoverSettings,
  target: SideKey,
  wish: SwitchWish,
): Promise<Switched> =>
  withPair(settings, (pair) =>
    withRunLock(pair, async () => {
      const findings: Finding[] = []
      const { onSwitch } = wish
      const moved = await moveTo(pair, target, {
        ...wish,
        onOpened: async () => {
          if (onSwitch === null) return
          const fault = await runHook(onSwitch, target)
          if (fault !== null) findings.push(hookFinding(fault))
        },
      })
      return { ...(await answerOf(pair, findings)), moved }
    }),
  )

export const planSwitch = (
  settings: CutoverSettings,
  target: SideKey,
  wish: SwitchWish,
): Promise<MovePlan & { readonly places: Places }> =>
  withPair(settings, async (pair) => ({
    places: placesOf(pair),
    ...(await planMove(pair, target, { ...wish, onOpened: () => Promise.resolve() })),
  }))

export interface Ended extends Cleaned {
  readonly findings: readonly Finding[]
}

export const finishCutover = (settings: CutoverSettings): Promise<Ended> =>
  withPair(settings, (pair) =>
    withRunLock(pair, async () => ({
      ...(await finish(pair)),
      findings: (await answerOf(pair, [])).findings,
    })),
  )

export const abortCutover = (settings: CutoverSettings, dropsCopy: boolean): Promise<Ended> =>
  withPair(settings, (pair) =>
    withRunLock(pair, async () => ({
      ...(await abort(pair, dropsCopy)),
      findings: (await answerOf(pair, [])).findings,
    })),
  )

/** The other server is out of reach. `isLost`: and will not come back. */
export const abortWithoutTarget = async (from: SideSettings, isLost: boolean): Promise<Ended> => {
  const side = await openSide('from', from)
  try {
    return { ...(await abortAlone(side, isLost)), findings: [] }
  } finally {
    await side.close()
  }
}
