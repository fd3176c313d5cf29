/** What is told of a recorded history: what was not seen, and what its tool does otherwise than Assay's runner. */
import type { AssayError } from '../../ground/errors.ts'
import type { Finding } from '../../prove/result.ts'
import type { SentStatement } from './sent-statement.ts'

export const readsRows = (name: string, tables: readonly string[], file: string): Finding => ({
  code: 'history.reads-rows',
  severity: 'warning',
  summary: `${name} reads rows of ${tables.join(', ')} in its code`,
  why: 'it was recorded where these tables have no rows: what it would do with rows is not in its SQL, and was neither measured nor tested',
  fix: 'Let one statement do it (UPDATE … FROM), or test it with rows of your own.',
  where: { file, line: 1 },
})

/** One for all of them. */
export const runsAgain = (
  tool: string,
  all: readonly { readonly name: string; readonly file: string }[],
): readonly Finding[] => {
  const [first] = all
  if (first === undefined) return []
  const names = `${all
    .slice(0, 5)
    .map(({ name }) => name)
    .join(', ')}${all.length > 5 ? ' …' : ''}`
  return [
    {
      code: 'history.runs-again',
      severity: 'warning',
      summary:
        all.length === 1
          ? `${names} does not run in one transaction: broken off half way, ${tool} runs it again from its first statement`
          : `${all.length} migrations do not run in one transaction: broken off half way, ${tool} runs them again from their first statement: ${names}`,
      why: 'what was committed stands already, and is refused the second time; `assay migrate test` goes on behind what is committed, as its own runner does',
      fix: 'Write each statement so that it may run again (if not exists), or give each a migration of its own.',
      where: { file: first.file, line: 1 },
    },
  ]
}

export const behindLast = (statements: readonly SentStatement[], last: string): Finding => ({
  code: 'history.behind-last',
  severity: 'note',
  summary: `${statements.length} ${statements.length === 1 ? 'statement was' : 'statements were'} sent behind ${last}, the last migration`,
  why: 'they belong to none of them (a tool that fills tables of its own), and were left out',
  fix: 'Nothing has to be done.',
})

export const inOneTransaction = (names: readonly string[]): Finding => ({
  code: 'history.one-transaction',
  severity: 'note',
  summary: `${names.length} migrations ran in one transaction: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}`,
  why: 'where several are pending, what the first of them locks stays locked until the last one ends; here each is measured by itself',
  fix: 'Give each its own transaction (Alembic: transaction_per_migration=True in context.configure; TypeORM: --transaction each), or apply them one at a time.',
})

export const notBack = (names: readonly string[], fault: AssayError): Finding => ({
  code: 'history.not-back',
  severity: 'warning',
  summary: `${names.length === 1 ? 'a migration did' : `${names.length} migrations did`} not go back: ${names.slice(0, 5).join(', ')}`,
  why: `schema.down was refused: ${fault.found ?? fault.message}`,
  fix: 'Write its way back, or say in its source that there is none, and why:\nassay: direction forward because …',
})
