/** What a command ends with: 0 true · 1 a gate or proof failed · 2 usage · 3 the environment · 4 refused as unsafe. */
import type { AssayError } from '../ground/errors.ts'

export type ExitCode = 0 | 1 | 2 | 3 | 4

/** What a command answers: text for stdout, and how the process ends. */
export interface Answer {
  readonly text: string
  readonly code: ExitCode
}

/** The gravest of several faults decides. */
export const exitOf = (faults: readonly AssayError[]): ExitCode =>
  faults.reduce<ExitCode>((gravest, fault) => (fault.exit > gravest ? fault.exit : gravest), 0)
