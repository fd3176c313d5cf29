/**
 * A migration's script as steps, and the stages that they run in: each stage is one transaction, or one statement that
 * PostgreSQL wants outside of any. Call `loadParser` of postgres/parse.ts before.
 */
import { AssayError } from '../../ground/errors.ts'
import { makeLineNumbers } from '../../ground/line-numbers.ts'
import { placeInFile } from '../../ground/source-place.ts'
import { readScript, type ScriptStep } from '../../postgres/script.ts'
import { parseDirectives, type AllowDirective } from './directives.ts'
import type { MigrationScript } from './migration.ts'
import { parseStatement, transactionNeed } from './transaction-need.ts'

export interface MigrationStep {
  /** From 1, within the script. */
  readonly number: number
  readonly text: string
  /** Rows of a COPY … FROM stdin, in its own format; null for any other statement. */
  readonly copyData: string | null
  /** Offset in the file. */
  readonly start: number
  readonly line: number
  /** `together`: in the transaction of its stage. `alone`: outside of any. */
  readonly runs: 'together' | 'alone'
  /** Findings that are accepted at this statement or for the whole file. */
  readonly allows: readonly AllowDirective[]
  /** Its author says that it may run a second time. */
  readonly isRerunnable: boolean
}

export interface Stage {
  /** From 1. */
  readonly number: number
  /** What begins its transaction, such as `begin`; null: none, and one step. */
  readonly begin: string | null
  readonly steps: readonly MigrationStep[]
}

/** psql's own commands that say nothing about the schema. */
const withoutMeaning =
  /^\\(?:restrict|unrestrict|connect|c|encoding|echo|qecho|warn|timing|pset|x|t|a|f|pager|p|r|o)(?![a-z])/iu

const refusePsql = (script: MigrationScript, { text, start }: ScriptStep): AssayError =>
  new AssayError(
    `The migration uses psql's own command ${text.split(/\s/u)[0] ?? ''}, which only psql can run.`,
    {
      code: 'migration.psql-command',
      exit: 2,
      asked: text,
      found: 'a command of psql in a file that is sent to PostgreSQL',
      mend: 'Write it as plain SQL.',
      where: placeInFile(script.file, script.text, start),
    },
  )

const refuseControl = (
  script: MigrationScript,
  { text, start }: ScriptStep,
  found: string,
  mend: string,
): AssayError =>
  new AssayError('The migration controls transactions in a way that cannot be continued after a failure.', {
    code: 'migration.transaction-control',
    exit: 2,
    asked: text,
    found,
    why: 'each transaction is written to the journal with what it did: begin … commit pairs say where it ends',
    mend,
    where: placeInFile(script.file, script.text, start),
  })

type Control = 'begin' | 'commit' | 'other'

const controlOf = (text: string): Control => {
  const [kind, content] = parseStatement(text) ?? []
  if (kind !== 'TransactionStmt') return 'other'
  const verb = String(content?.['kind'])
  if (verb === 'TRANS_STMT_BEGIN' || verb === 'TRANS_STMT_START') return 'begin'
  return verb === 'TRANS_STMT_COMMIT' && content?.['chain'] !== true ? 'commit' : 'other'
}

/** What may commit by itself, as REINDEX of a partitioned table does: without a transaction for the file, outside of any. */
const mayCommit = /^(?:call|execute|reindex|cluster)\b|^do\b[^]*\b(?:commit|rollback|call)\b/iu

/** Steps with the transaction that the script opens around them; control statements are not among them. */
interface Placed {
  readonly step: MigrationStep
  /** The same object for steps between one begin and its commit; null: outside of those. */
  readonly within: { readonly begin: string } | null
}

const place = (script: MigrationScript): readonly Placed[] => {
  const lineOf = makeLineNumbers(script.text)
  const all = readScript(script.text)
  // Numbers count what is sent, begin and commit included: directives are read with the same numbers.
  const sent = all.filter((step) => {
    if (step.kind === 'meta' && !withoutMeaning.test(step.text)) throw refusePsql(script, step)
    return step.kind !== 'meta'
  })
  const directives = parseDirectives(script, sent, 'up')
  const none = script.isTransactionNone || directives.isTransactionNone
  const placed: Placed[] = []
  let within: (Placed['within'] & { readonly step: ScriptStep }) | null = null
  for (const [index, step] of sent.entries()) {
    const need = step.kind === 'copy' ? 'any' : transactionNeed(step.text)
    if (need === 'control') {
      const control = controlOf(step.text)
      if (control === 'begin' && within === null) within = { begin: step.text, step }
      else if (control === 'commit' && within !== null) within = null
      else if (control === 'begin')
        throw refuseControl(
          script,
          step,
          'a transaction inside of another one',
          'End the one above it with commit;',
        )
      else if (control === 'commit')
        throw refuseControl(
          script,
          step,
          'no begin above it',
          'Take it out, or write begin; above what it ends.',
        )
      else
        throw refuseControl(
          script,
          step,
          'neither a plain begin nor a plain commit',
          'Take it out: a migration that fails is rolled back by itself.',
        )
      continue
    }
    if (need === 'outside' && within !== null)
      throw refuseControl(
        script,
        step,
        'a statement that PostgreSQL refuses inside of a transaction',
        'Put commit; above it, and begin; below it where more follows.',
      )
    const number = index + 1
    const isAlone = need === 'outside' || (none && within === null && mayCommit.test(step.text))
    placed.push({
      within,
      step: {
        number,
        text: step.text,
        copyData: step.kind === 'copy' ? step.data : null,
        start: step.start,
        line: lineOf(step.start),
        runs: isAlone ? 'alone' : 'together',
        allows: directives.allows.filter((allow) => allow.step === null || allow.step === number),
        isRerunnable: directives.rerunnable.some((one) => one === null || one === number),
      },
    })
  }
  if (within !== null)
    throw refuseControl(
      script,
      within.step,
      'the end of the file inside that transaction',
      'Write commit; at the end.',
    )
  return placed
}

/** In the order of the file. Throws AssayError for what cannot be run step by step. */
export const stepsOf = (script: MigrationScript): readonly MigrationStep[] =>
  place(script).map(({ step }) => step)

/**
 * Consecutive steps of one transaction, and single ones outside of any. `begin` and `commit` of the file make stages of
 * their own; in a script that says `transaction none`, every other statement is a stage.
 */
export const stagesOf = (script: MigrationScript): readonly Stage[] => {
  const stages: { begin: string | null; within: Placed['within']; steps: MigrationStep[] }[] = []
  for (const { step, within } of place(script)) {
    const last = stages.at(-1)
    const joins =
      last !== undefined &&
      last.begin !== null &&
      step.runs === 'together' &&
      last.within === within &&
      !(script.isTransactionNone && within === null)
    if (joins) last.steps.push(step)
    else
      stages.push({ begin: step.runs === 'alone' ? null : (within?.begin ?? 'begin'), within, steps: [step] })
  }
  return stages.map(({ begin, steps }, index) => ({ number: index + 1, begin, steps }))
}
