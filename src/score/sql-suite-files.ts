/**
 * SQL files of a suite, made fit for the transaction in which a mutant stands: their own transactions become
 * savepoints, and what psql alone understands is either without meaning here or refused with its line.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { shellCommand } from '../ground/shell-word.ts'
import { readScript, type ScriptStep } from '../postgres/script.ts'

/** What is sent: statements that can travel together, or one COPY with its data. */
export type SuiteStep =
  | { readonly kind: 'statements'; readonly texts: readonly string[] }
  | { readonly kind: 'copy'; readonly text: string; readonly data: string }

export interface SuiteFile {
  /** Absolute. */
  readonly file: string
  /** As shown: from the directory that it was named from. */
  readonly name: string
  readonly text: string
  readonly steps: readonly SuiteStep[]
}

/** psql's own commands that only say how something is shown, or that need nothing here. */
const withoutMeaning = new Set(
  'restrict unrestrict c connect encoding echo qecho warn timing pset x set unset t a f pager p r o'.split(
    ' ',
  ),
)

const begins = /^(?:begin|start\s+transaction)\b/iu
const ends = /^(?:commit|end)\b(?!\s+prepared)/iu
const undoes = /^(?:rollback|abort)\b(?!(?:\s+(?:work|transaction))?\s+to\b)(?!\s+prepared)/iu
const beyond = /\band\s+chain\b|^prepare\s+transaction\b|^(?:commit|rollback)\s+prepared\b/iu

/** PostgreSQL has no word for the timing that constraints begin with. */
const usualTiming = `do $assay$ declare one record; begin for one in select n.nspname, k.conname from pg_catalog.pg_constraint k join pg_catalog.pg_namespace n on n.oid = k.connamespace where k.condeferred loop execute pg_catalog.format('set constraints %I.%I deferred', one.nspname, one.conname); end loop; end $assay$`

const checkNow = 'set constraints all immediate'
const open = 'savepoint assay_block'
const close = 'release savepoint assay_block'

const refused = (file: string, text: string, at: number, found: string): AssayError =>
  new AssayError('A file of the suite cannot be run inside a transaction.', {
    code: 'score.sql-suite',
    exit: 2,
    asked: (text.split('\n')[0] ?? '').slice(0, 100),
    found,
    why: 'SQL files are run inside the transaction in which a mutant stands, and rolled back with it',
    mend: `Run it with psql instead:\nassay score --suite ${shellCommand(`psql -X -q -v ON_ERROR_STOP=1 -f ${path.basename(file)}`)}`,
    where: { file, line: at },
  })

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/u, '')
  } catch (cause) {
    throw new AssayError(`The file ${file} of the suite cannot be read.`, {
      code: 'score.sql-suite',
      exit: 2,
      found: (cause as NodeJS.ErrnoException).code ?? 'no readable file',
      mend: 'Correct its name, or make it readable.',
      cause,
    })
  }
}

interface Placed {
  readonly step: Exclude<ScriptStep, { readonly kind: 'meta' }>
  readonly file: string
  readonly line: number
}

/** The statements of a file and of those that it includes (`\i`, `\ir`), in order. */
const statementsOf = (file: string, from: string, within: readonly string[]): readonly Placed[] => {
  const text = read(file)
  return readScript(text).flatMap((step): readonly Placed[] => {
    const line = lineOf(text, step.start)
    if (step.kind !== 'meta') return [{ step, file, line }]
    const { command = '', rest = '' } =
      /^\\(?<command>[a-z!?_]+|.)\s*(?<rest>.*)$/u.exec(step.text)?.groups ?? {}
    if (withoutMeaning.has(command)) return []
    const isInclude = ['i', 'ir', 'include', 'include_relative'].includes(command)
    const named = rest.replace(/;?\s*$/u, '').replace(/^'(?<inside>.*)'$/u, '$<inside>')
    const target = path.resolve(
      command === 'ir' || command === 'include_relative' ? path.dirname(file) : from,
      named,
    )
    if (isInclude && !within.includes(target)) return statementsOf(target, from, [...within, target])
    const found = isInclude ? `it includes itself` : `psql's own command \\${command}`
    throw refused(file, step.text, line, found)
  })
}

/** Each statement as it is sent: with what stands for the transactions that the file begins and ends itself. */
const asSteps = (statements: readonly Placed[]): readonly SuiteStep[] => {
  const steps: SuiteStep[] = []
  let texts: string[] = []
  let isInBlock = false
  let isTimingChanged = false
  const flush = (): void => {
    if (texts.length > 0) steps.push({ kind: 'statements', texts })
    texts = []
  }
  /** A transaction begins: as each one does, with the constraints' own timing. */
  const begin = (): void => {
    if (isTimingChanged) texts.push(usualTiming)
    isTimingChanged = false
  }
  /** A transaction is committed. */
  const settle = (): void => {
    texts.push(checkNow)
    isTimingChanged = true
  }
  for (const { step, file, line } of statements) {
    const { text } = step
    if (beyond.test(text)) throw refused(file, text, line, 'a transaction that goes beyond one block')
    if (step.kind === 'copy') {
      if (!isInBlock) begin()
      flush()
      steps.push({ kind: 'copy', text, data: step.data })
      if (!isInBlock) settle()
    } else if (begins.test(text)) {
      if (isInBlock) continue
      isInBlock = true
      begin()
      texts.push(open)
    } else if (ends.test(text) || undoes.test(text)) {
      if (!isInBlock) continue
      isInBlock = false
      if (undoes.test(text)) texts.push('rollback to savepoint assay_block', close)
      else {
        settle()
        texts.push(close)
      }
    } else if (isInBlock) texts.push(text)
    else {
      // Outside of a block each statement would have been a transaction of its own.
      begin()
      texts.push(text)
      settle()
    }
  }
  flush()
  return steps
}

/** `directory`: what names are relative to. */
export const readSuiteFile = (name: string, directory: string): SuiteFile => {
  const file = path.resolve(directory, name)
  const statements = statementsOf(file, directory, [file])
  const shown = path.relative(directory, file)
  return {
    file,
    name: shown.startsWith('..') ? file : shown.replaceAll('\\', '/'),
    text: statements.map(({ step }) => (step.kind === 'copy' ? step.text + step.data : step.text)).join('\n'),
    steps: asSteps(statements),
  }
}
