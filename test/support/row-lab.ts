/** Solves rows on a real schema: a database per schema, run by the owner; then a prover session in a transaction that is rolled back. */
import { afterAll, beforeAll } from 'vitest'
import { readCatalog } from '../../src/catalog/read-catalog.ts'
import type { Catalog } from '../../src/catalog/structure.ts'
import type { Table } from '../../src/catalog/table.ts'
import type { Server } from '../../src/postgres/server.ts'
import type { Session } from '../../src/postgres/session.ts'
import { startServer } from '../../src/postgres/start.ts'
import { makeRows } from '../../src/rows/make-rows.ts'
import type { Family, Rows } from '../../src/rows/rows.ts'

export interface RowLab {
  readonly catalog: Catalog
  readonly rows: Rows
  readonly db: Session
  table(id: string): Table
  /** The insert statements of the base rows that there are. */
  inserts(id: string, families?: readonly Family[]): Promise<readonly string[]>
  /** What PostgreSQL says to the statements, in a transaction of their own kind: null when it takes them all. */
  refusal(statements: readonly string[]): Promise<string | null>
  close(): Promise<void>
}

export interface RowLabOptions {
  readonly extensions?: readonly string[]
  readonly declared?: (table: Table) => readonly string[]
}

export const openRowLab = async (
  server: Server,
  schema: string,
  { extensions = [], declared = () => [] }: RowLabOptions = {},
): Promise<RowLab> => {
  const database = await server.createDatabase('rows')
  const runAs = async (role: 'owner' | 'administrator', sql: string): Promise<void> => {
    const session = await server.connect(database, role)
    try {
      await session.query(sql)
    } finally {
      await session.end()
    }
  }
  for (const name of extensions) await runAs('administrator', `create extension if not exists "${name}"`)
  await runAs('owner', schema)
  await server.admitRoles()
  const db = await server.connect(database, 'prover')
  const catalog = await readCatalog(db)
  await db.query(`begin; set local client_min_messages = error`)
  const rows = await makeRows(db, catalog, declared)
  const table = (id: string): Table => {
    const found = catalog.tables.get(id)
    if (!found) throw new Error(`no table ${id} among ${[...catalog.tables.keys()].join(', ')}`)
    return found
  }
  return {
    catalog,
    rows,
    db,
    table,
    inserts: async (id, families = ['a', 'b', 'c']) => {
      const found = await Promise.all(families.map((f) => rows.base(table(id), f)))
      return found.filter((row) => row !== null).map((row) => rows.insert(table(id), row))
    },
    refusal: async (statements) => {
      const replies = await db.batch([
        'savepoint lab',
        ...statements,
        'set constraints all immediate',
        'rollback to savepoint lab',
      ])
      const fault = replies.find((r) => r.fault)?.fault
      return fault ? `${fault.sqlstate} ${fault.message}` : null
    },
    close: async () => {
      await db.end()
      await server.dropDatabase(database)
    },
  }
}

/** A lab on a server of its own, there for all tests of the file that asks for it. */
export const useRowLab = (schema: string, options: RowLabOptions = {}): (() => RowLab) => {
  let server: Server | undefined
  let lab: RowLab | undefined
  beforeAll(async () => {
    server = await startServer({})
    lab = await openRowLab(server, schema, options)
  })
  afterAll(async () => {
    await lab?.close()
    await server?.stop()
  })
  return () => {
    if (!lab) throw new Error('the lab is there from the first test on')
    return lab
  }
}
