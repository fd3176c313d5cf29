/** A migration's SQL as code sends it: its statements one by one, and what its comments say to Assay. */
import { readScript } from '../../postgres/script.ts'
import { noTransactionMarker } from '../files/transaction-need.ts'
import type { NextMigration } from './form.ts'

export interface CodeParts {
  /** Comments of the head, as lines without their marks. */
  readonly head: readonly string[]
  readonly up: readonly string[]
  /** null: no way back. */
  readonly down: readonly string[] | null
  /** Whether both run statement by statement, outside of a transaction of the tool: a way that needs one brings its own. */
  readonly isAlone: boolean
}

const commentsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^-- (?<said>.*)$/gmu)].flatMap(({ groups }) => groups?.['said'] ?? [])

const isToAssay = (line: string): boolean => line.startsWith('assay: ')

/** What its tool's own form says is not said once more. */
const isSaid = (line: string): boolean => line === 'assay: transaction none'

const statementsOf = (text: string, isAlone: boolean): readonly string[] => {
  const own = readScript(text).map((step) => step.text)
  if (isAlone && !noTransactionMarker.test(text)) return ['begin', ...own, 'commit']
  // The tool goes on in the same session.
  return isAlone && own.some((sql) => /^set lock_timeout\b/u.test(sql)) ? [...own, 'reset lock_timeout'] : own
}

export const codeParts = ({ up, down }: NextMigration): CodeParts => {
  const isAlone = noTransactionMarker.test(up) || (down !== null && noTransactionMarker.test(down))
  return {
    head: [
      ...commentsOf(up).filter((line) => !isSaid(line)),
      ...(down === null ? [] : commentsOf(down))
        .filter((line) => isToAssay(line) && !isSaid(line))
        .map((line) => line.replace(/^assay: /u, 'assay: down ')),
    ],
    up: statementsOf(up, isAlone),
    down: down === null ? null : statementsOf(down, isAlone),
    isAlone,
  }
}

/** A text in Python: raw where that says the same. */
export const inPython = (text: string): string =>
  /"""|["\\]$|\r/u.test(text) || !text.includes('\n') ? JSON.stringify(text) : `r"""${text}"""`

/** A text in JavaScript, over several lines. */
export const inJavaScript = (text: string): string =>
  text.includes('\r')
    ? JSON.stringify(text)
    : `\`${text.replaceAll(/[\\`]|\$\{/gu, (found) => `\\${found}`)}\``

export const indented = (lines: readonly string[], by: number): string =>
  lines.map((line) => (line === '' ? '' : `${' '.repeat(by)}${line}`)).join('\n')
