/** One change of bench/online.ts: designed in both forms, run by the runner under the live load, and looked at afterwards. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { difference, isSame } from '../../src/catalog/difference.ts'
import { readCatalog } from '../../src/catalog/read-catalog.ts'
import type { Catalog } from '../../src/catalog/structure.ts'
import { readMigrations } from '../../src/migrate/files/read-migrations.ts'
import { writeMigrations, type DesignedMigration } from '../../src/migrate/design/write-migrations.ts'
import { gateNames } from '../../src/migrate/run/gate.ts'
import { runMigrations } from '../../src/migrate/run/migrate.ts'
import { openMigrationSession } from '../../src/migrate/run/session.ts'
import type { Server } from '../../src/postgres/server.ts'
import { withSession } from '../../src/postgres/with-session.ts'
import { startLoad, type LoadResult } from './live-load.ts'
import { rowsSql, shopSql, type OnlineCase } from './online-cases.ts'

/** As `assay migrate up` has them when nothing is said. */
const lockTimeoutMs = 3000
const retries = 8

/** How long writers run before the migration and after it. */
const aroundMs = 200

export interface Shop {
  readonly server: Server
  readonly rows: number
  /** With rows, and without: nobody is connected to either. */
  readonly full: string
  readonly empty: string
}

export interface FormResult extends LoadResult {
  readonly seconds: number
  /** What refused the migration, or what is not as it should be afterwards; null: nothing. */
  readonly fault: string | null
}

export interface CaseResult {
  readonly name: string
  readonly blocks: string | null
  readonly online: FormResult
  readonly direct: FormResult
  /** Codes of the findings that design gives with the online form. */
  readonly codes: readonly string[]
  readonly up: string
}

const catalogOf = async (server: Server, database: string): Promise<Catalog> => {
  await server.admitRoles()
  return withSession(server, database, 'prover', (db) => readCatalog(db))
}

export const openShop = async (server: Server, rows: number): Promise<Shop> => {
  const empty = await server.createDatabase('empty')
  await withSession(server, empty, 'owner', (db) => db.query(shopSql(rows)))
  const full = await server.clone(empty, 'full')
  await withSession(server, full, 'owner', async (db) => {
    for (const sql of rowsSql(rows)) await db.query(sql)
  })
  return { server, rows, full, empty }
}

const after = async (shop: Shop, statements: readonly string[]): Promise<Catalog> => {
  const { server } = shop
  const database = await server.clone(shop.empty, 'catalog')
  try {
    await withSession(server, database, 'owner', async (db) => {
      for (const sql of statements) await db.query(sql)
    })
    return await catalogOf(server, database)
  } finally {
    await server.dropDatabase(database)
  }
}

const designed = (server: Server, before: Catalog, wanted: Catalog, online: boolean) =>
  writeMigrations({
    context: {
      before,
      after: wanted,
      owner: server.owner,
      online,
      isVolatile: (expression) => /random|nextval/u.test(expression),
    },
    claimedBy: new Map(),
    red: [],
    roles: [],
    schemas: [],
    standing: [],
    name: null,
  })

/** By the runner, as its command runs them. */
export const runDesigned = async (url: string, migrations: readonly DesignedMigration[]): Promise<void> => {
  const directory = mkdtempSync(path.join(tmpdir(), 'assay-online-'))
  const session = await openMigrationSession(url, lockTimeoutMs)
  try {
    for (const { name, up, down } of migrations) {
      mkdirSync(path.join(directory, name))
      writeFileSync(path.join(directory, name, 'up.sql'), up)
      writeFileSync(path.join(directory, name, 'down.sql'), down)
    }
    const repository = {
      migrations: readMigrations(directory),
      tested: { passes: [], problems: [] },
      ledger: { head: null, pages: [], problems: [] },
      leftAlone: [],
    }
    await runMigrations(session, repository, {
      direction: 'up',
      to: null,
      steps: null,
      allowed: gateNames,
      waitSeconds: 0,
      retries,
      assay: 'bench',
    })
  } finally {
    await session.db.end()
    rmSync(directory, { recursive: true, force: true })
  }
}

const words = (cause: unknown): string => {
  const { message, found } = cause as { message?: string; found?: string }
  return `${message ?? String(cause)} ${found ?? ''}`
}

/** What is not as it should be. */
const faultAfter = async (
  shop: Shop,
  database: string,
  wanted: Catalog,
  holds: string | undefined,
): Promise<string | null> => {
  const { server } = shop
  // The runner's journal.
  await withSession(server, database, 'owner', (db) => db.query('drop schema if exists assay cascade'))
  const found = difference(wanted, await catalogOf(server, database))
  if (!isSame(found)) return `another catalog: ${JSON.stringify(found).slice(0, 300)}`
  if (holds === undefined) return null
  const [answer] = await withSession(server, database, 'owner', (db) => db.query(holds))
  return answer?.rows[0]?.[0] === 't' ? null : `does not hold: ${holds}`
}

const runForm = async (
  shop: Shop,
  one: OnlineCase,
  migrations: readonly DesignedMigration[],
  wanted: Catalog,
): Promise<FormResult> => {
  const { server } = shop
  const database = await server.clone(shop.full, 'live')
  try {
    const { before } = one
    if (before !== undefined) await withSession(server, database, 'owner', (db) => db.query(before))
    const load = await startLoad(server, database, shop.rows)
    await sleep(aroundMs)
    const from = performance.now()
    let fault: string | null = null
    await runDesigned(server.ownerUrl(database), migrations).catch((cause: unknown) => {
      fault = words(cause)
    })
    const seconds = (performance.now() - from) / 1000
    await sleep(aroundMs)
    const result = await load.stop()
    return { ...result, seconds, fault: fault ?? (await faultAfter(shop, database, wanted, one.holds)) }
  } finally {
    await server.dropDatabase(database)
  }
}

/** The migrations of a change in both forms, and the catalog that they are to lead to. */
export const designCase = async (shop: Shop, one: OnlineCase) => {
  const { server } = shop
  const first = one.before === undefined ? [] : [one.before]
  const before = await after(shop, first)
  const wanted = await after(shop, [...first, one.after])
  const online = designed(server, before, wanted, true)
  if (online.length === 0) throw new Error(`${one.name}: the design sees no difference`)
  return { wanted, online, direct: designed(server, before, wanted, false) }
}

/** Both forms, each on a copy of the shop of its own. */
export const runCase = async (shop: Shop, one: OnlineCase): Promise<CaseResult> => {
  const { wanted, online, direct } = await designCase(shop, one)
  return {
    name: one.name,
    blocks: one.blocks ?? null,
    codes: [...new Set(online.flatMap(({ notes }) => notes.map(({ code }) => code)))],
    up: online.map(({ name, up }) => `-- ${name}\n${up}`).join('\n'),
    online: await runForm(shop, one, online, wanted),
    direct: await runForm(shop, one, direct, wanted),
  }
}
