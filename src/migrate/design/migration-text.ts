/** The text of a migration: a head comment that names what it is for, then plain SQL, stage by stage. */
import { dollarQuoted, ident } from '../../postgres/quote.ts'
import { isOnline, losesRows } from '../changes/changes-between.ts'
import { isNewTable, type Change, type ChangeContext, type Step } from '../changes/change.ts'
import { stepsOf } from '../changes/kinds.ts'
import { lockTimeout, lockTimeoutOfSeveral } from '../changes/lock-timeouts.ts'
import { fromHalfWay } from './half-way.ts'

export interface ScriptWish {
  /** Lines of the head comment. */
  readonly head: readonly string[]
  /** In the order in which they run. */
  readonly changes: readonly Change[]
  readonly context: ChangeContext
  /** Roles and schemas that have to be there first. */
  readonly first?: readonly string[]
  readonly last?: readonly string[]
  /** What it undoes ran in stages, and may have stopped between them. */
  readonly isFromHalfWay?: boolean
  /** Who goes back may turn round once more: nothing is said to be done before something is. */
  readonly isWayBack?: boolean
}

const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()

/** A sentence that holds the beginning of a directive is none. */
const plain = (line: string): string =>
  line.startsWith('assay: ') ? line : line.replaceAll(/-+(?=[ \t]*assay:)/giu, '–')

const commentLines = (lines: readonly string[]): string =>
  lines.map((line) => `-- ${plain(printable(line))}`).join('\n')

const isConcurrent = ({ sql }: Step): boolean =>
  /^(?:create (?:unique )?|drop )index concurrently /u.test(sql)

/** PostgreSQL reads the body of a function in SQL when it is made; it may name what comes after. */
const readsBody = (step: Step): boolean => /^create (?:or replace )?(?:function|procedure) /iu.test(step.sql)

const written = (statements: readonly string[]): string => statements.map((sql) => `${sql};\n`).join('')

/** Steps that share a transaction, or one that has its own. */
const stretches = (steps: readonly Step[]): readonly (readonly Step[])[] => {
  const found: Step[][] = []
  for (const step of steps) {
    const before = found.at(-1)
    if (step.alone || before === undefined || before[0]?.alone) found.push([step])
    else before.push(step)
  }
  return found
}

const bodiesOff = (steps: readonly Step[]): readonly string[] =>
  steps.some(readsBody) ? ['set local check_function_bodies = off'] : []

const alteredTable = /^alter table (?:only )?(?<table>"(?:[^"]|"")+"\."(?:[^"]|"")+") /u

/** In one transaction a lock is held until its end. */
const timeoutOf = (stretch: readonly Step[]): string => {
  // Nobody waits for an index that is built concurrently: it may wait for everybody.
  if (stretch.every(isConcurrent)) return '0'
  const tables = new Set(stretch.flatMap(({ sql }) => alteredTable.exec(sql)?.groups?.['table'] ?? []))
  return tables.size > 1 || stretch.some((step) => step.locksSeveral) ? lockTimeoutOfSeveral : lockTimeout
}

const inStages = (steps: readonly Step[], isFirstWhole: boolean): string => {
  const parts = stretches(steps)
  // The server's own may be none at all.
  const timeouts = parts.map(timeoutOf)
  const isFirstLocal = isFirstWhole && timeouts[0] !== '0'
  const first =
    timeouts[0] === '0' || isFirstLocal ? [] : [`set lock_timeout = ${timeouts[0] ?? lockTimeout}`]
  const body = parts.map((stretch, i) => {
    const statements = [...bodiesOff(stretch), ...stretch.map(({ sql }) => sql)]
    if (i === 0 && isFirstLocal)
      return written([
        'begin',
        `set local lock_timeout = ${timeouts[0] ?? lockTimeout}`,
        ...statements,
        'commit',
      ])
    const alone = statements.length === 1
    const isSaid = i === 0 ? first.length > 0 : timeouts[i] === timeouts[i - 1] && !(i === 1 && isFirstLocal)
    const lock = isSaid ? [] : [`set lock_timeout = ${timeouts[i] ?? lockTimeout}`]
    return written([...lock, ...(alone ? statements : ['begin', ...statements, 'commit'])])
  })
  return [written(first), ...body].filter((part) => part !== '').join('\n')
}

/** Whether somebody may wait: it touches what stood before, or points to it. */
const touchesStanding = (changes: readonly Change[], context: ChangeContext): boolean =>
  changes.some(
    (change) => change.kind === 'references' || (change.table !== null && !isNewTable(change.table, context)),
  )

const inOneTransaction = (steps: readonly Step[], isTimed: boolean): string =>
  written([
    ...(isTimed ? [`set local lock_timeout = ${timeoutOf(steps)}`] : []),
    ...bodiesOff(steps),
    ...steps.map(({ sql }) => sql),
  ])

/** What the changes carry out, in order. */
const allSteps = (changes: readonly Change[], context: ChangeContext): readonly Step[] =>
  changes.flatMap((change) => stepsOf(change, { ...context, online: isOnline(change, context) }))

/** Whether the changes run in stages, each of which is there to stay. */
export const isInStages = (changes: readonly Change[], context: ChangeContext): boolean =>
  allSteps(changes, context).some((step) => step.alone)

/** What takes everything away; an index may need a function that goes, too. */
export const onlyRemoves = (changes: readonly Change[]): boolean =>
  changes.every(({ does, kind }) => does === 'remove' && kind !== 'function')

/** One stage takes back all but indexes: what made them begins with dropping them, and finds nothing else half done. */
const indexesLast = (steps: readonly Step[]): readonly Step[] => [
  ...steps.filter((step) => !isConcurrent(step)),
  ...steps.filter(isConcurrent),
]

export const scriptText = (wish: ScriptWish): string => {
  const { head, changes, context, first = [], last = [], isFromHalfWay = false, isWayBack = false } = wish
  const planned: readonly Step[] = [
    ...first.map((sql) => ({ sql })),
    ...(isWayBack && onlyRemoves(changes)
      ? indexesLast(allSteps(changes, context))
      : allSteps(changes, context)),
    ...last.map((sql) => ({ sql })),
  ]
  const steps = isFromHalfWay ? planned.map((step) => ({ ...step, sql: fromHalfWay(step.sql) })) : planned
  const none = steps.some((step) => step.alone)
  const lines = [...head, ...(none ? ['assay: transaction none'] : [])]
  const body = none
    ? inStages(steps, isWayBack && onlyRemoves(changes))
    : inOneTransaction(steps, touchesStanding(changes, context))
  return `${commentLines(lines)}\n\n${body}`
}

export const renameText = (head: readonly string[], statements: readonly string[]): string =>
  `${commentLines(head)}\n\n${written([`set local lock_timeout = ${lockTimeout}`, ...statements])}`

/** Rows and values that are gone once these changes ran: `assay: loses products/column:legacy because …`. */
export const lossLines = (changes: readonly Change[], because: string): readonly string[] =>
  changes.filter(losesRows).map(({ id }) => `assay: loses ${id} because ${because}`)

export const createRole = (role: string): string =>
  `do ${dollarQuoted(`begin create role ${ident(role)}; exception when duplicate_object then null; end`)}`
