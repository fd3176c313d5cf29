/** assay migrate cutover: settings from options, the use case, the answer as text or envelope. */
import { AssayError } from '../ground/errors.ts'
import { durationText, remainingSeconds } from '../migrate/backfill/remaining-time.ts'
import { acceptable } from '../migrate/cutover/preflight.ts'
import { stepCommand } from '../migrate/cutover/names.ts'
import type { CutoverState } from '../migrate/cutover/state.ts'
import {
  abortCutover,
  abortWithoutTarget,
  copyDatabase,
  cutoverStatus,
  finishCutover,
  planCutoverOf,
  planSwitch,
  switchDatabase,
  verifyCutover,
  type CopyProgress,
  type CutoverSettings,
  type Planned,
  type SideKey,
} from '../project/cutover-databases.ts'
import {
  bytesText,
  cutoverEndedText,
  cutoverMovedText,
  cutoverPlanText,
  cutoverRefusedText,
  cutoverStateText,
  cutoverVerifiedText,
  movePlanText,
} from '../report/cutover.ts'
import { envelopeText } from '../report/envelope.ts'
import type { Finding } from '../prove/result.ts'
import type { Answer, ExitCode } from './exit-code.ts'
import type { Output } from './output.ts'
import { typed } from './placed.ts'
import type { CommonOptions } from './run-command.ts'

export interface CutoverOptions extends CommonOptions {
  readonly from?: string
  readonly to?: string
  readonly fromReachedBy?: string
  readonly toReachedBy?: string
  readonly oneWay?: boolean
  readonly identityFull?: boolean
  readonly accept?: string
  readonly sql?: boolean
  readonly again?: boolean
  readonly maxPause?: number
  readonly grace?: number
  readonly sequenceGap?: number
  readonly onSwitch?: string
  readonly dryRun?: boolean
  readonly dropCopy?: boolean
  readonly withoutTarget?: boolean
}

export type CutoverStep = 'plan' | 'copy' | 'status' | 'verify' | 'switch' | 'back' | 'finish' | 'abort'

const urlOf = (step: CutoverStep, key: SideKey, options: CutoverOptions): string => {
  const url = options[key]
  if (url !== undefined) return url
  throw new AssayError(`It is not said which database is ${key === 'from' ? 'moved' : 'moved to'}.`, {
    code: 'usage.no-url',
    exit: 2,
    found: `assay migrate cutover ${step} without --${key}`,
    mend: `Name both, DATABASE_URL is never read: assay migrate cutover ${step} --from postgres://admin:password@old:5432/shop --to postgres://admin:password@new:5432/shop`,
  })
}

const sideOf = (step: CutoverStep, key: SideKey, options: CutoverOptions): CutoverSettings[SideKey] => {
  const reachedBy = key === 'from' ? options.fromReachedBy : options.toReachedBy
  return { url: urlOf(step, key, options), ...(reachedBy === undefined ? {} : { reachedBy }) }
}

const acceptsOf = (options: CutoverOptions, known: readonly string[]): readonly string[] => {
  const codes = (options.accept ?? '')
    .split(',')
    .map((code) => code.trim())
    .filter((code) => code !== '')
  const strange = codes.filter((code) => !known.includes(code))
  if (strange.length === 0) return codes
  throw new AssayError(`--accept ${strange.join(',')} is not known here.`, {
    code: 'usage.accept',
    exit: 2,
    asked: strange.join(', '),
    found: `what may be taken as it is: ${known.join(', ')}`,
    mend: `Write some of them, with commas between: --accept ${known.slice(0, 2).join(',')}`,
  })
}

interface Told {
  readonly code: ExitCode
  readonly summary: unknown
  readonly findings: readonly Finding[]
  readonly next: readonly string[]
  readonly text: string
}

const answer = (step: CutoverStep, json: boolean, told: Told): Answer => {
  const { code, summary, findings, text } = told
  const next = told.next.map(typed)
  if (json)
    return {
      code,
      text: envelopeText({
        ok: code === 0,
        command: `migrate cutover ${step}`,
        summary,
        findings,
        next,
        artifacts: [],
      }),
    }
  return { code, text: next.length === 0 ? text : `${text}\n\nNext: ${next.join('\n      ')}` }
}

const hasErrors = (findings: readonly Finding[]): boolean =>
  findings.some(({ severity }) => severity === 'error')

/** The bar of a copy: rows, and how long it will take still. */
const copyBar = (onProgress: NonNullable<Output['onProgress']>): ((progress: CopyProgress) => void) => {
  let from: { readonly walked: number; readonly at: number } | null = null
  return ({ step, followed }) => {
    if (followed === null) return onProgress(step, 0, 1)
    const { copiedRows, totalRows, ready, tables, lag } = followed
    const now = { walked: copiedRows, at: performance.now() }
    from ??= now
    const left = remainingSeconds(from, now, totalRows)
    const words = [
      `${ready} of ${tables} tables`,
      ...(lag === null ? [] : [`${bytesText(lag)} behind`]),
      ...(left === null || copiedRows >= totalRows ? [] : [`${durationText(left)} left`]),
    ]
    onProgress(words.join(', '), Math.min(copiedRows, totalRows), Math.max(totalRows, 1))
  }
}

type Work = (options: CutoverOptions, output: Output) => Promise<Told>

const both = (step: CutoverStep, options: CutoverOptions): CutoverSettings => ({
  from: sideOf(step, 'from', options),
  to: sideOf(step, 'to', options),
})

const wishOf = (options: CutoverOptions) => ({
  isOneWay: options.oneWay ?? false,
  setsIdentity: options.identityFull ?? false,
  accepts: acceptsOf(options, acceptable),
})

