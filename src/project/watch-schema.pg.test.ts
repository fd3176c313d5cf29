import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { rolesSince } from './watch-roles.ts'
import { keepSchema, type MigratedSchema, type SchemaKeeper } from './watch-schema.ts'

const files = {
  '1.sql': 'create role app; create table things (id integer); grant select on things to app;',
  '2.sql': 'alter table things add check (id > 0);',
  '3.sql': `create role "odd 'auditor"; grant app to "odd 'auditor"; grant insert on things to "odd 'auditor";`,
  '4.sql': `create role late in role "odd 'auditor"; grant delete on things to late;`,
} as const

describe('migrations of which some make roles', () => {
  let directory: string
  let server: Server
  let keeper: SchemaKeeper

  const write = (given: Readonly<Record<string, string>>): void => {
    for (const [file, text] of Object.entries(given)) writeFileSync(join(directory, file), text)
  }
  const schema = () => ({ directory, migrations: directory, before: [], extensions: [] })
  const again = async (): Promise<MigratedSchema> => {
    const made = await keeper.again(schema(), false)
    if (made === 'same' || 'needsNewServer' in made) throw new Error(`not migrated: ${JSON.stringify(made)}`)
    return made
  }
  const ask = async (database: string, sql: string): Promise<unknown> => {
    const db = await server.connect(database, 'administrator')
    try {
      return await db.json(sql)
    } finally {
      await db.end()
    }
  }
  const grantsAndMembers = (database: string): Promise<unknown> =>
    ask(
      database,
      `select (select string_agg(distinct grantee || ' ' || privilege_type, ', ') from information_schema.table_privileges
                where table_name = 'things' and grantee not in ('postgres', 'assay_prover')) as grants,
              (select string_agg(m.rolname || ' in ' || g.rolname, ', ' order by m.rolname, g.rolname)
                 from pg_auth_members a join pg_roles g on g.oid = a.roleid join pg_roles m on m.oid = a.member
                where m.rolname !~ '^pg_' and m.rolname not in ('postgres', 'assay_prover')) as members`,
    )

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'assay-keeper-'))
    write(files)
    server = await startServer()
    keeper = keepSchema(server, 'watched')
    await keeper.first(schema(), null)
  })
  afterEach(async () => {
    await server.stop()
    rmSync(directory, { recursive: true })
  })

  test.each([
    ['2.sql', 'alter table things add check (id > 1);', 3],
    ['1.sql', `${files['1.sql']} -- the first`, 4],
    ['4.sql', `${files['4.sql']} -- the last`, 1],
  ])('after an edit of %s the later ones make theirs again, on the same server', async (file, text, ran) => {
    const before = (await keeper.again(schema(), false)) === 'same'
    expect(before).toBe(true)
    for (const edit of [text, `${text} `]) {
      write({ [file]: edit })
      const made = await again()
      expect(made.ran).toBe(ran)
      expect(await grantsAndMembers(made.template)).toEqual([
        {
          grants: "app SELECT, late DELETE, odd 'auditor INSERT",
          members: "late in odd 'auditor, odd 'auditor in app",
        },
      ])
      await keeper.tidy()
    }
  })

  test('a file that fails leaves nothing that a later change could start from', async () => {
    write({ '2.sql': 'alter table things add check (no_such_column > 0);' })
    await expect(keeper.again(schema(), false)).rejects.toThrow('PostgreSQL refused statement 1 of 1')
    write(files)
    expect(await keeper.again(schema(), false)).toMatchObject({ needsNewServer: true })
  })

  test('where a later file changed a role of before, all begin anew', async () => {
    write({ '4.sql': 'alter role app connection limit 3;' })
    await again()
    write({ '2.sql': 'alter table things add check (id > 2);', '4.sql': 'select 1;' })
    const { ran, template } = await again()
    expect(ran).toBe(4)
    expect(await ask(template, `select rolconnlimit from pg_roles where rolname = 'app'`)).toEqual([
      { rolconnlimit: -1 },
    ])
  })
})

describe('the roles since then', () => {
  const then = JSON.stringify([{ role: 'app', member_of: null, rolsuper: false }])
  test('are those that were not there', () => {
    const now = JSON.stringify([
      { role: 'app', member_of: 'late', rolsuper: false },
      { role: 'late', member_of: null, rolsuper: false },
    ])
    expect(rolesSince(then, now)).toEqual(['late'])
  })
  test.each([
    ['a role is gone', []],
    ['a role has another attribute', [{ role: 'app', member_of: null, rolsuper: true }]],
    ['a role is a member of an older one', [{ role: 'app', member_of: 'older', rolsuper: false }]],
  ])('cannot be told when %s', (_, now) => {
    expect(rolesSince(then, JSON.stringify(now))).toBeNull()
  })
})
