/** The text of a phase: a head comment that says what it is for, then plain SQL in stages, each a short transaction. */
import { stepsOf } from '../changes/kinds.ts'
import { lockTimeoutOfSeveral } from '../changes/lock-timeouts.ts'
import type { Change, ChangeContext } from '../changes/change.ts'
import { qualified } from '../../postgres/quote.ts'

/** Statements of one transaction; one alone is a transaction by itself, or cannot run in any. */
export type Stage = readonly string[]

const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()

/** A sentence that holds the beginning of a directive is none. */
const plain = (line: string): string =>
  line.startsWith('assay: ') ? line : line.replaceAll(/-+(?=[ \t]*assay:)/giu, '–')

const isConcurrent = (stage: Stage): boolean =>
  stage.every((sql) => /^(?:create (?:unique )?|drop )index concurrently /u.test(sql))

const written = (statements: readonly string[]): string => statements.map((sql) => `${sql};\n`).join('')

/** Steps that share a transaction together, others each by itself. */
export const stagesOfChanges = (changes: readonly Change[], context: ChangeContext): readonly Stage[] => {
  const stages: { readonly isAlone: boolean; readonly statements: string[] }[] = []
  for (const { sql, alone = false } of changes.flatMap((change) => stepsOf(change, context))) {
    const before = stages.at(-1)
    if (!alone && before?.isAlone === false) before.statements.push(sql)
    else stages.push({ isAlone: alone, statements: [sql] })
  }
  return stages.map(({ statements }) => statements)
}

/** What a build that was broken off may have left under the name of a key. */
const leftOver = ({ does, kind, before, table }: Change, { before: catalog }: ChangeContext): Stage => {
  const schema = catalog.tables.get(table ?? '')?.schema
  if (does !== 'remove' || before === null || schema === undefined) return []
  if (kind !== 'unique' && kind !== 'primaryKey') return []
  return [`drop index if exists ${qualified({ schema, name: before.name })}`]
}

/** The same for a way back, which may begin where only a part of what it undoes stands. */
export const stagesBack = (
  changes: readonly Change[],
  context: ChangeContext,
  fromHalfWay: (sql: string) => string,
): readonly Stage[] => {
  const rest = changes.flatMap((change) => leftOver(change, context))
  return [...stagesOfChanges(changes, context).map((stage) => stage.map(fromHalfWay)), rest]
}

/** Each statement a transaction of its own: nobody waits for one table while it holds another. */
export const apart = (stages: readonly Stage[]): readonly Stage[] =>
  stages.flatMap((stage) => stage.map((sql) => [sql]))

const inStages = (stages: readonly Stage[]): string => {
  let isTimed = false
  const parts = stages.map((stage, i) => {
    const wants = !isConcurrent(stage)
    // A setting before the first stage would be a part of the migration that has done nothing.
    if (i === 0 && wants && stage.length > 1)
      return written(['begin', `set local lock_timeout = ${lockTimeoutOfSeveral}`, ...stage, 'commit'])
    // Nobody waits for an index that is built concurrently: it may wait for everybody.
    const lock = wants === isTimed ? [] : [`set lock_timeout = ${wants ? lockTimeoutOfSeveral : '0'}`]
    isTimed = wants
    return written([...lock, ...(stage.length === 1 ? stage : ['begin', ...stage, 'commit'])])
  })
  return parts.join('\n')
}

/** A walk in pages: each few are a transaction of their own. */
const commits = /\bcommit;/u

const inTransaction = (setting: string): string => setting.replace(/^set /u, 'set local ')

export interface PhaseWish {
  readonly head: readonly string[]
  readonly stages: readonly Stage[]
  /** Settings of the session that stages of several transactions need. */
  readonly session?: readonly string[]
}

export const phaseText = ({ head, stages, session = [] }: PhaseWish): string => {
  const all = stages.filter((stage) => stage.length > 0)
  const [first = []] = all
  const isWhole = all.length === 1 && !isConcurrent(first) && !first.some((sql) => commits.test(sql))
  const lines = [...head, ...(isWhole || all.length === 0 ? [] : ['assay: transaction none'])]
  const comment = lines.map((line) => `-- ${plain(printable(line))}\n`).join('')
  if (all.length === 0) return comment
  if (isWhole)
    return `${comment}\n${written([...session.map(inTransaction), `set local lock_timeout = ${lockTimeoutOfSeveral}`, ...first])}`
  return `${comment}\n${written(session)}${inStages(all)}`
}

/** Lines of a head: what a look at one statement takes for a danger, and is none here. */
export const inPages =
  'assay: allow lint.unbatched-backfill because it commits behind each few pages, and none is locked longer than that'
export const inOneMoment =
  'assay: allow lint.rename-breaks-clients because two columns change places in one transaction: each name stands before it and after it'

/** Beside the scripts of a backfill, where it is one statement. */
export const backfillFile = 'backfill.sql'
export const withALook = (files: string): string =>
  `With a look at replicas and load, and a way to pause, run ${files} first: assay migrate backfill FILE --url …`

export const oldNameUnused =
  'assay: allow lint.rename-breaks-clients because no application uses the old name any more, and nothing else is done to it'
/** Told only where it is done: a comment that allows nothing is a finding itself. */
export const mayBeNull = (stages: readonly Stage[]): readonly string[] =>
  stages.flat().some((sql) => / drop not null\b/u.test(sql))
    ? ['assay: allow lint.drops-not-null because no application names what was put aside']
    : []
export const notNamed = (what: 'column' | 'table'): string =>
  `assay: allow lint.drops-${what} because no application names what was put aside`

export const givesWay =
  'assay: allow lint.second-lock because it waits half a second for a lock and then gives way, before a deadlock would end a writer'

/** The first line of every phase: which one of how many, and what for. */
export const headLine = (number: number, of: number, what: string, says: string): string =>
  `Phase ${number} of ${of}, ${what}: ${says}`