/** Without the lists of what a whole server has. */
const brief = (facts: Planned['facts']['from']): unknown => ({
  ...facts,
  available: undefined,
  roles: undefined,
})

const plan: Work = async (options, { layout }) => {
  const planned = await planCutoverOf(both('plan', options), wishOf(options))
  const isRefused = hasErrors(planned.findings)
  return {
    code: isRefused ? 4 : 0,
    summary: {
      places: planned.places,
      facts: { from: brief(planned.facts.from), to: brief(planned.facts.to) },
      ...(options.sql ? { sql: planned.sql } : {}),
    },
    findings: planned.findings,
    next: isRefused ? [] : [stepCommand('copy')],
    text: cutoverPlanText(planned, options.sql ?? false, layout),
  }
}

const copy: Work = async (options, { layout, onProgress }) => {
  const bar = onProgress ? copyBar(onProgress) : () => undefined
  const { refused, ...copied } = await copyDatabase(both('copy', options), wishOf(options), bar)
  const isWrong = hasErrors(copied.findings)
  return {
    code: refused ? 4 : isWrong ? 1 : 0,
    summary: { places: copied.places, state: copied.state },
    findings: copied.findings,
    next: isWrong ? (refused ? [] : onwards(copied.state)) : [stepCommand('verify')],
    text:
      refused && copied.state.phase === 'none'
        ? cutoverRefusedText(copied, layout)
        : cutoverStateText(copied, layout),
  }
}

/** What leads on from where it stands. */
const onwards = ({ phase, active, followed, verified, slots }: CutoverState): readonly string[] => {
  const lost = followed !== null && (followed.slotStatus === 'lost' || followed.slotStatus === null)
  if (lost) return active === 'to' ? [stepCommand('finish')] : [stepCommand('abort', '--drop-copy')]
  switch (phase) {
    case 'none':
      return [stepCommand(slots.length > 0 ? 'abort' : 'plan')]
    case 'half-begun':
      return [stepCommand('copy'), stepCommand('abort')]
    case 'copying':
      return [stepCommand('copy')]
    case 'paused':
      return [stepCommand(active === 'to' ? 'back' : 'switch'), stepCommand('abort')]
    case 'switched':
      return [stepCommand('finish')]
    case 'following':
      if (active === 'to') return [stepCommand('finish'), stepCommand('back')]
      return [stepCommand(verified < (followed?.tables ?? 0) ? 'verify' : 'switch')]
  }
}

const status: Work = async (options, { layout }) => {
  const found = await cutoverStatus(both('status', options))
  return {
    code: hasErrors(found.findings) ? 1 : 0,
    summary: { places: found.places, state: found.state },
    findings: found.findings,
    next: onwards(found.state),
    text: cutoverStateText(found, layout),
  }
}

const verify: Work = async (options, { layout, onProgress }) => {
  const verified = await verifyCutover(both('verify', options), options.again ?? false, (progress) =>
    onProgress?.(progress.table, progress.done, progress.of),
  )
  const isWrong = hasErrors(verified.findings)
  const { places, state, verification, findings } = verified
  return {
    code: isWrong ? 1 : 0,
    summary: { places, state, verification },
    findings,
    next: isWrong
      ? [stepCommand('verify', '--again')]
      : [stepCommand(state.active === 'to' ? 'back' : 'switch')],
    text: cutoverVerifiedText(verified, layout),
  }
}

const move =
  (step: 'switch' | 'back', target: SideKey): Work =>
  async (options, { layout, onProgress }) => {
    const settings = both(step, options)
    const wish = {
      maxPauseSeconds: options.maxPause ?? 10,
      graceMs: (options.grace ?? 0.5) * 1000,
      sequenceGap: options.sequenceGap ?? 0,
      acceptsUnverified: acceptsOf(options, ['unverified']).includes('unverified'),
      onSwitch: options.onSwitch ?? null,
      onStep: (words: string) => onProgress?.(words, 0, 1),
    }
    if (options.dryRun) {
      const planned = await planSwitch(settings, target, wish)
      return {
        code: 0,
        summary: { ...planned, dryRun: true },
        findings: [],
        next: [],
        text: movePlanText(planned, layout),
      }
    }
    const switched = await switchDatabase(settings, target, wish)
    const { moved, places, state, findings } = switched
    return {
      code: hasErrors(findings) ? 1 : 0,
      summary: { places, moved, state },
      findings,
      next:
        target === 'to'
          ? [stepCommand('finish'), stepCommand('back')]
          : [stepCommand('abort'), stepCommand('switch')],
      text: cutoverMovedText(switched, layout),
    }
  }

const finish: Work = async (options, { layout }) => {
  const ended = await finishCutover(both('finish', options))
  const { findings, ...summary } = ended
  return {
    code: hasErrors(findings) ? 1 : 0,
    summary,
    findings,
    next: [],
    text: cutoverEndedText(ended, 'finish', layout),
  }
}

const abort: Work = async (options, { layout }) => {
  const isLost = acceptsOf(options, ['lost-target']).includes('lost-target')
  const ended = options.withoutTarget
    ? await abortWithoutTarget(sideOf('abort', 'from', options), isLost)
    : await abortCutover(both('abort', options), options.dropCopy ?? false)
  const { findings, ...summary } = ended
  return {
    code: hasErrors(findings) ? 1 : 0,
    summary,
    findings,
    next: [],
    text: cutoverEndedText(ended, 'abort', layout),
  }
}

const works: Readonly<Record<CutoverStep, Work>> = {
  plan,
  copy,
  status,
  verify,
  switch: move('switch', 'to'),
  back: move('back', 'from'),
  finish,
  abort,
}

export const cutoverCommand = async (
  step: CutoverStep,
  options: CutoverOptions,
  output: Output,
): Promise<Answer> => answer(step, options.json ?? false, await works[step](options, output))
