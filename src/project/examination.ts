/** What one check of `assay doctor` answers: something that is right, something to know, or something to mend. */
import { AssayError, AssayErrors, type SourcePlace } from '../ground/errors.ts'

export interface Examined {
  /** Stable and dotted, such as `doctor.node`; of a fault that a run would meet, the fault's own. */
  readonly code: string
  readonly state: 'right' | 'known' | 'wrong'
  readonly what: string
  readonly why?: string
  /** Exact. Of what is wrong always. */
  readonly fix?: string
  readonly where?: SourcePlace
  /** 3: the environment; 1: the project. Of what is wrong. */
  readonly exit?: 1 | 3
}

export const right = (code: string, what: string): Examined => ({
  code: `doctor.${code}`,
  state: 'right',
  what,
})

export const toKnow = (code: string, what: string, why: string, fix?: string): Examined => ({
  code: `doctor.${code}`,
  state: 'known',
  what,
  why,
  ...(fix === undefined ? {} : { fix }),
})

/** A fault, as a run would tell it. Throws what is none. */
export const faultsExamined = (cause: unknown): readonly Examined[] => {
  const faults = cause instanceof AssayErrors ? cause.errors : cause instanceof AssayError ? [cause] : null
  if (faults === null) throw cause
  return faults.map(({ code, message, found, why, mend, where, exit }): Examined => ({
    code,
    state: 'wrong',
    what: message,
    why: [found, why].filter((text) => text !== undefined).join('; '),
    fix: mend,
    exit: exit === 3 && !code.startsWith('schema.') ? 3 : 1,
    ...(where ? { where } : {}),
  }))
}
