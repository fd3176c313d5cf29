/** `phase.json` beside the scripts of a phase: which change it belongs to, and what stands only while that lasts. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../../ground/errors.ts'
import { compareNames } from '../files/migration-files.ts'
import { phaseFile } from '../files/written-for.ts'
import { changeKey, phases, type Phase, type PhaseText, type Shape } from './shape.ts'

export interface PhaseOnDisk {
  /** Of the migration. */
  readonly migration: string
  readonly phase: Phase
  readonly shape: Shape
  /** How long the way back is kept, from contract on. */
  readonly keep: string | null
  readonly temporary: readonly string[]
  /** The major version of PostgreSQL for which it was written; null: it does not say. */
  readonly postgres: number | null
}

export const formatPhase = (
  shape: Shape,
  { phase, temporary }: Pick<PhaseText, 'phase' | 'temporary'>,
  { keep, postgres }: { readonly keep: string | null; readonly postgres: number },
): string =>
  `${JSON.stringify({ phase, postgres, ...(keep === null ? {} : { keep }), shape, temporary }, null, 2)}\n`

const unreadable = (file: string, found: string): AssayError =>
  new AssayError(`${file} does not say which phase it is.`, {
    code: 'expand.phase-file',
    exit: 2,
    asked: 'what assay migrate expand wrote there',
    found,
    why: 'the phases that follow are written from it',
    mend: `Bring it back as it was: git checkout -- ${phaseFile}`,
  })

const parsePhase = (file: string, migration: string): PhaseOnDisk => {
  let read: unknown
  try {
    read = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw unreadable(file, cause instanceof Error ? cause.message : String(cause))
  }
  const { phase, shape, keep, temporary, postgres } = (read ?? {}) as Partial<PhaseOnDisk>
  const known = phases.find((one) => one === phase)
  if (known === undefined || typeof shape !== 'object' || typeof shape.name !== 'string')
    throw unreadable(file, `phase ${String(phase)}`)
  return {
    migration,
    phase: known,
    shape,
    keep: typeof keep === 'string' ? keep : null,
    postgres: typeof postgres === 'number' ? postgres : null,
    temporary: Array.isArray(temporary)
      ? temporary.filter((one): one is string => typeof one === 'string')
      : [],
  }
}

/** In the order in which they run; [] where there is no directory. */
export const readPhases = (directory: string): readonly PhaseOnDisk[] => {
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter((name) => existsSync(path.join(directory, name, phaseFile)))
    .sort(compareNames)
    .map((name) => parsePhase(path.join(directory, name, phaseFile), name))
}

/** The last phase of each change. */
export const lastPhases = (all: readonly PhaseOnDisk[]): readonly PhaseOnDisk[] => [
  ...new Map(all.map((one) => [changeKey(one.shape), one])).values(),
]

/** Structures that the last phases of all changes leave for a while. */
export const temporaryIn = (directory: string): readonly string[] =>
  lastPhases(readPhases(directory)).flatMap(({ temporary }) => temporary)
