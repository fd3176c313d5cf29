/**
 * What a migration says about itself, in comments: `-- assay: loses products.legacy because …`. Most stand above the
 * first statement and speak of the whole file; `allow` and `rerunnable` may also stand above the statement they mean.
 */
import { AssayError } from '../../ground/errors.ts'
import { nearestName } from '../../ground/nearest-name.ts'
import { placeInFile } from '../../ground/source-place.ts'
import type { ScriptStep } from '../../postgres/script.ts'
import type { Direction } from './direction.ts'

/** Rows or values that are gone afterwards, and that is meant so: `loses products.legacy_code because …`. */
export interface LossDirective {
  /** As written: a column, a table, the id of a structure. */
  readonly what: string
  readonly because: string | null
  /** Which direction loses it. */
  readonly direction: Direction
  readonly line: number
}

/** A finding that is accepted: `allow lint.rewrites-table because the table has ten rows`. */
export interface AllowDirective {
  readonly code: string
  readonly because: string
  /** Number of the step that it stands at, from 1; null: the whole file. */
  readonly step: number | null
  readonly line: number
}

export interface Directives {
  readonly loses: readonly LossDirective[]
  /** There is no way back, and why: `direction forward because …`. */
  readonly forward: { readonly because: string } | null
  /** It changes rows only: `data`. */
  readonly isData: boolean
  /** `transaction none`. */
  readonly isTransactionNone: boolean
  /** The number before it, where numbers are left out: `follows 0003`. */
  readonly follows: string | null
  /** The migration that it takes back: `compensates 0007_products_slug`. */
  readonly compensates: string | null
  readonly allows: readonly AllowDirective[]
  /** Steps that may run a second time, from 1; null among them: all of the file. */
  readonly rerunnable: readonly (number | null)[]
}

export const noDirectives: Directives = {
  loses: [],
  forward: null,
  isData: false,
  isTransactionNone: false,
  follows: null,
  compensates: null,
  allows: [],
  rerunnable: [],
}

/** What a person writes, by its first word. */
const usages: Readonly<Record<string, string>> = {
  loses: '-- assay: loses products.legacy_code because no rule asks for it',
  direction: '-- assay: direction forward because the old values cannot be told any more',
  data: '-- assay: data',
  transaction: '-- assay: transaction none',
  allow: '-- assay: allow lint.rewrites-table because the table has ten rows',
  follows: '-- assay: follows 0003',
  compensates: '-- assay: compensates 0007_products_slug',
  rerunnable: '-- assay: rerunnable',
}

interface Line {
  readonly words: string
  readonly offset: number
  /** The step that it stands at, from 1; null: above the first one. */
  readonly step: number | null
}

interface Read {
  readonly file: string
  readonly text: string
  readonly direction: Direction
}

const fault = ({ file, text }: Read, { offset, words }: Line, summary: string, mend: string): AssayError =>
  new AssayError(summary, {
    code: 'migration.directive',
    exit: 2,
    asked: `-- assay: ${words}`,
    found: 'a directive that says nothing Assay understands',
    why: 'a directive that is not understood would be left out without a word',
    mend,
    where: placeInFile(file, text, offset),
  })

const directive = /--[ \t]*assay:[ \t]*(?<words>[^\r\n]*)/giu

/** Where the rows of a COPY end, when it is one. */
const endOf = (text: string, step: ScriptStep, next: number): number => {
  const end = step.start + step.text.length
  if (step.kind !== 'copy') return end
  const last = text.lastIndexOf('\n\\.', next)
  return last < end ? end : last + 3
}

/** Comments between statements; one behind a statement on its line belongs to it, others to the next. */
const linesOf = (
  text: string,
  steps: readonly ScriptStep[],
): readonly (Line & { readonly isLast: boolean })[] =>
  [...steps, null].flatMap((step, index) => {
    const before = steps[index - 1]
    const to = step?.start ?? text.length
    const from = before === undefined ? 0 : endOf(text, before, to)
    const gap = text.slice(from, to)
    return [...gap.matchAll(directive)].map((found) => {
      const offset = from + found.index
      const isBehind = before !== undefined && !gap.slice(0, found.index).includes('\n')
      const number = isBehind ? index : index + 1
      return {
        words: (found.groups?.['words'] ?? '').trim(),
        offset,
        step: index === 0 && !isBehind ? null : number,
        isLast: step === null && !isBehind && index > 0,
      }
    })
  })

