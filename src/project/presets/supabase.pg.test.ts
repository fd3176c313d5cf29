/** Supabase's part on PostgreSQL 15 and 18, and a project on it: adopted from migrations and from a dump, and proven. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { bothServers } from '../../../test/support/both-servers.ts'
import { withDirectory } from '../../../test/support/project.ts'
import { adoptProject, type AdoptOutcome } from '../adopt-project.ts'
import { applySchema } from '../migrations.ts'
import { proveProject } from '../prove-project.ts'
import { supabase } from './supabase.ts'

const migrations = fileURLToPath(new URL('../../../test/fixtures/supabase/migrations', import.meta.url))

describe.each(bothServers)('on PostgreSQL $major', ({ whyNot, start }) => {
  it.skipIf(whyNot !== '')('the preset is made without a superuser, twice on one server', async () => {
    const { server, stop } = await start()
    try {
      for (const label of ['one', 'two']) {
        const database = await server.createDatabase(label)
        await applySchema(server, database, { directory: migrations, before: supabase(), migrations })
        await server.admitRoles()
        const db = await server.connect(database, 'prover')
        try {
          const [seen] = await db.json(`
            select (select count(*) from pg_tables where schemaname = 'auth' and rowsecurity)::int as closed,
              (select rolbypassrls from pg_roles where rolname = 'service_role') as bypasses,
              pg_has_role('authenticator', 'anon', 'MEMBER') as member,
              current_setting('search_path') as path,
              has_table_privilege('anon', 'public.profiles', 'select') as granted,
              (storage.foldername('a/b/c.png'))[2] || storage.filename('a/b/c.png') || storage.extension('c.tar.gz') as names`)
          expect(seen).toEqual({
            closed: 20,
            // Roles of the user's own server are never let past policies.
            bypasses: server.isOwn,
            member: true,
            path: '"$user", public, extensions',
            granted: true,
            names: 'bc.pnggz',
          })
          const replies = await db.batch([
            `begin; set local role authenticated;
             select set_config('request.jwt.claims', '{"sub":"00000000-0000-4000-8000-000000000001","role":"authenticated"}', true)`,
            `select auth.uid(), auth.role(), auth.jwt() ->> 'sub' is not null, auth.email()`,
            'rollback',
          ])
          expect(replies[1]?.commands[0]?.rows).toEqual([
            ['00000000-0000-4000-8000-000000000001', 'authenticated', 't', null],
          ])
        } finally {
          await db.end()
        }
      }
    } finally {
      await stop()
    }
  })
})

const textOf = ({ files }: AdoptOutcome, start: string): string =>
  files.find((file) => file.path.startsWith(start))?.text ?? ''

const codes = ({ findings }: AdoptOutcome): readonly string[] => [
  ...new Set(findings.map(({ code, severity }) => `${severity} ${code}`)),
]

describe('a project on Supabase', () => {
  it('is adopted from its migrations: what it puts on the platform is declared, the platform is not', async () => {
    await withDirectory(async (directory) => {
      const out = path.join(directory, 'out')
      const adopted = await adoptProject({
        source: { kind: 'migrations', directory: migrations },
        platform: 'supabase',
        directory: out,
        name: 'teams',
        before: [],
        dryRun: false,
      })
      expect(codes(adopted).filter((code) => code.startsWith('error'))).toEqual([])
      expect(textOf(adopted, 'assay.config.ts')).toContain('before: supabase(),')
      expect(textOf(adopted, 'data/tables/profiles')).toContain(
        `t.references('id', 'auth.users', { onDelete: 'cascade' })`,
      )
      expect(textOf(adopted, 'data/tables/auth/users')).toContain('trigger:on_auth_user_created')
      expect(textOf(adopted, 'data/tables/storage/objects')).toContain('Users keep their own folder.')
      const baseline = textOf(adopted, 'migrations/')
      expect(baseline).toContain('ALTER PUBLICATION supabase_realtime ADD TABLE')
      expect(baseline).toContain('REVOKE ALL ON TABLE public.audit_entries FROM anon')
      expect(baseline).not.toMatch(/CREATE (?:ROLE|TABLE auth|SCHEMA auth)|ALTER DEFAULT PRIVILEGES/u)

      const only = ['profiles/references', 'auth.users']
      const proof = await proveProject({ directory: out, command: 'prove', only })
      const findings = proof.proofs.flatMap(({ result }) => result.findings)
      // What a function's owner may do beyond its caller is shown by no statement of the table's rules.
      expect(findings.filter(({ structure = '' }) => !structure.startsWith('function:'))).toEqual([])
      expect(proof.proofs.flatMap(({ result }) => result.rules.map(({ green }) => green))).not.toContain(
        false,
      )
    })
  })

  it('is adopted from a whole dump: the platform’s own part is told apart, and only what is granted is', async () => {
    await withDirectory(async (directory) => {
      mkdirSync(path.join(directory, 'sql'))
      const dump = path.join(directory, 'sql/dump.sql')
      writeFileSync(
        dump,
        `SELECT pg_catalog.set_config('search_path', '', false);
CREATE SCHEMA auth;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$ select null::uuid $$;
CREATE FUNCTION auth.tenant_id() RETURNS uuid LANGUAGE sql STABLE AS $$ select (auth.jwt() ->> 'tenant')::uuid $$;
CREATE TABLE auth.users (id uuid NOT NULL);
CREATE TABLE auth.of_another_version (id uuid NOT NULL);
ALTER TABLE ONLY auth.users ADD CONSTRAINT users_pkey PRIMARY KEY (id);
CREATE TABLE public."odd ""notes""" (id uuid NOT NULL, tenant uuid NOT NULL, owner uuid);
ALTER TABLE ONLY public."odd ""notes""" ADD CONSTRAINT notes_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public."odd ""notes""" ADD CONSTRAINT notes_owner_fkey FOREIGN KEY (owner) REFERENCES auth.users(id);
CREATE POLICY own ON public."odd ""notes""" TO authenticated USING (tenant = auth.tenant_id());
ALTER TABLE public."odd ""notes""" ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON TABLE public."odd ""notes""" TO authenticated;
`,
      )
      const adopted = await adoptProject({
        source: { kind: 'sql', files: [dump] },
        platform: 'supabase',
        directory: path.join(directory, 'out'),
        before: [],
        dryRun: true,
      })
      expect(codes(adopted).filter((code) => code.startsWith('error'))).toEqual([])
      expect(codes(adopted)).toContain('note adopt.platform-part')
      const baseline = textOf(adopted, 'migrations/')
      expect(baseline).toContain('CREATE FUNCTION auth.tenant_id()')
      expect(baseline).not.toContain('of_another_version')
      expect(baseline).toContain('REVOKE ALL ON TABLE public."odd ""notes""" FROM anon')
      expect(textOf(adopted, 'data/tables/odd-notes')).toContain(`t.references('owner', 'auth.users')`)
      expect(textOf(adopted, 'data/tables/odd-notes')).not.toContain(`t.visibleTo('anon'`)
    })
  })

  it('has what it changes on the platform’s tables named', async () => {
    await withDirectory(async (directory) => {
      mkdirSync(path.join(directory, 'sql'))
      const file = path.join(directory, 'sql/0001.sql')
      writeFileSync(
        file,
        'alter table auth.users add column nickname text; create table public.a (id int primary key);',
      )
      const adopted = await adoptProject({
        source: { kind: 'migrations', directory: path.join(directory, 'sql') },
        platform: 'supabase',
        directory: path.join(directory, 'out'),
        before: [],
        dryRun: true,
      })
      expect(adopted.findings.find(({ code }) => code === 'adopt.platform-changed')?.summary).toContain(
        'auth.users/column:nickname',
      )
      expect(readFileSync(file, 'utf8')).toContain('nickname')
    })
  })
})
