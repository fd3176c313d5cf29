/**
 * Rows that row-level security hides from the role that migrates: FORCE binds the owner of a table, and what is updated
 * or deleted there passes over them without a word. PostgreSQL is asked to refuse instead (`row_security = off`), in a
 * clone. A script that says itself whose rows it wants is believed.
 */
import { relationId, type RelationName } from '../../ground/names.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import type { Finding } from '../../prove/result.ts'
import type { Migration } from '../files/migration.ts'
import type { MigrationStep } from '../files/steps.ts'
import { parseStatement } from '../files/transaction-need.ts'
import { withProver } from './database-state.ts'
import { ownerOf, type Way } from './stop-halfway.ts'
import { rowsHidden } from './test-findings.ts'

const saysWhose = /\bset_config\b|\brow_security\b|\bset\s+(?:(?:local|session)\s+)?(?:role\b|\w+\.\w+)/iu

const readsRows = new Set([
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'InsertStmt',
  'SelectStmt',
  'CreateTableAsStmt',
  'CopyStmt',
  'DoStmt',
  'CallStmt',
])

const boundSql = `
  select n.nspname as schema, c.relname as name
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and pg_catalog.row_security_active(c.oid)`

/** With how many of its rows the role sees. */
export interface HiddenTable extends RelationName {
  readonly seen: number
  readonly all: number
}

const counts = async (db: Session, tables: readonly RelationName[]): Promise<readonly number[]> => {
  const replies = await db.batch(tables.map((table) => `select count(*) from ${qualified(table)}`))
  return replies.map(({ commands }) => Number(commands.at(-1)?.rows[0]?.[0] ?? 0))
}

/** An INSERT does not look at what its table has; a policy that refuses a new row says so. */
const onlyAdds = (step: MigrationStep, name: string): boolean => {
  const [kind, content = {}] = parseStatement(step.text) ?? []
  return kind === 'InsertStmt' && !JSON.stringify(content['selectStmt'] ?? {}).includes(JSON.stringify(name))
}

const refusalOf = async (db: Session, step: MigrationStep): Promise<string | null> => {
  const [, reply] = await db.batch(['set row_security = off', step.text])
  const fault = reply?.fault ?? null
  if (fault === null) return null
  return fault.sqlstate === '42501' && fault.routine === 'check_enable_rls' ? fault.message : ''
}

/** Runs the script in a clone; answers the first step that would pass over rows, and the table. */
const firstBlind = async (
  db: Session,
  way: Way,
  hidden: readonly HiddenTable[],
): Promise<readonly [MigrationStep, HiddenTable] | null> => {
  for (const { begin, steps } of way.stages) {
    if (begin !== null) await db.query(begin)
    for (const step of steps) {
      if (step.copyData !== null) return null
      if (readsRows.has(parseStatement(step.text)?.[0] ?? '')) {
        if (begin !== null) await db.query('savepoint assay_rows')
        const said = await refusalOf(db, step)
        if (said === '') return null
        const table = said === null ? undefined : hidden.find(({ name }) => said.includes(`"${name}"`))
        if (table !== undefined && !onlyAdds(step, table.name)) return [step, table]
        if (said !== null && begin !== null) await db.query('rollback to assay_rows')
        await db.query('set row_security = on')
        if (said === null) continue
      }
      const [reply] = await db.batch([step.text])
      if (reply?.fault !== null) return null
    }
    if (begin !== null) await db.batch(['commit'])
  }
  return null
}

const inClone = async <T>(
  server: Server,
  database: string,
  work: (db: Session) => Promise<T>,
): Promise<T> => {
  const clone = await server.clone(database, 'hidden')
  try {
    const db = await ownerOf(server, clone)()
    try {
      return await work(db)
    } finally {
      await db.end()
    }
  } finally {
    await server.dropDatabase(clone)
  }
}

/** `database`: as it stands before this way; it stays so. */
export const hiddenRows = async (
  server: Server,
  database: string,
  migration: Migration,
  way: Way,
  touched: ReadonlySet<string>,
): Promise<readonly Finding[]> => {
  if (saysWhose.test(way.script.text)) return []
  const owner = await ownerOf(server, database)()
  try {
    const found = await owner.json<RelationName>(boundSql)
    const bound = found.filter((table) => touched.has(relationId(table)))
    if (bound.length === 0) return []
    const seen = await counts(owner, bound)
    const all = await withProver(server, database, (db) => counts(db, bound))
    const hidden = bound
      .map((table, index): HiddenTable => ({ ...table, seen: seen[index] ?? 0, all: all[index] ?? 0 }))
      .filter((table) => table.seen < table.all)
    if (hidden.length === 0) return []
    await owner.end()
    const blind = await inClone(server, database, (db) => firstBlind(db, way, hidden))
    return blind === null ? [] : [rowsHidden(migration, way.script, way.direction, ...blind)]
  } finally {
    await owner.end()
  }
}
