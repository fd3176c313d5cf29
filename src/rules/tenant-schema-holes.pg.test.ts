import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLab, type Failing } from '../../test/support/rule-lab.ts'
import { functionsSql, perTenant, templateSql, tenantRules } from '../../test/support/tenant-schema-lab.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import type { Experiment } from './experiment.ts'
import { tenantSchema } from './tenant-schema.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})

afterAll(async () => {
  await server?.stop()
})

/** `create_tenant` with one place exchanged; throws where the place is not there. */
const exchanged = (from: string | RegExp, to: string): string => {
  const found = functionsSql.replace(from, () => to)
  if (found === functionsSql) throw new Error(`nothing to exchange: ${String(from)}`)
  return found
}

/** Before the tenant's tables are made, in place of nothing. */
const usageGranted = `execute format('grant usage on schema %I to %I', own, own);`
/** The last statements of create_tenant. */
const made = `  foreach statement in array statements loop
    execute statement;
  end loop;
end`
const andThen = (sql: string): string => exchanged(made, made.replace(/end$/u, `${sql}\nend`))

interface Hole {
  readonly name: string
  readonly ddl: string
  /** Sorts of experiments that fail, all of them and no others. */
  readonly by: readonly string[]
  /** A title of one of them. */
  readonly says: string | RegExp
  /** What the difference names. */
  readonly names?: string | RegExp
  /** DDL that closes it, where the mends are a choice. */
  readonly mend?: string
}

