/**
 * What a run has found out so far, a line for each mutant, so that one that was interrupted goes on where it was. It
 * belongs to one catalog, one suite and one question, and is removed when the run has ended.
 */
import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync, rmSync, rmdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { isAlive, processSpace, processStart } from '../postgres/process.ts'
import type { Mutant } from '../catalog/structure.ts'
import type { Judgement } from './suite.ts'

export type Remembered = Pick<Judgement, 'verdict' | 'why'>

export interface Journal {
  readonly file: string
  /** Of a mutant with the same DDL. */
  recall(mutant: Mutant): Remembered | null
  record(mutant: Mutant, judgement: Remembered): void
  /** The run has come to its end: nothing is to be gone on with. */
  remove(): void
}

export interface JournalWish {
  /** Where it stands, made when it is not there. */
  readonly directory: string
  /** What is asked: everything that another run must share to go on with this one. */
  readonly question: readonly string[]
  /** What an earlier run left is not looked at. */
  readonly restart: boolean
}

const format = 1

interface Owner {
  readonly format: number
  readonly pid: number
  readonly started: string | null
  readonly space: string | null
}

interface Line extends Remembered {
  readonly mutant: string
  readonly ddl: string
}

const digest = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)

/** The same mutant made with other DDL is another one. */
const key = (id: string, ddl: string): string => `${id} ${ddl}`

const parse = (line: string): Partial<Line & Owner> | null => {
  try {
    return JSON.parse(line) as Partial<Line & Owner>
  } catch {
    // The last line of a run that was killed while it wrote.
    return null
  }
}

const readLines = (file: string): readonly Partial<Line & Owner>[] => {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line) => parse(line) ?? [])
  } catch {
    return []
  }
}

const isAtWork = ({ pid, started, space }: Partial<Owner>): boolean =>
  pid !== undefined &&
  pid !== process.pid &&
  space === processSpace() &&
  isAlive(pid) &&
  (started === null || started === processStart(pid))

const unusable = (file: string, cause: unknown): AssayError =>
  new AssayError(`The journal of the run cannot be written: ${file}`, {
    code: 'score.journal',
    exit: 3,
    found: cause instanceof Error ? cause.message : String(cause),
    why: 'it keeps what a run has found out when it is interrupted',
    mend: 'Name a directory that this user can write: assay score … --journal DIR',
    cause,
  })

const busy = (file: string, pid: number): AssayError =>
  new AssayError('Another run is asking the same of the same suite.', {
    code: 'score.journal-busy',
    exit: 3,
    found: `process ${pid} is writing ${file}`,
    mend: 'Wait for it, or end it and run the command again: it goes on where that one was.',
  })

/** Keeps git away from what is there for a while only. */
const prepare = (directory: string, file: string): void => {
  mkdirSync(directory, { recursive: true })
  const ignore = path.join(directory, '.gitignore')
  writeFileSync(ignore, '*\n')
  appendFileSync(file, '')
}

export const openJournal = ({ directory, question, restart }: JournalWish): Journal => {
  const file = path.join(directory, `${digest(question)}.jsonl`)
  const lines = readLines(file)
  const owner = lines.findLast((line) => line.pid !== undefined)
  if (owner?.pid !== undefined && isAtWork(owner)) throw busy(file, owner.pid)
  const isKnown = !restart && lines.some((line) => line.format === format)
  const known = new Map(
    (isKnown ? lines : []).flatMap(({ mutant, ddl, verdict, why }) =>
      mutant === undefined || verdict === undefined || why === undefined
        ? []
        : [[key(mutant, ddl ?? ''), { verdict, why }] as const],
    ),
  )
  const append = (value: Owner | Line): void => {
    try {
      // Begins with a line end too: the line before may have been cut off.
      appendFileSync(file, `\n${JSON.stringify(value)}\n`)
    } catch (cause) {
      throw unusable(file, cause)
    }
  }
  try {
    prepare(directory, file)
    if (!isKnown) writeFileSync(file, '')
  } catch (cause) {
    throw unusable(file, cause)
  }
  append({ format, pid: process.pid, started: processStart(process.pid), space: processSpace() })
  return {
    file,
    recall: (mutant) => known.get(key(mutant.id, digest(mutant.ddl))) ?? null,
    record: (mutant, { verdict, why }) =>
      append({ mutant: mutant.id, ddl: digest(mutant.ddl), verdict, why }),
    remove() {
      rmSync(file, { force: true })
      try {
        // Only what is empty goes: another run's journal may stand there.
        rmSync(path.join(directory, '.gitignore'), { force: true })
        rmdirSync(directory)
        rmdirSync(path.dirname(directory))
      } catch {
        return
      }
    },
  }
}
