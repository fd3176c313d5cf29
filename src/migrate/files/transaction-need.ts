/** Whether the statements of an SQL file can run in one transaction. Call `loadParser` of parse.ts before. */
import { parseStatements, type ParseNode } from '../../postgres/parse.ts'

/** The kind and content of a statement; null when PostgreSQL's parser refuses it, which the server is to report. */
export const parseStatement = (text: string): readonly [string, ParseNode] | null => {
  try {
    const node = parseStatements(text)[0]?.node ?? {}
    const [kind, content] = Object.entries(node)[0] ?? []
    return kind === undefined ? null : [kind, content as ParseNode]
  } catch {
    return null
  }
}

const outsideTransactions = new Set([
  'CreatedbStmt',
  'DropdbStmt',
  'AlterSystemStmt',
  'CreateTableSpaceStmt',
  'DropTableSpaceStmt',
  'CreateSubscriptionStmt',
])

/** Cheap first look, so that most statements are never parsed. */
const mayNeedNoTransaction =
  /\b(?:concurrently|vacuum|cluster|reindex|database|system|tablespace|subscription|begin|start|commit|end|rollback|abort)\b/iu

/** `control`: it begins or ends transactions itself. `outside`: PostgreSQL refuses it inside of one. */
export const transactionNeed = (text: string): 'any' | 'outside' | 'control' => {
  if (!mayNeedNoTransaction.test(text)) return 'any'
  const [kind, content] = parseStatement(text) ?? []
  if (kind === undefined) return 'any'
  if (kind === 'TransactionStmt') {
    const verb = String(content?.['kind'])
    return /SAVEPOINT|ROLLBACK_TO|RELEASE/u.test(verb) ? 'any' : 'control'
  }
  if (outsideTransactions.has(kind)) return 'outside'
  if (kind === 'VacuumStmt') return content?.['is_vacuumcmd'] === true ? 'outside' : 'any'
  if (kind === 'ClusterStmt') return content?.['relation'] === undefined ? 'outside' : 'any'
  if (kind === 'ReindexStmt' || kind === 'IndexStmt' || kind === 'DropStmt' || kind === 'AlterTableStmt') {
    const text = JSON.stringify(content)
    const wide = kind === 'ReindexStmt' && /REINDEX_OBJECT_(?:SCHEMA|SYSTEM|DATABASE)/u.test(text)
    return wide || /"concurrent(?:ly)?"/u.test(text) ? 'outside' : 'any'
  }
  return 'any'
}

/** How a file is marked that is not to run in a transaction (by us, and for goose, dbmate, sqlx, node-pg-migrate). */
export const noTransactionMarker =
  /^--\s*(?:assay:\s*transaction\s+none|\+goose\s+no\s+transaction|migrate:(?:up|down)\b.*\btransaction:\s*false|no-transaction|disable-transaction)\b/imu
