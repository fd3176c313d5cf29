import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConnectionUrl } from '../connection-url.ts'
import { ConnectionLost, PgError } from '../fault.ts'
import type { Server } from '../server.ts'
import { openSession } from '../session.ts'
import { startServer } from '../start.ts'

const isRoot = process.getuid?.() === 0
const linux = process.platform === 'linux'

describe('the embedded server', () => {
  let server: Server
  let database: string
  beforeAll(async () => {
    server = await startServer({ tcp: true })
    database = await server.createDatabase('facts')
  })
  afterAll(() => server.stop())

  it('is PostgreSQL 18 with the same settings on every machine', async () => {
    const db = await server.connect(database, 'owner')
    const [facts] = await db.json<Record<string, unknown>>(`
      select current_setting('server_version_num')::int / 10000 as major, datcollate, datlocprovider, datlocale,
             pg_encoding_to_char(encoding) as encoding, pg_get_userbyid(datdba) as owner,
             current_setting('timezone') as timezone, current_setting('lc_messages') as messages,
             current_setting('jit') as jit, current_setting('autovacuum') as autovacuum, current_setting('fsync') as fsync,
             current_setting('unix_socket_permissions') as socket
        from pg_database where datname = current_database()`)
    expect(facts).toEqual({
      major: 18,
      datcollate: 'C',
      datlocprovider: 'b',
      datlocale: 'C.UTF-8',
      encoding: 'UTF8',
      owner: 'postgres',
      timezone: 'UTC',
      messages: 'C',
      jit: 'off',
      autovacuum: 'off',
      fsync: 'off',
      socket: '0700',
    })
    expect(server).toMatchObject({ major: 18, owner: 'postgres', prover: 'assay_prover' })
    await db.end()
  })

  it('gives sessions the rights of their own role and no more', async () => {
    const facts = await Promise.all(
      (['owner', 'prover', 'administrator'] as const).map(async (as) => {
        const db = await server.connect(database, as)
        const [row] = await db.json(`
          select session_user as "user", rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication
            from pg_roles where rolname = session_user`)
        await db.end()
        return row
      }),
    )
    const no = {
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolbypassrls: false,
      rolreplication: false,
    }
    expect(facts).toEqual([
      { ...no, user: 'postgres', rolcreaterole: true },
      { ...no, user: 'assay_prover', rolbypassrls: true },
      {
        user: 'assay_admin',
        rolsuper: true,
        rolcreaterole: true,
        rolcreatedb: true,
        rolbypassrls: true,
        rolreplication: true,
      },
    ])
  })

  it('lets the prover be every role that migrations made, and no reserved one', async () => {
    const owner = await server.connect(database, 'owner')
    await owner.query(
      `create role "web ""app"; create role nested in role "web ""app"; create table t (id int); grant select on t to nested`,
    )
    await server.admitRoles()
    await server.admitRoles()
    const prover = await server.connect(database, 'prover')
    await prover.query(
      `begin; set local role nested; select * from t; set local role "web ""app"; set local role postgres; create table t2 (); rollback`,
    )
    for (const role of ['pg_read_server_files', 'pg_execute_server_program', 'assay_admin']) {
      await expect(prover.query(`set role ${role}`)).rejects.toMatchObject({ fault: { sqlstate: '42501' } })
    }
    await prover.query(
      `begin; set local session_replication_role = replica; set local role postgres; drop table t; rollback`,
    )
    await owner.query('drop table t; drop role nested; drop role "web ""app"')
    await Promise.all([owner.end(), prover.end()])
  })

  it('binds the owner by no policy of a role that he made, unless that role owns something', async () => {
    const owner = await server.connect(database, 'owner')
    await owner.query(
      `create role "app's"; create role landlord; grant create on schema public to landlord; create table mine (id int); insert into mine values (1);
       create table theirs (id int); alter table theirs owner to landlord;
       alter table mine enable row level security; alter table mine force row level security;
       create function all_mine() returns bigint language sql security definer as 'select count(*) from mine';
       create policy p on mine to "app's" using (all_mine() >= 0)`,
    )
    await expect(owner.query('select all_mine()')).rejects.toMatchObject({ fault: { sqlstate: '54001' } })
    await server.admitRoles()
    // A session keeps the plans that it has made.
    const later = await server.connect(database, 'owner')
    const [reply] = await later.query('select all_mine()')
    await later.end()
    expect(reply!.rows).toEqual([['0']])
    await owner.query(
      `alter table theirs add name text; set role "app's"; reset role; drop table theirs;
       drop policy p on mine; drop function all_mine(); drop table mine; drop role "app's"; revoke create on schema public from landlord; drop role landlord`,
    )
    await owner.end()
  })

  it('copies a database, as often as asked', async () => {
    const owner = await server.connect(database, 'owner')
    await owner.query('create table copied as select 1 as id')
    await owner.end()
    const names = await Promise.all(
      ['A b-c', 'A b-c', 'ä'.repeat(100)].map((label) => server.clone(database, label)),
    )
    expect(new Set(names).size).toBe(3)
    for (const name of names) {
      expect(Buffer.byteLength(name)).toBeLessThan(64)
      const prover = await server.connect(name, 'prover')
      expect(await prover.json('select * from copied')).toEqual([{ id: 1 }])
      await server.dropDatabase(name)
      await expect(prover.query('select 1')).rejects.toThrow(/terminat/u)
    }
    await server.dropDatabase('assay_never_made')
  })

  const hostile = [
    'alter role postgres superuser',
    'create role evil superuser login',
    'create role evil in role assay_admin',
    'create role evil in role pg_execute_server_program',
    `alter role assay_admin password 'known'`,
    'alter role assay_admin nosuperuser',
    'grant assay_admin to postgres',
    'grant pg_read_server_files to postgres',
    'grant pg_write_server_files to postgres',
    'grant pg_execute_server_program to postgres',
    'set role assay_admin',
    'set session authorization assay_admin',
    `copy (select 1) to program 'id'`,
    `create temporary table f (t text); copy f from '/etc/passwd'`,
    `copy (select 1) to '/tmp/assay-hostile'`,
    `select pg_read_file('/etc/passwd')`,
    `select pg_read_binary_file('postgresql.auto.conf')`,
    `select pg_ls_dir('/')`,
    `select lo_import('/etc/passwd')`,
    `select lo_export(lo_creat(-1), '/tmp/assay-hostile')`,
    `select rolpassword from pg_authid`,
    `select * from pg_hba_file_rules`,
    `create extension file_fdw`,
    `create extension dblink`,
    `create extension plpython3u`,
    `create function f() returns int language c as 'libc', 'system'`,
    `create function f() returns int language internal as 'pg_backend_pid'`,
    `load 'auto_explain'`,
    `alter system set archive_command = 'id'`,
    `alter role assay_admin set session_preload_libraries = 'x'`,
    `alter database postgres owner to postgres`,
    `select pg_reload_conf()`,
    `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'assay_admin'`,
    `set session_preload_libraries = 'x'`,
    `update pg_authid set rolsuper = true`,
    `create event trigger e on ddl_command_end execute function f()`,
    `create tablespace t location '/tmp'`,
    `create subscription s connection 'host=/tmp' publication p`,
  ]
  it.each(['owner', 'prover'] as const)('refuses what would reach beyond it, as the %s', async (as) => {
    const db = await server.connect(database, as)
    const replies = await db.batch(hostile.flatMap((sql) => [`begin; ${sql}`, 'rollback']))
    const passed = hostile.filter((_, index) => replies[index * 2]?.fault === null)
    expect(passed).toEqual([])
    await db.end()
  })

  it('asks everybody for a password', async () => {
    const { host, port, user, password } = parseConnectionUrl(server.ownerUrl(database))
    const owner = await server.connect(database, 'owner')
    for (const where of [host, owner.address.host]) {
      const address = { host: where, port, user, database }
      await expect(openSession(address)).rejects.toThrow(/password/u)
      await expect(openSession({ ...address, password: 'wrong' })).rejects.toMatchObject({ code: '28P01' })
      await expect(openSession({ ...address, user: 'assay_admin', password: 'wrong' })).rejects.toMatchObject(
        { code: '28P01' },
      )
      const session = await openSession({ ...address, ...(password === undefined ? {} : { password }) })
      expect(await session.json('select session_user::text as who')).toEqual([{ who: 'postgres' }])
      await session.end()
    }
    await owner.end()
  })

  it.runIf(linux)('runs as somebody without rights, in a directory closed to others', async () => {
    const db = await server.connect(database, 'administrator')
    const [facts] = await db.json<{ directory: string }>(
      `select current_setting('data_directory') as directory`,
    )
    const { stdout } = spawnSync('stat', ['-c', '%u %a', facts?.directory ?? '', db.address.host], {
      encoding: 'utf8',
    })
    const uid = isRoot ? 65_534 : process.getuid?.()
    expect(stdout).toBe(`${uid} 700\n${uid} 700\n`)
    await db.end()
  })
})

describe('without tcp', () => {
  it('is reached by its socket only', async () => {
    const server = await startServer()
    const database = await server.createDatabase('d')
    const admin = await server.connect(database, 'administrator')
    expect(await admin.json(`select current_setting('listen_addresses') as listen`)).toEqual([{ listen: '' }])
    const address = parseConnectionUrl(server.ownerUrl(database))
    expect(address.host.startsWith('/')).toBe(true)
    const session = await openSession(address)
    expect(await session.json('select 1 as one')).toEqual([{ one: 1 }])
    await server.stop()
    await server.stop()
    await expect(session.query('select 1')).rejects.toBeInstanceOf(ConnectionLost)
    await expect(server.createDatabase('late')).rejects.toBeInstanceOf(ConnectionLost)
    expect(existsSync(address.host)).toBe(false)
  })
})

describe('a fault of PostgreSQL', () => {
  it('is a PgError for the caller', async () => {
    const server = await startServer()
    await expect(server.clone('assay_local_none', 'x')).rejects.toBeInstanceOf(PgError)
    await server.stop()
  })
})
