/** Faults as text for a person and as findings for an agent: asked, found, why, mend. Never a stack trace. */
import { AssayError, AssayErrors, type SourcePlace } from '../ground/errors.ts'
import { ConnectionLost, PgError } from '../postgres/fault.ts'
import type { EnvelopeFinding } from './envelope.ts'
import { labelledRow } from './labelled.ts'
import type { Layout } from './paint.ts'
import { printable, proseAndCode } from './printable.ts'

const fullDisk = (found: string, cause: unknown): AssayError =>
  new AssayError('There is no space left on the disk.', {
    code: 'server.disk-full',
    exit: 3,
    found,
    mend: 'Free some space, or name another directory for the local server: TMPDIR=/path/with/space assay …',
    cause,
  })

const lostServer = (found: string, cause: unknown): AssayError =>
  new AssayError('The PostgreSQL server went away in the middle of the work.', {
    code: 'server.lost',
    exit: 3,
    found,
    why: 'what was not asked to the end is not proven',
    mend: 'Run the command again; when it happens each time, the server has too little memory, its disk is full (TMPDIR=/path/with/space assay …), or it is being restarted.',
    cause,
  })

const lockedTable = (found: string, cause: unknown): AssayError =>
  new AssayError('Another session holds a lock that keeps this one from reading.', {
    code: 'server.locked',
    exit: 3,
    found,
    why: 'whoever changes a table keeps everybody from reading its definition',
    mend: "Run it again when that session has ended; see which it is:\nselect pid, application_name, state, query from pg_stat_activity where pid in (select pid from pg_locks where mode = 'AccessExclusiveLock' and granted and locktype = 'relation');",
    cause,
  })

const refusedStatement = (cause: PgError): AssayError => {
  const { fault, sql } = cause
  return new AssayError('PostgreSQL refused a statement of Assay’s own.', {
    code: 'assay.refused-statement',
    exit: 3,
    asked: (sql.trim().split('\n')[0] ?? '').slice(0, 200),
    found: `${fault.message} (SQLSTATE ${fault.sqlstate})`,
    why: 'Assay did not foresee this; it is a fault of Assay, or of a right that it was not given',
    mend: 'Run again with ASSAY_DEBUG=1 and report what it prints.',
    cause,
  })
}

const fileReasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the file system can only be read',
  EMFILE: 'too many files are open',
  ENOENT: 'there is no such file or directory',
}

const fileFault = (cause: NodeJS.ErrnoException, reason: string): AssayError =>
  new AssayError(`A file or directory cannot be used: ${cause.path ?? 'its name is not known'}`, {
    code: 'file.unusable',
    exit: 3,
    asked: cause.syscall ?? 'to use it',
    found: reason,
    mend: 'Give this user the right to read and write it, or name another directory: TMPDIR=… assay …',
    cause,
  })

const unforeseen = (cause: unknown): AssayError =>
  new AssayError(cause instanceof Error ? cause.message : String(cause), {
    code: 'assay.unforeseen',
    exit: 3,
    why: 'Assay did not foresee this; it is a fault of Assay, not of your architecture',
    mend: 'Run again with ASSAY_DEBUG=1 and report what it prints.',
    cause,
  })

const noSpace = /No space left on device|Disk quota exceeded/u

const toFault = (cause: unknown): AssayError => {
  if (cause instanceof AssayError) return cause
  if (cause instanceof ConnectionLost)
    // A full disk takes the whole server down where its log has no room.
    return noSpace.test(cause.message) ? fullDisk(cause.message, cause) : lostServer(cause.message, cause)
  if (cause instanceof PgError) {
    const { sqlstate, message } = cause.fault
    if (sqlstate === '53100') return fullDisk(`${message} (SQLSTATE 53100)`, cause)
    if (sqlstate === '55P03') return lockedTable(`${message} (SQLSTATE 55P03)`, cause)
    // Shut down, crashed, or starting again.
    if (/^57P0[1-5]$/u.test(sqlstate)) return lostServer(`${message} (SQLSTATE ${sqlstate})`, cause)
    return refusedStatement(cause)
  }
  if (!(cause instanceof Error)) return unforeseen(cause)
  const file: NodeJS.ErrnoException = cause
  if (file.code === 'ENOSPC' || file.code === 'EDQUOT') return fullDisk(cause.message, cause)
  const reason = file.syscall === undefined ? undefined : fileReasons[file.code ?? '']
  return reason === undefined ? unforeseen(cause) : fileFault(file, reason)
}

/** Every fault as an AssayError; one that nobody foresaw is a fault of Assay's own. */
export const faultsOf = (cause: unknown): readonly AssayError[] =>
  cause instanceof AssayErrors ? cause.errors : [toFault(cause)]

export const faultFinding = ({
  code,
  message,
  asked,
  found,
  why,
  mend,
  where,
}: AssayError): EnvelopeFinding => ({
  code,
  severity: 'error',
  summary: message,
  why: why ?? found ?? message,
  fix: mend,
  ...(asked === undefined ? {} : { asked }),
  ...(found === undefined ? {} : { found }),
  ...(where ? { where } : {}),
})

const placeText = ({ file, line, column }: SourcePlace): string =>
  `${file}:${line}${column === undefined ? '' : `:${column}`}`

const excerptLines = (excerpt: string | undefined): readonly string[] =>
  (excerpt ?? '').split('\n').flatMap((line) => (line === '' ? [] : [`          ${printable(line)}`]))

/** One of `faultFinding`. */
export const faultText = (fault: EnvelopeFinding, layout: Layout): string => {
  const { summary, asked, found, why, fix, where } = fault
  const isToldAlready = why === found || why === summary
  return [
    `${layout.paint.bad('✗')} ${proseAndCode(summary, layout.width, 2)}`,
    ...(where ? labelledRow('where', placeText(where), layout) : []),
    ...excerptLines(where?.excerpt),
    ...labelledRow('asked', asked, layout),
    ...labelledRow('found', found, layout),
    ...labelledRow('why', isToldAlready ? undefined : why, layout),
    ...labelledRow('mend', fix, layout),
  ].join('\n')
}
