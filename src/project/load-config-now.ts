/**
 * Runs a user's config at once, without a promise: test runners want to know the tests before anything is waited for.
 * Everything else is as in load-config.ts.
 */
import { createJiti } from 'jiti'
import * as assay from '../index.ts'
import { AssayError } from '../ground/errors.ts'
import { noDefaultExport } from './load-config.ts'
import { loadFault } from './load-fault.ts'

const awaits = /\bawait\b/u

const topLevelAwait = (file: string, cause: Error): AssayError =>
  new AssayError(`${file}, or what it imports, waits for something while it is loaded.`, {
    code: 'config.top-level-await',
    exit: 2,
    found: cause.message,
    why: 'A test runner has to know the tests before anything is waited for.',
    mend: 'Take the await out of the modules of the declaration, or move it into a function.',
    where: { file, line: 1 },
    cause,
  })

/** Throws AssayError or AssayErrors, whatever the user's file threw. */
export const loadConfigNow = (file: string): unknown => {
  const jiti = createJiti(file, {
    fsCache: false,
    moduleCache: false,
    interopDefault: false,
    virtualModules: { assay },
  })
  const read = (): Readonly<Record<string, unknown>> => {
    try {
      return jiti(file) as Readonly<Record<string, unknown>>
    } catch (cause) {
      if (cause instanceof Error && awaits.test(cause.message)) throw topLevelAwait(file, cause)
      throw loadFault(file, cause, Object.keys(assay).toSorted())
    }
  }
  const module = read()
  if (!('default' in module)) throw noDefaultExport(file)
  return module['default']
}