const holes: readonly Hole[] = [
  {
    name: 'tables are made with LIKE alone: no constraint, no default, no index',
    ddl: exchanged(
      /statements := array\([^]*?\n {4}\|\| array/u,
      `statements := array(select format('create table %I (like template.%I)', relname, relname) from pg_class where relkind = 'r' and relnamespace = 'template'::regnamespace)\n    || array`,
    ),
    by: ['equal', 'calling', 'later', 'migration', 'removal'],
    says: /^the table of tenant a differs/u,
    names: /constraint total_not_negative|column id/u,
  },
  {
    name: 'CHECK constraints are left out',
    ddl: exchanged(`('c', 'p', 'u', 'x', 'f')`, `('p', 'u', 'x', 'f')`),
    by: ['equal', 'calling', 'later', 'migration', 'removal'],
    says: /^the table of tenant a differs/u,
    names: 'total_not_negative',
  },
  {
    name: 'foreign keys point to the tables of the template',
    ddl: exchanged(
      `pg_get_constraintdef(k.oid), k.conname`,
      `replace(pg_get_constraintdef(k.oid), 'REFERENCES ', 'REFERENCES template.'), k.conname`,
    ),
    by: ['equal', 'calling', 'later', 'migration', 'removal'],
    says: /^the table of tenant b differs/u,
    names: 'orders_customer_id_fkey',
  },
  {
    name: 'indexes are left out',
    ddl: exchanged('where k.oid is null', 'where false'),
    by: ['equal', 'calling', 'later', 'migration', 'removal'],
    says: /^the table of tenant a differs/u,
    names: 'orders_customer_id_idx',
  },
  {
    name: 'a default is left out',
    ddl: exchanged(`join pg_attrdef d on d.adrelid = t.oid`, `join pg_attrdef d on false`),
    by: ['equal', 'calling', 'later', 'migration', 'removal'],
    says: /^the table of tenant a differs/u,
    names: /open/u,
  },
  {
    name: 'policies come, row-level security does not',
    ddl: exchanged(`case when t.relrowsecurity then 'enable' else 'disable' end`, `'disable'`),
    by: ['later'],
    says: /^a tenant made after the template got a table of every kind/u,
  },
  {
    name: 'every tenant may use every schema',
    ddl: exchanged(usageGranted, `execute format('grant usage on schema %I to public', own);`),
    by: ['crossing', 'reach'],
    says: 'the role of tenant a may do nothing in the template and in schemas of other tenants',
    names: /tenant_assay_b/u,
  },
  {
    name: 'tables are granted to PUBLIC',
    ddl: andThen(`execute format('grant select on all tables in schema %I to public', own);`),
    by: ['equal', 'reach', 'calling', 'migration', 'removal', 'later'],
    says: /^the table of tenant a differs/u,
    names: /privilege SELECT of everybody/u,
  },
  {
    name: 'schema and tables are open to everybody',
    ddl: andThen(
      `execute format('grant usage on schema %I to public', own); execute format('grant select on all tables in schema %I to public', own);`,
    ),
    by: ['equal', 'crossing', 'reach', 'calling', 'later', 'migration', 'removal'],
    says: 'tenant a reads the rows of tenant b: refused',
  },
  {
    name: "a tenant's role owns its tables",
    ddl: andThen(
      `perform set_config('search_path', '', true); for statement in select format('alter table %I.%I owner to %I', own, relname, own) from pg_class where relkind = 'r' and relnamespace = quote_ident(own)::regnamespace loop execute 'grant create on schema ' || quote_ident(own) || ' to ' || quote_ident(own); execute format('grant %I to current_user', own); execute statement; end loop;`,
    ),
    by: ['equal', 'crossing', 'reach', 'calling', 'later', 'migration', 'removal'],
    says: "tenant a changes its own table, which is the migrations' to do: refused",
  },
  {
    name: "a tenant's role is granted to all tenants",
    ddl: exchanged(`create role %I'`, `create role %I in role tenant'`),
    by: ['crossing', 'reach'],
    says: 'the role of tenant a is a member of no other role',
  },
  {
    name: "a tenant's role logs in",
    ddl: exchanged(`create role %I'`, `create role %I login'`),
    by: ['reach'],
    says: 'the role of tenant a logs in nowhere and has no attribute that opens more',
  },
  {
    name: 'the application inherits what tenants may do',
    ddl: exchanged('alter role "app" noinherit;', 'alter role "app" inherit;'),
    by: ['crossing', 'reach'],
    says: 'app without a tenant reads the rows of tenant a: refused',
    names: /accepted/u,
  },
  {
    name: 'the application becomes no tenant',
    ddl: exchanged(/execute format\('grant %I to %I', own, 'app'\);/u, ''),
    by: ['own', 'crossing', 'reach', 'calling', 'name'],
    says: 'tenant a reads its own row',
  },
  {
    name: 'everybody makes tenants',
    ddl: exchanged('revoke all on function "public"."create_tenant"(text) from public;', ''),
    by: ['calling'],
    says: 'nobody beside the owner may call create_tenant',
    names: 'PUBLIC',
  },
  {
    name: 'everybody changes all tenants with the rights of the owner',
    ddl: `${exchanged('revoke all on function "public"."migrate_tenants"(text) from public;', '')}\nalter function migrate_tenants(text) security definer;`,
    by: ['calling'],
    says: 'tenant a changes all tenants: refused',
  },
  {
    name: 'names are not quoted',
    ddl: exchanged(`format('create schema %I', own)`, `format('create schema %s', own)`),
    by: ['name'],
    says: 'a tenant whose name has spaces is made under exactly that name',
  },
  {
    name: 'long names are cut off',
    ddl: exchanged('if octet_length(own) > 63 then', 'if false then'),
    by: ['name'],
    says: /^a tenant whose name PostgreSQL would cut off/u,
  },
  {
    name: "the template's grants do not come along",
    ddl: exchanged(/\n {4}\|\| array\([^]*?'"tenant"'::regrole\);/u, ';'),
    by: ['equal', 'own', 'calling', 'later', 'removal'],
    says: 'tenant a reads its own row',
  },
  {
    name: 'a change of all leaves the template out',
    ddl: exchanged(
      /(\$assay\$\ndeclare\n {2}own name;[^]*?begin\n)[^]*?( {2}for own in)/u,
      `$assay$\ndeclare\n  own name;\n  statement text;\nbegin\n  for own in`,
    ),
    by: ['migration'],
    says: /^a column added to all/u,
  },
  {
    name: 'a tenant that cannot take a change is passed over',
    ddl: exchanged(
      /execute change;\n {4}-- The tenant/u,
      `begin execute change; exception when others then continue; end;\n    -- The tenant`,
    ),
    by: ['migration'],
    says: /^a change that tenant b cannot take/u,
  },
  {
    name: 'a change of all finds the template where a tenant lacks the table',
    ddl: exchanged(`format('%I, pg_temp', own)`, `format('%I, template, pg_temp', own)`).replace(
      /execute change;\n(\s+for own in)/u,
      '$1',
    ),
    by: ['migration'],
    says: /^a column added to all/u,
  },
  {
    name: 'privileges are not renewed after a change',
    ddl: exchanged(/ {4}-- The tenant's role may do[^]*?execute statement;\n {4}end loop;/u, ''),
    by: ['migration'],
    says: /^after a change of all/u,
  },
  {
    name: 'a tenant that goes leaves its role',
    ddl: exchanged(`  execute format('drop role %I', own);\n`, ''),
    by: ['name', 'removal'],
    says: /^tenant a is taken away: its schema and its role are gone/u,
  },
  {
    name: 'a tenant that goes takes others along',
    ddl: exchanged(
      `  execute format('drop schema %I cascade', own);`,
      `  for own in select n.nspname from pg_catalog.pg_namespace n where starts_with(n.nspname, 'tenant_' || left(tenant, 3)) loop\n  execute format('drop schema %I cascade', own);\n  end loop; own := 'tenant_' || tenant;`,
    ),
    by: ['removal'],
    says: /^tenant a is taken away: its schema/u,
  },
  {
    name: 'a function with the rights of its owner reads any schema',
    ddl: `${functionsSql}
create function orders_of(tenant text) returns bigint language plpgsql security definer as $$
declare n bigint;
begin execute format('select count(*) from %I.orders', 'tenant_' || tenant) into n; return n; end $$;`,
    by: ['definer'],
    says: /^tenant a calls public.orders_of\(text\) for tenant b/u,
    mend: 'revoke execute on function public.orders_of(text) from public;',
  },
  {
    name: 'a view in public gathers all tenants',
    ddl: andThen(
      `execute format('create or replace view public.all_orders as select * from %I.orders', own);`,
    ),
    by: ['reach'],
    says: /^nothing in another schema stands on tables of tenant/u,
  },
  {
    name: 'the application may use the template',
    ddl: `${functionsSql}\ngrant usage on schema template to app; grant select on template.orders to app;`,
    by: ['crossing', 'reach'],
    says: 'app without a tenant reads the rows of the template: refused',
    mend: 'revoke all on schema template from app; revoke all on all tables in schema template from app;',
  },
]

interface Proof {
  readonly failing: readonly Failing[]
  /** With the mends of what fails, or with this one, beside the hole. */
  readonly mended: readonly Failing[]
}

const prove = async (ddl: string, mend?: string): Promise<Proof> => {
  const lab = await openLab(server, `${templateSql}\n${ddl}`)
  try {
    const experiments: Experiment[] = []
    for (const rule of tenantRules(perTenant)) {
      const written = await lab.write(tenantSchema, rule, perTenant)
      expect(written.unsolved).toEqual([])
      experiments.push(...written.experiments)
    }
    const failing = await lab.failing(experiments)
    const mends = mend === undefined ? [...new Set(failing.map((f) => f.mend))] : [mend]
    if (failing.length === 0 || (await lab.failing(experiments, mends)).length === 0)
      return { failing, mended: [] }
    // What was written where the hole stands may say nothing of the mended one: it is written once more.
    return { failing, mended: (await prove([ddl, ...mends].join('\n'))).failing }
  } finally {
    await lab.close()
  }
}

const sortsOf = (failing: readonly Failing[]): readonly string[] =>
  [...new Set(failing.map(({ id }) => id.replace(/^.*#/u, '').replace(/-\d+$/u, '')))].toSorted()

describe('each hole is found by the experiments that are about it, and its mend closes it', () => {
  test('the sound schema has none', async () => {
    expect((await prove(functionsSql)).failing).toEqual([])
  })

  test.each(holes)('$name', async ({ ddl, by, says, names, mend }) => {
    const { failing, mended } = await prove(ddl, mend)
    expect(sortsOf(failing)).toEqual([...by].toSorted())
    const said = failing.filter(({ title }) => (typeof says === 'string' ? title === says : says.test(title)))
    expect(said.length, `among ${failing.map((f) => f.title).join('\n')}`).toBeGreaterThan(0)
    if (names !== undefined) expect(said.map((f) => f.difference).join('\n')).toMatch(names)
    expect(mended).toEqual([])
  })
})
