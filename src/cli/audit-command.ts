/** assay audit verify. */
import { AssayError } from '../ground/errors.ts'
import { readAnchor, writeAnchor } from '../project/audit-anchor.ts'
import { verifyAudit, type AuditVerdict } from '../project/verify-audit.ts'
import { envelopeText } from '../report/envelope.ts'
import { findingsText } from '../report/findings.ts'
import { wrap } from '../report/printable.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { fromHere } from './paths.ts'
import type { CommonOptions } from './run-command.ts'

export interface AuditOptions extends CommonOptions {
  readonly log: string
  readonly anchor?: string
  readonly writeAnchor?: string
}

const noUrl = (): AssayError =>
  new AssayError('It is not said which database has the log.', {
    code: 'usage.no-url',
    exit: 2,
    found: 'no --url; DATABASE_URL is never read',
    mend: 'Name it: assay audit verify --url postgres://auditor:password@host:5432/database',
  })

const verdictText = (verdict: AuditVerdict): string => {
  const { ok, findings, statements, entries, heads, log } = verdict
  if (!ok) return `${findings.length} thing${findings.length === 1 ? ' is' : 's are'} wrong in ${log}.`
  if (statements === 0) return `${log} is empty: nothing was verified.`
  const chains = `${heads.length} chain${heads.length === 1 ? '' : 's'}`
  return `${log} is whole: ${entries} entries of ${statements} statements in ${chains}.`
}

export const auditVerifyCommand = async (options: AuditOptions, output: Output): Promise<Answer> => {
  const { url, log, anchor: anchorFile, writeAnchor: newAnchor } = options
  if (url === undefined) throw noUrl()
  const anchor = anchorFile === undefined ? undefined : await readAnchor(anchorFile, log)
  const verdict = await verifyAudit({
    url,
    log,
    ...(anchor === undefined ? {} : { anchor }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  })
  const { ok, findings, heads, statements, entries, personal } = verdict
  // What is not whole is not vouched for.
  if (newAnchor !== undefined && ok) await writeAnchor(newAnchor, verdict.log, heads)
  const artifacts = newAnchor !== undefined && ok ? [fromHere(newAnchor)] : []
  const code = ok ? 0 : 1
  if (options.json) {
    const summary = { log: verdict.log, statements, entries, personal, heads, anchored: anchor !== undefined }
    return {
      code,
      text: envelopeText({ ok, command: 'audit verify', summary, findings, next: [], artifacts }),
    }
  }
  const { paint, width } = output.layout
  const told = wrap(verdictText(verdict), width, 0)
  const lines = [
    ...findingsText(findings, output.layout),
    ...(findings.length > 0 ? [''] : []),
    ok ? paint.good(told) : paint.bad(told),
    ...heads.map(
      (head) => `  ${paint.dim('head')} lane ${head.lane}, statement ${head.number}: ${head.hash}`,
    ),
    ...(anchor === undefined && newAnchor === undefined
      ? wrap(
          'A chain that was cut off at its end looks whole: keep the heads elsewhere with --write-anchor FILE, and compare with --anchor FILE.',
          width,
          0,
        ).split('\n')
      : []),
    ...artifacts.map((file) => `  ${paint.dim('wrote')} ${file}`),
  ]
  return { code, text: lines.join('\n') }
}
