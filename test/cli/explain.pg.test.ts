/** What `assay explain` prints is SQL that, pasted anywhere, comes to the outcome that it states. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Server } from '../../src/postgres/server.ts'
import type { Reply, Session } from '../../src/postgres/session.ts'
import { startServer } from '../../src/postgres/start.ts'
import { assay } from '../support/command-line.ts'
import { readEnvelope } from '../support/envelope.ts'
import { startPostgres15, whyNoPostgres15, type TestServer } from '../support/postgres15.ts'
import { shop, withProject } from '../support/project.ts'

const commerce = fileURLToPath(new URL('../../examples/commerce', import.meta.url))
const migrations = readdirSync(join(commerce, 'migrations'))
  .toSorted()
  .map((name) => readFileSync(join(commerce, 'migrations', name), 'utf8'))

interface Explained {
  readonly rules: readonly {
    readonly id: string
    readonly green: boolean
    readonly experiments: readonly { readonly id: string; readonly sql: string; readonly holds: boolean }[]
  }[]
  readonly structures: readonly { readonly id: string; readonly rules: readonly string[] }[]
}

const explain = async (id: string, ...options: readonly string[]): Promise<Explained> => {
  const { code, summary, stderr } = readEnvelope(await assay(['explain', id, commerce, '--json', ...options]))
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return summary as unknown as Explained
}

/** The outcome that a script states, in its last `-- Then`. */
const statedIn = (sql: string): string => /^-- Then (.*)$/mu.exec(sql)?.[1] ?? ''

/** What came of it, in the same words; null when only a reader can tell. */
const outcomeOf = ({ fault, commands }: Reply, stated: string): string | null => {
  if (fault) {
    const name = fault.constraint ?? fault.column ?? fault.dataType
    const by = name === null || !stated.includes(' by ') ? '' : ` by ${name}`
    return `it is refused with SQLSTATE ${fault.sqlstate}${by}`
  }
  if (stated === 'it is accepted') return stated
  // The last ones are SET CONSTRAINTS and ROLLBACK.
  const last = commands.at(-3)
  if (stated === 'no rows are returned') return last?.rows.length === 0 ? stated : 'some rows are returned'
  if (stated.includes('returned:')) {
    const rows = (last?.rows ?? []).map((row) => `(${row.map((v) => v ?? 'null').join(', ')})`)
    return `${rows.length === 1 ? 'this row is' : 'these rows are'} returned: ${rows.join(' ')}`
  }
  if (stated.endsWith('affected')) {
    const n = Number(/(\d+)$/u.exec(last?.tag ?? '')?.[1])
    return `${n} row${n === 1 ? ' is' : 's are'} affected`
  }
  return null
}

describe('on a migrated database', () => {
  let server: Server
  let database: string
  beforeAll(async () => {
    server = await startServer()
    database = await server.createDatabase('explained')
    const administrator = await server.connect(database, 'administrator')
    await administrator.query('create extension btree_gist')
    await administrator.end()
    const owner = await server.connect(database, 'owner')
    for (const sql of migrations) await owner.query(sql)
    await owner.end()
    await server.admitRoles()
  })
  afterAll(async () => {
    await server?.stop()
  })

  const run = async (db: Session, sql: string): Promise<Reply> => {
    const [reply] = await db.batch([sql, 'rollback'])
    return reply!
  }

  test.each(['products', 'orders/isolatedBy', 'order_items', 'user_activity/visibleTo'])(
    'every experiment of %s comes to what it states',
    async (id) => {
      const { rules } = await explain(id)
      const experiments = rules.flatMap((rule) => rule.experiments)
      expect(experiments.length).toBeGreaterThan(10)
      const db = await server.connect(database, 'administrator')
      let compared = 0
      for (const { id: experiment, sql, holds } of experiments) {
        expect(holds, experiment).toBe(true)
        const fresh = sql.includes('-- In a new session')
        const session = fresh ? await server.connect(database, 'administrator') : db
        const stated = statedIn(sql)
        const outcome = outcomeOf(await run(session, sql), stated)
        if (fresh) await session.end()
        if (outcome === null) continue
        compared += 1
        // Where two states are possible, one of them comes.
        if (/SQLSTATE \w+ or /u.test(stated)) expect(stated, sql).toContain(outcome.slice(-5))
        else expect(outcome, sql).toBe(stated)
      }
      await db.end()
      expect(compared).toBeGreaterThan(experiments.length / 2)
    },
  )

  test('of a structure: the rules that stand on it', async () => {
    const { rules, structures } = await explain('products/policy:tenant_isolation')
    expect(structures).toMatchObject([
      { id: 'products/policy:tenant_isolation', rules: ['products/isolatedBy:tenant_id'] },
    ])
    expect(rules.map((rule) => rule.id)).toEqual(['products/isolatedBy:tenant_id'])
  })
})