const splitReason = (rest: string): { readonly what: string; readonly because: string | null } => {
  const found = /^(?<what>.*?)(?:^|\s+)because\s+(?<because>\S.*)$/iu.exec(rest)?.groups
  return { what: (found?.['what'] ?? rest).trim(), because: found?.['because']?.trim() ?? null }
}

interface Draft {
  loses: LossDirective[]
  forward: Directives['forward']
  isData: boolean
  isTransactionNone: boolean
  follows: string | null
  compensates: string | null
  allows: AllowDirective[]
  rerunnable: (number | null)[]
}

const take = (draft: Draft, read: Read, line: Line): void => {
  const [word = '', ...others] = line.words.split(/\s+/u)
  const rest = others.join(' ')
  const usage = usages[word]
  if (usage === undefined) {
    const nearest = nearestName(word, Object.keys(usages))
    const guess = nearest === null ? '' : ` Did you mean "${nearest}"?`
    const lines = nearest === null ? Object.values(usages) : [usages[nearest] ?? '']
    throw fault(read, line, `There is no directive "${word}".${guess}`, `Write:\n${lines.join('\n')}`)
  }
  const refuse = (what: string): AssayError => fault(read, line, what, `Write:\n${usage}`)
  if (line.step !== null && word !== 'allow' && word !== 'rerunnable')
    throw fault(
      read,
      line,
      `The directive "${word}" stands below the first statement.`,
      'Put it at the head of the file: it speaks of all of it.',
    )
  const { what, because } = splitReason(rest)
  const at = placeInFile(read.file, read.text, line.offset).line
  if (word === 'loses') {
    if (what === '') throw refuse('It is not said what is lost.')
    draft.loses.push({ what, because, direction: read.direction, line: at })
  } else if (word === 'allow') {
    if (what === '' || because === null) throw refuse('A finding is allowed for a reason, by its code.')
    draft.allows.push({ code: what, because, step: line.step, line: at })
  } else if (word === 'direction') {
    if (what !== 'forward' || because === null)
      throw refuse('A migration without a way back says why: direction forward because …')
    draft.forward = { because }
  } else if (word === 'transaction') {
    if (rest !== 'none') throw refuse(`"transaction ${rest}" is not known: a file has one, or none.`)
    draft.isTransactionNone = true
  } else if (word === 'follows') {
    if (!/^\S+$/u.test(rest)) throw refuse('It is not said which migration stands before this one.')
    draft.follows = rest
  } else if (word === 'compensates') {
    if (rest === '') throw refuse('It is not said which migration it takes back.')
    draft.compensates = rest
  } else if (rest !== '') {
    throw refuse(`The directive "${word}" takes nothing behind it.`)
  } else if (word === 'data') draft.isData = true
  else draft.rerunnable.push(line.step)
}

/** Throws AssayError for one that is not understood, or stands where nobody would look for it. */
export const parseDirectives = (
  script: { readonly file: string; readonly text: string },
  steps: readonly ScriptStep[],
  direction: Direction,
): Directives => {
  const read: Read = { file: script.file, text: script.text, direction }
  const draft: Draft = {
    loses: [],
    forward: null,
    isData: false,
    isTransactionNone: false,
    follows: null,
    compensates: null,
    allows: [],
    rerunnable: [],
  }
  for (const line of linesOf(script.text, steps)) {
    if (line.isLast)
      throw fault(
        read,
        line,
        'A directive stands below the last statement.',
        'Put it at the head of the file, or above the statement that it means.',
      )
    take(draft, read, line)
  }
  return draft
}

/** Of the part that goes up and the part that goes back. Steps are those of the part that each belongs to. */
export const joinDirectives = (up: Directives, down: Directives): Directives => ({
  ...up,
  loses: [...up.loses, ...down.loses],
})
