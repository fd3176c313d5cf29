/** Runs one SQL file as the owner: in a transaction of its own, unless it holds what cannot run in one. */
import { AssayError } from '../ground/errors.ts'
import { PgError } from '../postgres/fault.ts'
import { loadParser } from '../postgres/parse.ts'
import { substituteVariables } from '../postgres/psql-variables.ts'
import { readScript, type ScriptStep } from '../postgres/script.ts'
import type { Session } from '../postgres/session.ts'
import type { MigrationFile } from '../migrate/files/migration-files.ts'
import { openPsqlState, type RefuseCommand } from './psql-state.ts'
import { schemaFault } from './schema-fault.ts'
import { placeInFile } from '../ground/source-place.ts'
import { noTransactionMarker, parseStatement, transactionNeed } from '../migrate/files/transaction-need.ts'

export interface RunOptions {
  /** The administrator made extensions, so that the owner may not comment on them. */
  readonly skipExtensionComments: boolean
  /** Schemas that were made for extensions before any file. */
  readonly madeSchemas?: readonly string[]
}

type RunStep = Exclude<ScriptStep, { readonly kind: 'meta' }>

/** psql's own commands that say nothing about the schema. */
const withoutMeaning = new Set(
  'restrict unrestrict connect c encoding echo qecho warn timing pset x t a f pager p r o g gx'.split(' '),
)

const refuseCommand: RefuseCommand = (source, { text, start }, found, mend) =>
  new AssayError(`The file uses psql's own command ${text.split(/\s/u)[0] ?? ''}, which only psql can run.`, {
    code: 'schema.psql-command',
    exit: 3,
    asked: text,
    found,
    // No option says variables of a project: the file itself does.
    mend: mend.replace(/^Say [^]*?(?:; or|, or) write/u, 'Write'),
    where: placeInFile(source.file, source.text, start),
  })

const runnable = (source: MigrationFile): readonly RunStep[] => {
  const state = openPsqlState(new Map(), refuseCommand)
  const steps = readScript(source.text).flatMap((step): readonly RunStep[] => {
    if (step.kind === 'meta') {
      const unknown = state.read(source, step).find(({ name }) => !withoutMeaning.has(name))
      if (!unknown) return []
      throw refuseCommand(
        source,
        step,
        'a command of psql in a file that is sent to PostgreSQL',
        unknown.name.startsWith('i')
          ? 'Put the statements of the included file here, or list that file under schema.before.'
          : 'Write it as plain SQL, or run the file with psql as schema.command.',
      )
    }
    if (!state.isRun()) return []
    const { variables } = state
    return [variables.size === 0 ? step : { ...step, text: substituteVariables(step.text, variables).text }]
  })
  state.endFile(source)
  return steps
}

/** COMMENT ON EXTENSION of pg_dump: refused to owners, for what the administrator made; says nothing about the data. */
const isExtensionComment = (text: string): boolean =>
  /^comment\s+on\s+extension\b/iu.test(text) && parseStatement(text)?.[1]['objtype'] === 'OBJECT_EXTENSION'

/** CREATE SCHEMA and nothing else, of one that stands already because an extension was created in it. */
const isMadeSchema = (text: string, made: readonly string[]): boolean => {
  const { quoted, plain } =
    /^create\s+schema\s+(?:"(?<quoted>(?:[^"]|"")+)"|(?<plain>[\w$]+))$/iu.exec(text)?.groups ?? {}
  return made.includes(quoted?.replaceAll('""', '"') ?? plain?.toLowerCase() ?? '')
}

const endsTransaction = /^(?:COMMIT|ROLLBACK|PREPARE TRANSACTION)$/u
const beginsTransaction = /^(?:BEGIN|START TRANSACTION)$/u

const unfinished = (source: MigrationFile, step: RunStep): AssayError =>
  new AssayError('The file begins a transaction and does not end it.', {
    code: 'schema.open-transaction',
    exit: 3,
    asked: step.text,
    found: 'the end of the file inside that transaction: psql would roll it back',
    mend: 'Write commit; at the end, or leave begin out: each file runs in a transaction of its own.',
    where: placeInFile(source.file, source.text, step.start),
  })

/** What of a file is sent to PostgreSQL, in order. Throws AssayError for what only psql can run. */
export const stepsToRun = (
  source: MigrationFile,
  { skipExtensionComments, madeSchemas = [] }: RunOptions,
): readonly RunStep[] =>
  runnable(source).filter(
    ({ text }) => !(skipExtensionComments && isExtensionComment(text)) && !isMadeSchema(text, madeSchemas),
  )

const runFile = async (db: Session, source: MigrationFile, options: RunOptions): Promise<void> => {
  const steps = stepsToRun(source, options)
  const needs = steps.map((step) => (step.kind === 'copy' ? 'any' : transactionNeed(step.text)))
  const fail = (cause: unknown, number: number): never => {
    const step = steps[number]
    if (!(cause instanceof PgError) || step === undefined) throw cause
    throw schemaFault(cause, {
      source,
      text: step.text,
      start: step.start,
      number: number + 1,
      of: steps.length,
      owner: db.address.user,
    })
  }
  const together = needs.every((need) => need === 'any') && !noTransactionMarker.test(source.text)
  let opened: RunStep | null = null
  if (together) await db.query('begin')
  for (let from = 0; from < steps.length;) {
    const step = steps[from]
    if (step === undefined) break
    if (step.kind === 'copy') {
      await db.copyIn(step.text, step.data).catch((cause: unknown) => fail(cause, from))
      from += 1
      continue
    }
    // Inside one transaction nothing runs after a refusal, so a whole stretch can travel in one write.
    const stretch = together ? steps.slice(from).findIndex((s) => s.kind === 'copy') : 1
    const texts = steps.slice(from, stretch < 0 ? steps.length : from + stretch).map((s) => s.text)
    const replies = await db.batch(texts)
    for (const [index, { fault, commands }] of replies.entries()) {
      if (fault) fail(new PgError(fault, texts[index] ?? ''), from + index)
      for (const { tag } of commands) {
        if (beginsTransaction.test(tag)) opened = step
        if (endsTransaction.test(tag)) opened = null
      }
    }
    from += texts.length
  }
  if (opened) throw unfinished(source, opened)
  if (!together) return
  // Deferred constraints are checked here: the whole file is what fails.
  await db.query('commit').catch((cause: unknown) => fail(cause, steps.length - 1))
}

export const runSqlFile = async (db: Session, source: MigrationFile, options: RunOptions): Promise<void> => {
  await loadParser()
  try {
    await runFile(db, source, options)
  } catch (error) {
    await db.query('rollback')
    throw error
  }
  // The next file starts as in a session of its own: no search_path or role of this one.
  await db.query('discard all')
}
