/** What is wrong with a directory of migrations as a whole: `migrate up` refuses it, whatever its statements do. */
import { realpathSync } from 'node:fs'
import path from 'node:path'
import { directoryFaults } from '../migrate/files/directory-faults.ts'
import { listPlaces } from '../migrate/files/migration-files.ts'
import type { Finding } from '../prove/result.ts'

export interface DirectoryFindings {
  readonly findings: readonly Finding[]
  /** Whole commands. */
  readonly next: readonly string[]
}

/**
 * Each finding stands at the last of its files that is looked at, where a reviewer of the change sees it, else at its
 * last one. Only what speaks of a file that is asked for is told.
 */
export const findInDirectories = (
  directories: readonly string[],
  linted: ReadonlySet<string>,
  isAsked: (file: string) => boolean,
): DirectoryFindings => {
  const found = [...new Set(directories)].flatMap((directory) =>
    directoryFaults(directory, listPlaces(directory)).flatMap(({ fault, files }) => {
      const real = files.map((file) => realpathSync(path.resolve(file)))
      if (!real.some(isAsked)) return []
      const file = real.findLast((one) => linted.has(one)) ?? real.at(-1)
      return [{ fault, file }]
    }),
  )
  return {
    findings: found.map(({ fault, file }): Finding => ({
      code: fault.code,
      severity: 'error',
      summary: fault.message,
      why: fault.why ?? fault.found ?? fault.message,
      fix: fault.mend,
      ...(file === undefined ? {} : { where: { file, line: 1 } }),
    })),
    next: found.flatMap(({ fault }) => fault.next),
  }
}
