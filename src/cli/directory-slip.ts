/** The directory written after an option that takes what follows it: `--only ID DIR`, `--against DIR`. */
import { existsSync } from 'node:fs'
import { AssayError, AssayErrors } from '../ground/errors.ts'
import { shellCommand } from '../ground/shell-word.ts'

/** Faults that a directory in the wrong place leads to. */
const suspicious = new Set(['config.not-found', 'ledger.unknown-ref', 'usage.unknown-id'])

/** The fault that it probably is, or the cause as it was. `values` are the option's. */
export const directorySlip = (
  command: string,
  option: string,
  values: readonly string[],
  cause: unknown,
): unknown => {
  const faults = cause instanceof AssayErrors ? cause.errors : cause instanceof AssayError ? [cause] : []
  const taken = values.find((value) => /[/.\\]/u.test(value) && existsSync(value))
  if (taken === undefined || !faults.some(({ code }) => suspicious.has(code))) return cause
  const others = values.filter((value) => value !== taken)
  return new AssayError(`${option} took the directory ${taken} for one of its values.`, {
    code: 'usage.directory-after-option',
    exit: 2,
    mend: `Write the directory first:\n${shellCommand('npx', 'assay', command, taken, option, ...others)}`,
    cause,
  })
}
