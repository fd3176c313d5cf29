/**
 * Use case: are the chains of an audit log whole? Read in one read-only transaction of the user's own database, which
 * needs SELECT on the log's three tables and nothing else. What was cut off at the end only an earlier anchor tells.
 */
import { AssayError } from '../ground/errors.ts'
import { parseRelationName, relationId, type RelationName } from '../ground/names.ts'
import { connectFault } from '../postgres/connect-fault.ts'
import { parseConnectionUrl } from '../postgres/connection-url.ts'
import { PgError } from '../postgres/fault.ts'
import { literal, qualified } from '../postgres/quote.ts'
import { openSession, type Session } from '../postgres/session.ts'
import type { Finding } from '../prove/result.ts'
import {
  auditCounts,
  auditFaultQuestions,
  auditHeads,
  auditRelations,
  lostHeads,
  type AuditFault,
  type AuditFaultKind,
  type AuditRelations,
  type Head,
} from '../rules/audit-log/verify-sql.ts'

interface VerifySettings {
  /** The database with the log. */
  readonly url: string
  /** Name of the log: `audit_log`, `sales.audit`. */
  readonly log: string
  /** Heads that were kept elsewhere, of an earlier run. */
  readonly anchor?: readonly Head[]
  readonly onProgress?: (stage: string, done: number, of: number) => void
}

export interface AuditVerdict {
  readonly log: string
  readonly statements: number
  readonly entries: number
  /** Personal values that are still kept. */
  readonly personal: number
  readonly heads: readonly Head[]
  readonly findings: readonly Finding[]
  readonly ok: boolean
}

const begin = [
  'begin transaction isolation level repeatable read read only',
  'set local search_path = pg_catalog',
  // What row-level security would leave out is an error, not a shorter log.
  'set local row_security = off',
  `set local timezone = 'UTC'`,
  'set local statement_timeout = 0',
  'set local idle_in_transaction_session_timeout = 0',
].join(';\n')

interface Telling {
  readonly says: (fault: AuditFault) => string
  readonly why: string
}

const place = ({ lane, number }: Pick<AuditFault, 'lane' | 'number'>): string =>
  `statement ${number} of lane ${lane}`

const range = ({ from, to }: AuditFault, one: string, many: string): string =>
  from === to ? `${one} ${from}` : `${many} ${from} to ${to}`

const tellings: Readonly<Record<AuditFaultKind, Telling>> = {
  'statement-changed': {
    says: (fault) => `${place(fault)} was changed: its hash is not the one of what it says`,
    why: 'who, when, what or the link to the statement before it is not as it was written',
  },
  'statement-removed': {
    says: (fault) =>
      `${range(fault, 'statement', 'statements')} of lane ${fault.lane} ${fault.from === fault.to ? 'is' : 'are'} missing before ${place(fault)}`,
    why: 'numbers of a lane have no gaps: a transaction that is rolled back takes none',
  },
  'link-broken': {
    says: (fault) => `${place(fault)} is not linked to the statement before it`,
    why: 'one of the two was exchanged, inserted or moved, with a hash of its own',
  },
  'entries-changed': {
    says: (fault) => `${range(fault, 'entry', 'entries')} of ${place(fault)} changed: the digest is another`,
    why: 'keys or values of an entry are not as they were written',
  },
  'entries-replaced': {
    says: (fault) => `the entries of ${place(fault)} are not those that it sealed`,
    why: 'entries were removed, added, moved or exchanged together with their digest',
  },
  'entries-unsealed': {
    says: (fault) => `entries stand under ${place(fault)}, which is not there`,
    why: 'the statement was removed, or the entries were put there by hand',
  },
  'personal-changed': {
    says: (fault) => `a personal value of ${place(fault)} is not the one that its entry vouches for`,
    why: 'the value or its salt was changed',
  },
  'personal-missing': {
    says: (fault) =>
      `personal values of ${place(fault)} are gone, or more than there were, and no entry of an erasure says so`,
    why: 'what is erased by the log’s own function leaves an entry',
  },
}

const mend =
  'Compare with a backup from before, and find out who could write there: superusers, and the owner by disabling triggers.'

