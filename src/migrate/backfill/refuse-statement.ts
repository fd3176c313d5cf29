/** What cannot run in batches, told to whoever wrote it. */
import { AssayError, type SourcePlace } from '../../ground/errors.ts'

export interface BackfillSource {
  /** Where it stands, for errors; null: it was given as text. */
  readonly file: string | null
  readonly text: string
}

const example = 'update products set slug = lower(name) where slug is null'

export const refuseStatement = (
  source: BackfillSource,
  found: string,
  why: string,
  mend: string,
): AssayError => {
  const where: SourcePlace | null = source.file === null ? null : { file: source.file, line: 1 }
  return new AssayError('This statement cannot run in batches.', {
    code: 'backfill.statement',
    exit: 2,
    asked: `one UPDATE, DELETE or INSERT … SELECT over one table, such as: ${example}`,
    found,
    why,
    mend,
    ...(where === null ? {} : { where }),
  })
}
