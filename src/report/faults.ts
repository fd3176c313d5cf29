/** Faults as text for a person and as findings for an agent: asked, found, why, mend. Never a stack trace. */
import { AssayError, AssayErrors, type SourcePlace } from '../ground/errors.ts'
import type { Finding } from '../prove/result.ts'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'

/** Every fault as AssayErrors; one that nobody foresaw is a fault of Assay's own. */
export const faultsOf = (cause: unknown): readonly AssayError[] => {
  if (cause instanceof AssayErrors) return cause.errors
  if (cause instanceof AssayError) return [cause]
  const message = cause instanceof Error ? cause.message : String(cause)
  return [
    new AssayError(message, {
      code: 'assay.unforeseen',
      exit: 3,
      why: 'Assay did not foresee this; it is a fault of Assay, not of your architecture',
      mend: 'run again with ASSAY_DEBUG=1 and report what it prints',
      cause,
    }),
  ]
}

const at = (where: SourcePlace): string =>
  `${where.file}:${where.line}${where.column === undefined ? '' : `:${where.column}`}`

export const faultText = (fault: AssayError, paint: Paint): string => {
  const rows: [string, string | undefined][] = [
    ['asked', fault.asked],
    ['found', fault.found],
    ['why', fault.why],
    ['mend', fault.mend],
  ]
  return [
    `${paint.bad('✗')} ${printable(fault.message)}`,
    ...(fault.where ? [`  ${paint.dim('at   ')} ${printable(at(fault.where))}`] : []),
    ...(fault.where?.excerpt ?? '').split('\n').flatMap((line) => (line === '' ? [] : [`        ${printable(line)}`])),
    ...rows.flatMap(([name, text]) =>
      text === undefined ? [] : [`  ${paint.dim(name.padEnd(5))} ${printable(text).replaceAll('\n', '\n        ')}`],
    ),
  ].join('\n')
}

export const faultFinding = (fault: AssayError): Finding => ({
  code: fault.code,
  severity: 'error',
  summary: fault.message,
  why: fault.why ?? fault.found ?? '',
  fix: fault.mend,
  ...(fault.where ? { where: { file: fault.where.file, line: fault.where.line } } : {}),
})