const toFinding = (log: string, fault: AuditFault, hidden: number): Finding => {
  const { says, why } = tellings[fault.kind]
  const more = hidden > 0 ? ` (and ${hidden} more like it)` : ''
  return {
    code: `audit.${fault.kind}`,
    severity: 'error',
    structure: log,
    summary: `${log}: ${says(fault)}${more}`,
    why,
    fix: mend,
  }
}

const findingsOf = (log: string, faults: readonly AuditFault[]): readonly Finding[] =>
  faults.map((fault, i) => toFinding(log, fault, i === faults.length - 1 ? fault.total - faults.length : 0))

interface LostHead {
  readonly lane: number
  readonly number: number
  readonly hash: string | null
  readonly last: number | null
}

const anchorFinding = (log: string, { lane, number, hash, last }: LostHead): Finding => ({
  code: hash === null ? 'audit.cut-off' : 'audit.rewritten',
  severity: 'error',
  structure: log,
  summary:
    hash === null
      ? `${log}: lane ${lane} ends ${last === null ? 'before it begins' : `at statement ${last}`}, and the anchor knew statement ${number}`
      : `${log}: ${place({ lane, number })} is another one than the anchor knew`,
  why: 'the anchor was written when that statement stood there; a chain only grows',
  fix: mend,
})

const missingLog = (log: string, relation: RelationName, found: string): AssayError =>
  new AssayError(`There is no audit log ${log} in this database.`, {
    code: 'audit.no-log',
    exit: 2,
    asked: `the table ${relationId(relation)}`,
    found,
    mend: 'Name the database with --url and the log with --log, as it was declared by auditLog(…).',
  })

const noRight = (relations: AuditRelations, cause: PgError): AssayError =>
  new AssayError('The log cannot be read whole.', {
    code: 'audit.no-right',
    exit: 3,
    found: cause.fault.message,
    why: 'a log that is read in part verifies nothing',
    mend: `As the owner, give the role of --url:\ngrant select on ${Object.values(relations).map(qualified).join(', ')} to …;`,
    cause,
  })

/** Tables, not views that somebody put in their place. */
const assertTables = async (db: Session, log: string, relations: AuditRelations): Promise<void> => {
  for (const relation of Object.values(relations) as readonly RelationName[]) {
    const [found] = await db.json<{ kind: string }>(
      `select c.relkind as kind from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = ${literal(relation.schema)} and c.relname = ${literal(relation.name)}`,
    )
    if (found?.kind !== 'r')
      throw missingLog(
        log,
        relation,
        found === undefined ? 'nothing of that name' : 'something that is no table',
      )
  }
}

const readAll = async (db: Session, settings: VerifySettings): Promise<AuditVerdict> => {
  const relation = parseRelationName(settings.log)
  const log = relationId(relation)
  const relations = auditRelations(relation)
  await db.query(begin)
  await assertTables(db, log, relations)
  try {
    const questions = auditFaultQuestions(relations)
    const findings: Finding[] = []
    for (const [i, question] of questions.entries()) {
      settings.onProgress?.('verifying', i, questions.length)
      findings.push(...findingsOf(log, await db.json<AuditFault>(question)))
    }
    const lost = settings.anchor ? await db.json<LostHead>(lostHeads(relations, settings.anchor)) : []
    findings.push(...lost.map((head) => anchorFinding(log, head)))
    const heads = await db.json<Head>(auditHeads(relations))
    const [counts] = await db.json<Pick<AuditVerdict, 'statements' | 'entries' | 'personal'>>(
      auditCounts(relations),
    )
    return { log, ...counts!, heads, findings, ok: findings.length === 0 }
  } catch (cause) {
    if (cause instanceof PgError && cause.fault.sqlstate === '42501') throw noRight(relations, cause)
    throw cause
  }
}

export const verifyAudit = async (settings: VerifySettings): Promise<AuditVerdict> => {
  const address = parseConnectionUrl(settings.url)
  const db = await openSession(address).catch((cause: unknown) => {
    throw connectFault(cause, address)
  })
  try {
    return await readAll(db, settings)
  } finally {
    await db.end()
  }
}
