/** assay drift. */
import { AssayError } from '../ground/errors.ts'
import { shellCommand } from '../ground/shell-word.ts'
import { schemaLogSql } from '../migrate/drift/schema-log.ts'
import { takeInText, takeOutText } from '../migrate/drift/script-text.ts'
import { driftProject, type DriftOutcome } from '../project/drift-project.ts'
import { driftSql, driftText } from '../report/drift.ts'
import { envelopeText } from '../report/envelope.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { withPathsFromHere } from './paths.ts'
import { placed, withPlace } from './placed.ts'
import type { CommonOptions } from './run-command.ts'

export interface DriftOptions extends CommonOptions {
  readonly architecture?: string
  readonly to?: string
  readonly sql?: boolean
  readonly logSql?: boolean
}

const noUrl = (): AssayError =>
  new AssayError('It is not said which database is to be looked at.', {
    code: 'usage.no-url',
    exit: 2,
    found: 'no --url; DATABASE_URL is never read',
    mend: 'Name it:\nassay drift --url postgres://reader:password@host:5432/database',
  })

const summaryOf = ({
  architecture,
  database,
  migrations,
  structures,
  items,
  takeIn,
  takeOut,
  recorded,
}: DriftOutcome) => ({
  architecture,
  database,
  migrations,
  structures,
  differences: items,
  takeIn: takeIn && { sql: takeInText({ takeIn, recorded }), loses: takeIn.loses, tried: takeIn.holds },
  takeOut: takeOut && { sql: takeOutText({ takeOut }), loses: takeOut.loses, tried: takeOut.holds },
})

export const driftCommand = async (
  directory: string,
  options: DriftOptions,
  output: Output,
): Promise<Answer> => {
  if (options.logSql === true) return { code: 0, text: schemaLogSql.trimEnd() }
  const { url, architecture, to } = options
  if (url === undefined) throw noUrl()
  const place = { directory, ...(architecture === undefined ? {} : { architecture }) }
  const found = await driftProject({
    ...place,
    url,
    ...(to === undefined ? {} : { to }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  })
  const findings = found.findings.map((finding) => withPlace(withPathsFromHere(finding), place))
  const outcome = { ...found, findings }
  const { ok } = outcome
  const code = ok ? 0 : 1
  if (options.sql === true) return { code, text: driftSql(outcome) }
  if (options.json) {
    const summary = summaryOf(outcome)
    const upTo = to === undefined ? '' : ` ${shellCommand('--to', to)}`
    const next = outcome.next.map((one) => `${placed(place)(one)}${one.endsWith(' --sql') ? upTo : ''}`)
    return { code, text: envelopeText({ ok, command: 'drift', summary, findings, next, artifacts: [] }) }
  }
  return { code, text: driftText(outcome, output.layout) }
}
