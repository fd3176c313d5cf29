/** Exported statistics that a project keeps: read from their file, which nobody trusts. */
import { readFileSync } from 'node:fs'
import { AssayError } from '../ground/errors.ts'
import { digest } from '../prove/digest.ts'
import type { GivenStatistics } from '../queries/planned-elsewhere.ts'
import { parseStatistics } from '../rows/projected/parse-statistics.ts'
import type { DatabaseStatistics } from '../rows/projected/statistics.ts'

/** Throws AssayError. */
export const readStatisticsFile = (file: string): DatabaseStatistics => {
  try {
    return parseStatistics(readFileSync(file, 'utf8'), file)
  } catch (cause) {
    if (cause instanceof AssayError) throw cause
    throw new AssayError(`${file} cannot be read.`, {
      code: 'statistics.file',
      exit: 2,
      found: (cause as Error).message,
      mend: 'Write it: assay statistics export --url postgres://… > statistics.json',
      cause,
    })
  }
}

/** Null: the project names none. */
export const givenStatistics = (file: string | undefined): GivenStatistics | null => {
  if (file === undefined) return null
  const statistics = readStatisticsFile(file)
  return { statistics, digest: digest(JSON.stringify(statistics)) }
}
