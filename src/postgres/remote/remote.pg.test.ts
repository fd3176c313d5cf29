import { spawn } from 'node:child_process'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres15, whyNoPostgres15, type TestServer } from '../../../test/support/postgres15.ts'
import { startRewriter, startTransactionPooler } from '../../../test/support/wire-proxies.ts'
import { eventually } from '../../../test/support/processes.ts'
import { AssayError } from '../../ground/errors.ts'
import { parseConnectionUrl } from '../connection-url.ts'
import { markerOf } from './marker.ts'
import type { Server } from '../server.ts'
import { openSession, type Session } from '../session.ts'
import { startServer } from '../start.ts'

const reason = whyNoPostgres15 === '' ? '' : ` (skipped: ${whyNoPostgres15})`

const fault = async (url: string): Promise<AssayError> => {
  const error = await startServer({ url }).then(
    async (server) => {
      await server.stop()
      return new Error('it was entered')
    },
    (cause: unknown) => cause,
  )
  if (!(error instanceof AssayError)) throw error
  return error
}

describe.skipIf(whyNoPostgres15 !== '')(`a server of the user's, PostgreSQL 15${reason}`, () => {
  let there: TestServer
  let admin: Session

  beforeAll(async () => {
    there = await startPostgres15()
    admin = await openSession(parseConnectionUrl(there.url))
    await admin.query(
      `create role trusted superuser login; create role nobody_may login password 'p'; create role "we""ird" superuser login password 'ä:/?#@%'`,
    )
  })
  afterAll(async () => {
    await admin.end()
    await there.stop()
  })

  /** Everything of Assay's on that server. */
  const left = async (): Promise<unknown[]> =>
    admin.json(`
      select datname::text as name from pg_database where datname like 'assay%'
      union all select rolname from pg_roles where rolname like 'assay%' or rolname like 'made_%'
      order by 1`)

  it('gets databases, roles and settings for the run, and is left as it was', async () => {
    const server = await startServer({ url: there.url })
    expect(server).toMatchObject({ major: 15, version: expect.any(Number) })
    const database = await server.createDatabase('shop')
    const owner = await server.connect(database, 'owner')
    expect(
      await owner.json(`
        select session_user::text = '${server.owner}' as is_owner, pg_get_userbyid(datdba)::text = session_user as owns,
               rolsuper, rolcreaterole, rolbypassrls, current_setting('timezone') as timezone, current_setting('datestyle') as datestyle,
               datcollate, pg_encoding_to_char(encoding) as encoding, shobj_description(d.oid, 'pg_database') like 'Made by Assay%' as marked
          from pg_database d, pg_roles r where datname = current_database() and rolname = session_user`),
    ).toEqual([
      {
        is_owner: true,
        owns: true,
        rolsuper: false,
        rolcreaterole: true,
        rolbypassrls: false,
        timezone: 'UTC',
        datestyle: 'ISO, MDY',
        datcollate: 'C',
        encoding: 'UTF8',
        marked: true,
      },
    ])
    await owner.query(`
      create role made_app; create role made_unused; create table t (id int);
      alter table t enable row level security; alter table t force row level security; grant select on t to made_app`)
    await expect(owner.query('insert into t values (1)')).rejects.toMatchObject({
      fault: { sqlstate: '42501' },
    })
    await owner.end()
    await server.admitRoles()
    await server.admitRoles()
    const copy = await server.clone(database, 'shop')
    // While experiments run nobody makes roles: on 15 that right reaches those that read files and run programs.
    const late = await server.connect(copy, 'owner')
    for (const sql of ['create role made_late', 'grant pg_execute_server_program to current_user']) {
      await expect(late.query(sql)).rejects.toMatchObject({ fault: { sqlstate: '42501' } })
    }
    const prover = await server.connect(copy, 'prover')
    await prover.query(
      `begin; insert into t values (1); set local session_replication_role = replica; set local role made_app; select * from t; rollback`,
    )
    expect(
      await prover.json(
        `select current_setting('timezone') as timezone, current_setting('lc_messages') as messages`,
      ),
    ).toEqual([{ timezone: 'UTC', messages: 'C' }])
    await expect(prover.query('set role admin')).rejects.toMatchObject({ fault: { sqlstate: '42501' } })
    await server.dropDatabase(copy)
    const url = parseConnectionUrl(server.ownerUrl(database))
    const again = await openSession(url)
    expect(await again.json('select session_user::text as who')).toEqual([{ who: server.owner }])
    await server.stop()
    await server.stop()
    await expect(again.query('select 1')).rejects.toThrow(/terminat/u)
    // Nothing of 15 says who made a role that nothing uses: it stays rather than that a stranger's is dropped.
    expect(await left()).toEqual([{ name: 'made_unused' }])
    await admin.query('drop role made_unused')
  })

  it('is touched only where Assay made it', async () => {
    const server = await startServer({ url: there.url })
    for (const attempt of [
      () => server.dropDatabase('postgres'),
      () => server.clone('postgres', 'x'),
      () => server.connect('postgres', 'owner'),
      () => server.connect('template1', 'administrator'),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ exit: 4, code: 'server.not-ours' })
    }
    await server.stop()
  })

  it('keeps roles that were there before, and lets them be played only when they are named and harmless', async () => {
    await admin.query(
      `create role keep_app; create role keep_other; create role keep_danger in role pg_execute_server_program; create role keep_admin in role admin`,
    )
    const server = await startServer({ url: there.url })
    const database = await server.createDatabase('d')
    const owner = await server.connect(database, 'owner')
    await owner.query('create table t (id int); grant select on t to keep_app, keep_danger, keep_admin')
    await server.admitRoles()
    const prover = await server.connect(database, 'prover')
    const replies = await prover.batch(
      ['keep_app', 'keep_other', 'keep_danger', 'keep_admin'].map((name) => `set role ${name}`),
    )
    expect(replies.map((reply) => reply.fault?.sqlstate ?? 'ok')).toEqual(['ok', '42501', '42501', '42501'])
    await server.stop()
    expect(
      await admin.json(`select rolname::text as name from pg_roles where rolname like 'keep%' order by 1`),
    ).toHaveLength(4)
    await admin.query('drop role keep_app, keep_other, keep_danger, keep_admin')
  })

  it('serves two runs at once', async () => {
    const servers = await Promise.all([startServer({ url: there.url }), startServer({ url: there.url })])
    const databases = await Promise.all(servers.map((server) => server.createDatabase('same')))
    expect(new Set(databases).size).toBe(2)
    await servers[0]?.stop()
    const session = await (servers[1] as Server).connect(databases[1] ?? '', 'owner')
    expect(await session.json('select 1 as one')).toEqual([{ one: 1 }])
    await servers[1]?.stop()
    expect(await left()).toEqual([])
  })

  it.each(['dropped', 'made'])(
    'is left as it was also where databases are still %s while the run ends',
    async (what) => {
      const server = await startServer({ url: there.url })
      const database = await server.createDatabase('d')
      const copies: string[] = []
      for (let n = 0; n < 6; n += 1) copies.push(await server.clone(database, 'copy'))
      const work = async (): Promise<void> => {
        for (const copy of copies) {
          if (what === 'dropped') await server.dropDatabase(copy)
          else await server.clone(database, 'late')
        }
      }
      const worked = work().catch(() => undefined)
      await server.stop()
      await worked
      expect(await left()).toEqual([])
      // What is dropped with the run is as good as dropped; nothing is made that nobody would drop.
      await server.dropDatabase(copies[0] ?? '')
      await expect(server.clone(database, 'late')).rejects.toMatchObject({ name: 'ConnectionLost' })
    },
  )

  const hold = async (): Promise<{ readonly kill: (signal: NodeJS.Signals) => Promise<void> }> => {
    const child = spawn(process.execPath, [path.resolve('test/support/hold-server.mjs'), 'hold', there.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await eventually(() => said.includes('ready') || child.exitCode !== null, 'it runs')
    return {
      kill: (signal) =>
        new Promise((resolve) => {
          child.once('exit', () => resolve())
          child.kill(signal)
        }),
    }
  }

  it('is left as it was after SIGINT', async () => {
    const run = await hold()
    expect((await left()).length).toBeGreaterThan(2)
    await run.kill('SIGINT')
    expect(await left()).toEqual([])
  })

  it('is swept after kill -9 by the next run, which leaves living ones alone', async () => {
    const [dead, living] = [await hold(), await hold()]
    const both = (await left()).length
    await dead.kill('SIGKILL')
    await eventually(() => true, 'the server has noticed')
    let after: unknown[] = []
    for (let tries = 0; tries < 50 && after.length !== both / 2; tries += 1) {
      await (await startServer({ url: there.url })).stop()
      after = await left()
    }
    expect(after.length).toBe(both / 2)
    await living.kill('SIGTERM')
    expect(await left()).toEqual([])
  })

  it('does not sweep what only looks like ours', async () => {
    await admin.query('create database assay_0123abcd_shop')
    await admin.query(`comment on database assay_0123abcd_shop is '${markerOf('0123abcd')}'`)
    await (await startServer({ url: there.url })).stop()
    expect(await left()).toEqual([{ name: 'assay_0123abcd_shop' }])
    await admin.query('drop database assay_0123abcd_shop')
  })

  it('is entered with a strange name and password, by a socket, and by an address without a name', async () => {
    const { directory, port } = there
    for (const url of [
      there.urlOf('we"ird', 'ä:/?#@%'),
      `postgresql://admin:p%40ss%2Fword@/postgres?host=${directory}&port=${port}`,
      `postgresql://admin:p%40ss%2Fword@${encodeURIComponent(directory)}:${port}/postgres`,
      `postgres://admin:p%40ss%2Fword@127.0.0.1:${port}/postgres?sslmode=disable&connect_timeout=3`,
    ]) {
      const server = await startServer({ url })
      expect(server.major).toBe(15)
      await server.stop()
    }
  })

  describe('faults', () => {
    it.each([
      ['a wrong password', () => there.urlOf('admin', 'S3cret-wrong'), 'server.password'],
      ['no password', () => `postgres://admin@localhost:${there.port}/postgres`, 'server.password'],
      ['a user who may not', () => there.urlOf('nobody_may', 'S3cret-wrong'), 'server.not-allowed'],
      [
        'no such database',
        () => there.urlOf('admin', 'p@ss/word', `@localhost:${there.port}/nosuch`),
        'server.database',
      ],
      [
        'a refused port',
        () => there.urlOf('admin', 'S3cret-wrong', '@localhost:1/postgres'),
        'server.refused',
      ],
      [
        'a missing socket',
        () => there.urlOf('admin', 'S3cret-wrong', '@/postgres?host=/nowhere'),
        'server.refused',
      ],
      [
        'an unknown host',
        () => there.urlOf('admin', 'S3cret-wrong', '@no-such-host.invalid/postgres'),
        'server.unknown-host',
      ],
    ])('%s', async (_, url, code) => {
      const error = await fault(url())
      expect(error).toMatchObject({ exit: 3, code })
      const text = `${error.message} ${error.asked} ${error.found} ${error.mend} ${String(error.stack)} ${JSON.stringify(error)}`
      expect(text).not.toContain('S3cret')
      expect(text).not.toContain('p@ss')
    })

    it.each([
      ['mysql://a:S3cret@b/c', /something else/u],
      ['postgres://a:S3cret@b:none/c', /port/u],
      ['postgres://a:S3cret@b,c/d', /more than one host/u],
      ['postgres://a:S3cret@b/c?sslmode=sometimes', /sslmode=sometimes/u],
      ['postgres://a:S3cret@b/c?optoins=x', /optoins/u],
      ['postgres://a:S3%cret@b/c', /%/u],
      ['postgres://a:S3cret#@b/c', /something else/u],
    ])('%s', async (url, found) => {
      const error = await fault(url)
      expect(error).toMatchObject({ exit: 2, code: 'server.url', found: expect.stringMatching(found) })
      expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(/S3/u)
    })

    it('rights that are missing are named', async () => {
      await admin.query(`create role poor login createdb createrole password 'p'`)
      expect(await fault(there.urlOf('poor', 'p'))).toMatchObject({
        exit: 3,
        code: 'server.privileges',
        mend: expect.stringContaining('ALTER ROLE "poor" SUPERUSER'),
      })
      await admin.query('drop role poor')
      expect(await left()).toEqual([])
    })

    it('a version that is too old is named', async () => {
      const [facts] = await admin.json<{ version: string }>(
        `select current_setting('server_version_num') as version`,
      )
      const version = facts?.version ?? ''
      const old = await startRewriter(there.port, version, `13${version.slice(2)}`)
      const error = await fault(
        there.urlOf('admin', 'p@ss/word', `@127.0.0.1:${old.port}/postgres?sslmode=disable`),
      )
      await old.stop()
      expect(error).toMatchObject({
        exit: 3,
        code: 'server.version',
        found: `version 13.${Number(version.slice(2))}`,
      })
    })

    it('a transaction pooler is noticed', async () => {
      const pooler = await startTransactionPooler(there.port, 'trusted')
      const error = await fault(`postgres://trusted@127.0.0.1:${pooler.port}/postgres`)
      await pooler.stop()
      expect(error).toMatchObject({ exit: 3, code: 'server.pooler', mend: expect.stringContaining('direct') })
    })
  })

  describe('encryption', () => {
    const tls = async (parameters: string, host = 'localhost'): Promise<boolean> => {
      const session = await openSession(
        parseConnectionUrl(
          there.urlOf('admin', 'p@ss/word', `@${host}:${there.port}/postgres?${parameters}`),
        ),
      )
      const [row] = await session.json<{ ssl: boolean }>(
        'select ssl from pg_stat_ssl where pid = pg_backend_pid()',
      )
      await session.end()
      return row?.ssl === true
    }

    it('follows sslmode', async ({ skip }) => {
      if (there.certificate === null) skip('needs openssl to make a certificate')
      const root = `sslrootcert=${there.certificate}`
      expect(await tls('')).toBe(true)
      expect(await tls('sslmode=prefer')).toBe(true)
      expect(await tls('sslmode=allow')).toBe(false)
      expect(await tls('sslmode=disable')).toBe(false)
      expect(await tls('sslmode=require')).toBe(true)
      expect(await tls(`sslmode=require&${root}`)).toBe(true)
      expect(await tls(`sslmode=verify-ca&${root}`, '127.0.0.1')).toBe(true)
      expect(await tls(`sslmode=verify-full&${root}`)).toBe(true)
      for (const [parameters, host] of [
        ['sslmode=verify-ca', 'localhost'],
        ['sslmode=verify-full', 'localhost'],
        [`sslmode=verify-full&${root}`, '127.0.0.1'],
      ] as const) {
        const error = await fault(
          there.urlOf('admin', 'p@ss/word', `@${host}:${there.port}/postgres?${parameters}`),
        )
        expect(error).toMatchObject({ exit: 3, code: 'server.tls' })
      }
    })

    it('a server without it is told when it is required', async () => {
      const pooler = await startTransactionPooler(there.port, 'trusted')
      const error = await fault(`postgres://trusted@127.0.0.1:${pooler.port}/postgres?sslmode=require`)
      await pooler.stop()
      expect(error).toMatchObject({ exit: 3, code: 'server.tls' })
    })
  })
})

describe('a server of the user’s, PostgreSQL 18, entered by who is no superuser', () => {
  let embedded: Server
  let urlOf: (user: string, password: string) => string
  let root: Session

  beforeAll(async () => {
    embedded = await startServer({ tcp: true })
    const database = await embedded.createDatabase('home')
    root = await embedded.connect(database, 'administrator')
    await root.query(
      `create role maker login createdb createrole bypassrls password 'maker'; create role poor login createdb password 'poor'`,
    )
    const owner = parseConnectionUrl(embedded.ownerUrl(database))
    urlOf = (user, password) => `postgres://${user}:${password}@${owner.host}:${owner.port}/${database}`
  })
  afterAll(() => embedded.stop())

  it('works with CREATEDB, CREATEROLE and BYPASSRLS, and leaves nothing', async () => {
    const server = await startServer({ url: urlOf('maker', 'maker') })
    const database = await server.createDatabase('shop')
    const owner = await server.connect(database, 'owner')
    await owner.query(
      'create role made_app; create role made_unused; create table t (id int); grant create on schema public to made_app; alter table t owner to made_app',
    )
    await owner.end()
    await server.admitRoles()
    const copy = await server.clone(database, 'copy')
    const prover = await server.connect(copy, 'prover')
    await prover.query('set role made_app; drop table t')
    await prover.query(`reset role; set role ${server.owner}; create table u ()`)
    await server.stop()
    expect(
      await root.json(`select rolname::text as name from pg_roles where rolname like 'made%' or rolname like 'assay\\_%\\_owner'
        union all select datname from pg_database where datname like '%shop%'`),
    ).toEqual([])
  })

  it('names the attributes that are missing', async () => {
    expect(await fault(urlOf('poor', 'poor'))).toMatchObject({
      exit: 3,
      code: 'server.privileges',
      found: 'poor lacks CREATEROLE, BYPASSRLS',
      mend: 'As a superuser: ALTER ROLE "poor" CREATEROLE BYPASSRLS;',
    })
  })
})
