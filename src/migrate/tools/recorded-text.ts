/** What a migration of another tool sent, as an SQL file that does the same: with its transactions as they were. */
import { isSessionSetting } from '../files/session-settings.ts'
import type { SentStatement } from './sent-statement.ts'

export interface RecordedText {
  /** The command that ran it. */
  readonly command: string
  /** Its file; null: it was not found in the project. */
  readonly source: string | null
  /** `loses shop.price because …`, as its source says them. */
  readonly directives: readonly string[]
  readonly statements: readonly SentStatement[]
}

const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')

const statementText = (sent: SentStatement): string =>
  `${sent.says.map((line) => `${line}\n`).join('')}${bareText(sent)}`

const bareText = ({ text, copyData }: SentStatement): string => {
  if (copyData !== null) return `${text};\n${copyData.replace(/\n?$/u, '\n')}\\.\n`
  // A comment at the end would take the semicolon with it.
  const lastLine = text.slice(text.lastIndexOf('\n') + 1)
  return `${text}${lastLine.includes('--') ? '\n' : ''};\n`
}

/** Consecutive statements of one transaction. */
const runsOf = (statements: readonly SentStatement[]): readonly (readonly SentStatement[])[] => {
  const runs: SentStatement[][] = []
  for (const sent of statements) {
    const last = runs.at(-1)
    if (last !== undefined && last[0]?.transaction === sent.transaction) last.push(sent)
    else runs.push([sent])
  }
  return runs
}

export const recordedText = ({ command, source, directives, statements }: RecordedText): string => {
  // A setting of the session stands before its transaction: it may as well stand in it.
  const work = statements.filter((sent) => !isSessionSetting(sent))
  const numbers = new Set((work.length === 0 ? statements : work).map(({ transaction }) => transaction))
  const isOne = numbers.size <= 1 && !numbers.has(null)
  const head = [
    `-- Recorded by Assay from what this command sent: ${oneLine(command)}`,
    ...(source === null ? [] : [`-- Its source: ${oneLine(source)}`]),
    ...directives.map((words) => `-- assay: ${words}`),
    ...(isOne || statements.length === 0 || directives.includes('transaction none')
      ? []
      : ['-- assay: transaction none']),
  ]
  const body = isOne
    ? statements.map(statementText)
    : runsOf(statements).flatMap((run) =>
        run[0]?.transaction == null
          ? run.map(statementText)
          : ['begin;\n', ...run.map(statementText), 'commit;\n'],
      )
  return `${head.join('\n')}\n\n${body.join('')}`
}