describe.skipIf(whyNoPostgres15 !== '')(`in psql ${whyNoPostgres15}`, () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startPostgres15()
  })
  afterAll(async () => {
    await server?.stop()
  })

  const psql = (input: string, database: string) => {
    const url = new URL(server.url)
    url.pathname = `/${database}`
    return spawnSync('psql', ['-X', '-q', '-v', 'VERBOSITY=sqlstate', url.href], { input, encoding: 'utf8' })
  }

  test('the whole script of a table is taken: nothing is refused but what it says', async () => {
    const script = await assay(['explain', 'products', commerce, '--url', server.url])
    expect(script).toMatchObject({ code: 0, stderr: '' })
    // As in production: who owns the tables is no superuser, whom no policy would bind.
    const made = psql('create role keeper createrole; create database shop owner keeper', 'postgres')
    expect(made).toMatchObject({ status: 0, stderr: '' })
    expect(psql('create extension btree_gist', 'shop')).toMatchObject({ status: 0 })
    expect(psql(['set role keeper;', ...migrations].join('\n'), 'shop').stderr).toBe('')
    const { stderr } = psql(script.stdout, 'shop')
    // 25P02 is what psql says of the SET CONSTRAINTS after a refusal.
    const states = [...stderr.matchAll(/^ERROR: {2}(\w{5})$/gmu)]
      .map((m) => m[1]!)
      .filter((s) => s !== '25P02')
    const stated = [
      ...script.stdout.matchAll(/^-- Then it is refused with SQLSTATE (\w{5}(?: or \w{5})*)/gmu),
    ].map((m) => m[1]!)
    expect(stated.length).toBeGreaterThan(20)
    // Versions differ in some: either of two is stated then.
    expect(states.map((state, i) => (stated[i]?.includes(state) === true ? stated[i] : state))).toEqual(
      stated,
    )
    expect(stderr).not.toContain('invalid command')
  })
})

describe('an id', () => {
  test('that nothing has: exit 2, with the nearest ids', async () => {
    await withProject(shop, async (directory) => {
      const ran = await assay(['explain', 'products/chek:price_not_negative', directory])
      expect(ran).toMatchObject({ code: 2, stdout: '' })
      expect(ran.stderr).toContain('          products/check:price_not_negative\n')
    })
  })

  test('of a rule that the database does not keep: its experiments say what happens', async () => {
    const files = {
      ...shop,
      'migrations/0002.sql': 'alter table products drop constraint products_price_not_negative',
    }
    await withProject(files, async (directory) => {
      const ran = await assay(['explain', 'products/check:price_not_negative', directory])
      expect(ran).toMatchObject({ code: 0, stderr: '' })
      expect(ran.stdout).toContain('-- No structure stands for it.\n')
      expect(ran.stdout).toContain('-- Now: it does not: expected it to be refused with 23514')
      expect(ran.stdout).toContain(', but it was accepted\n')
    })
  })
})
