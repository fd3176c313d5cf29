import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  policyFor,
  productsSql,
  secured,
  soundSql,
  tenantIs,
  tenantsSql,
} from '../../test/support/isolation-schema.ts'
import { openLab, runAs, type Failing, type Lab } from '../../test/support/rule-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import type { IsolatedByRule } from '../architecture/kinds/isolated-by.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import type { Written } from './rule-kind.ts'
import { isolatedBy } from './isolated-by.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
  const database = await server.createDatabase('roles')
  await runAs(server, database, 'owner', 'create role app; create role other_role')
  await runAs(
    server,
    database,
    'administrator',
    'create role app_bypassing bypassrls; create role app_member',
  )
})

afterAll(async () => {
  await server?.stop()
})

const identity = (role = 'app') => ({
  role,
  settings: (who: { readonly tenant: string }) => ({ 'app.tenant_id': who.tenant }),
})

const productsTable = (declared = 'products') =>
  table(
    declared,
    { id: 'bigint', tenant_id: 'bigint', slug: 'varchar(100)', price: 'numeric(10,2)' },
    (t) => [t.isolatedBy('tenant_id')],
  )

const shop = (role = 'app'): Architecture =>
  architecture('shop', { tables: { products: productsTable() }, identity: identity(role) })

const ruleOf = (declared: Architecture, on = 'products'): IsolatedByRule =>
  declared.tables.find((t) => t.id === on)!.rules.find((r): r is IsolatedByRule => r.kind === 'isolatedBy')!

interface Proof {
  readonly lab: Lab
  readonly written: Written
  readonly failing: readonly Failing[]
  readonly rule: IsolatedByRule
}

const prove = async (
  ddl: string,
  { declared = shop(), on = 'products', admin = [] as readonly string[] } = {},
): Promise<Proof> => {
  const lab = await openLab(server, ddl, admin)
  const rule = ruleOf(declared, on)
  const written = await lab.write(isolatedBy, rule, declared)
  return { lab, written, failing: await lab.failing(written.experiments), rule }
}

/** `read`, `foreign-key`: the attacks among these experiments, each once. */
const attacksOf = (experiments: readonly { readonly id: string }[]): readonly string[] => [
  ...new Set(experiments.map((e) => e.id.replace(/^.*#/u, '').replace(/-\d+$/u, ''))),
]

/** The schema holds in all experiments, and every mutant of its isolation is noticed. */
const expectSound = async (
  ddl: string,
  options: Parameters<typeof prove>[1] = {},
  equivalent: readonly string[] = [],
): Promise<Proof> => {
  const proof = await prove(ddl, options)
  const { lab, written, failing, rule } = proof
  try {
    expect(failing).toEqual([])
    expect(written.unsolved).toEqual([])
    const claims = lab.claims(isolatedBy, rule, options.declared ?? shop())
    expect(claims).toContain(`${rule.table}/rowSecurity`)
    const survivors = await lab.survivors(claims, written.experiments)
    expect(survivors.map((s) => s.replace(/: .*/u, '')).filter((s) => !equivalent.includes(s))).toEqual([])
    return proof
  } finally {
    await lab.close()
  }
}

describe('a sound schema holds, and no mutant of it goes unseen', () => {
  it('with one policy for every command', async () => {
    const { written } = await expectSound(soundSql)
    expect(attacksOf(written.experiments)).toEqual([
      'own',
      'read',
      'insert',
      'update',
      'delete',
      'hijack',
      'lock',
      'copy',
      'merge',
      'on-conflict',
      'no-tenant',
      'owner',
      'disarm',
      'truncate',
      'privilege',
    ])
  })

  it('with a policy per command, for the role alone', async () => {
    // Each widened policy permits what the three others permit already, to the same role.
    const widened = ['select', 'insert', 'update', 'delete'].map(
      (c) => `products/policy:p_${c}~command-widened:all`,
    )
    await expectSound(
      `${tenantsSql}${productsSql()}${secured('products')}
      create policy p_select on products for select to app using (${tenantIs()});
      create policy p_insert on products for insert to app with check (${tenantIs()});
      create policy p_update on products for update to app using (${tenantIs()}) with check (${tenantIs()});
      create policy p_delete on products for delete to app using (${tenantIs()});`,
      {},
      widened,
    )
  })

  it('with a permissive policy that a restrictive one narrows', async () => {
    await expectSound(`${tenantsSql}${productsSql()}${secured('products')}
      create policy everybody on products using (true) with check (true);
      create policy tenant on products as restrictive using (${tenantIs()}) with check (${tenantIs()});`)
  })

  it('with a function that knows the tenant', async () => {
    await expectSound(`${tenantsSql}${productsSql()}${secured('products')}
      create function current_tenant() returns bigint language sql stable
        as $$ select nullif(current_setting('app.tenant_id', true), '')::bigint $$;
      create policy tenant on products using (tenant_id = current_tenant());`)
  })

  it('with uuid tenants in another schema and names that need quotes', async () => {
    const declared = architecture('shop', {
      tables: {
        orders: table(
          { schema: 'sales desk', name: 'the "orders"' },
          { id: 'uuid', 'tenant id': 'uuid', note: 'text' },
          (t) => [t.isolatedBy('tenant id')],
        ),
      },
      identity: { role: 'app', settings: (who: { org: string }) => ({ 'my.org': who.org }) },
    })
    await expectSound(
      `create schema "sales desk"; grant usage on schema "sales desk" to app;
      create table "sales desk"."the ""orders""" (id uuid primary key default gen_random_uuid(), "tenant id" uuid not null, note text);
      grant select, insert, update, delete on "sales desk"."the ""orders""" to app;
      ${secured('"sales desk"."the ""orders"""')}
      create policy iso on "sales desk"."the ""orders""" using ("tenant id" = nullif(current_setting('my.org', true), '')::uuid);`,
      { declared, on: declared.tables[0]!.id },
    )
  })

  it('with the tenants table itself, which its key isolates', async () => {
    const declared = architecture('shop', {
      tables: { tenants: table('tenants', { id: 'bigint', name: 'text' }, (t) => [t.isolatedBy('id')]) },
      identity: identity(),
    })
    await expectSound(
      `create table tenants (id bigint generated always as identity primary key, name text not null);
      grant select, insert, update, delete on tenants to app;${policyFor('tenants', 'id')}`,
      { declared, on: 'tenants' },
    )
  })

  it('with a role that only reads some columns', async () => {
    await expectSound(`${tenantsSql}
      create table products (id bigint primary key generated always as identity, tenant_id bigint not null references tenants, slug text, price int);
      grant select (id, tenant_id, slug) on products to app;${policyFor('products')}`)
  })

  it('with a condition beside the tenant', async () => {
    await expectSound(`${tenantsSql}
      create table products (id bigint primary key generated always as identity, tenant_id bigint not null references tenants,
        slug text not null, archived boolean not null, price int not null);
      grant select, insert, update, delete on products to app;${secured('products')}
      create policy iso on products using (${tenantIs()});
      create policy living on products as restrictive for select using (not archived);`)
  })

  it('with claims as JSON in one setting', async () => {
    const declared = architecture('shop', {
      tables: { products: productsTable() },
      identity: {
        role: 'app',
        settings: (who: { tenant: string; user: string }) => ({
          'request.jwt.claims': JSON.stringify({ sub: who.user, app_metadata: { tenant_id: who.tenant } }),
        }),
      },
    })
    const [, , policy] = isolatedBy.design(ruleOf(declared), declared)
    expect(policy).toContain(
      `"tenant_id" = (nullif(current_setting('request.jwt.claims', true), '')::jsonb #>> array['app_metadata', 'tenant_id'])::bigint`,
    )
    await expectSound(`${tenantsSql}${productsSql()}${secured('products')}${policy}`, { declared })
  })

  it('with partitions that the role asks directly, isolated as their parent is', async () => {
    const { written } = await expectSound(
      eventsSql(`grant select, insert, update, delete on products_2024, products_2025 to app;
        ${policyFor('products_2024')}${policyFor('products_2025')}`),
    )
    expect(attacksOf(written.experiments)).toContain('partition')
  })

  it('with foreign keys that hold the tenant', async () => {
    const { written } = await expectSound(
      itemsOf('foreign key (tenant_id, product_id) references products (tenant_id, id)'),
      { declared: shopWithItems, on: 'items' },
    )
    expect(attacksOf(written.experiments)).toContain('foreign-key')
  })

  it('with views of the reader’s own rights and functions that ask whose row it is', async () => {
    const { written } = await expectSound(`${soundSql}
      create view cheap with (security_invoker = true) as select * from products where price < 10000;
      grant select, insert, update, delete on cheap to app;
      create materialized view totals as select sum(price) from products;
      create function slug_of(bigint) returns text language sql stable security definer
        as $$ select slug from products where id = $1 and ${tenantIs()} $$;`)
    expect(attacksOf(written.experiments)).toEqual(expect.arrayContaining(['view', 'definer-function']))
  })

  it('with a role that reads every tenant on purpose', async () => {
    await expectSound(`${soundSql}
      grant select on products to other_role;
      create policy support on products for select to other_role using (true);`)
  })

  it('with a trigger that makes every row the asker’s own', async () => {
    const { written } = await expectSound(`${soundSql}
      create function own() returns trigger language plpgsql as $$ begin
        new.tenant_id := coalesce(nullif(current_setting('app.tenant_id', true), '')::bigint, new.tenant_id);
        return new;
      end $$;
      create trigger own before insert or update on products for each row execute function own();`)
    expect(written.experiments.map((e) => e.title)).toContain(
      'tenant a inserts a row of tenant b: taken, and tenant b has no more rows than before',
    )
  })

  it('with rows that must point at a row of their own table', async () => {
    await expectSound(`${tenantsSql}
      create table products (id bigint generated always as identity primary key, tenant_id bigint not null references tenants,
        slug text not null, price int not null, parent_id bigint not null, unique (tenant_id, id),
        foreign key (tenant_id, parent_id) references products (tenant_id, id));
      grant select, insert, update, delete on products to app;${policyFor('products')}`)
  })

  it('with settings of the rule’s own', async () => {
    const declared = architecture('shop', {
      tables: {
        products: table(
          'products',
          { id: 'bigint', tenant_id: 'bigint', slug: 'text', price: 'int' },
          (t) => [t.isolatedBy('tenant_id', { who: (tenant) => ({ 'my.shop': `shop:${tenant}` }) })],
        ),
      },
      identity: identity(),
    })
    const [, , policy] = isolatedBy.design(ruleOf(declared), declared)
    await expectSound(`${tenantsSql}${productsSql()}${secured('products')}${policy}`, { declared })
  })

  it('made by its own design', async () => {
    const declared = shop()
    await expectSound(
      `${tenantsSql}${productsSql()}${isolatedBy.design(ruleOf(declared), declared).join('\n')}`,
    )
  })
})

/** As mends write it. */
const mendPredicate = `"tenant_id" = nullif(current_setting('app.tenant_id', true), '')::bigint`

interface Hole {
  readonly name: string
  readonly ddl: string
  /** Attacks that get through, all of them and no others. */
  readonly by: readonly string[]
  /** What the mends say, each of them. */
  readonly mends: readonly (string | RegExp)[]
  readonly declared?: Architecture
  readonly on?: string
  readonly admin?: readonly string[]
  /** The mend changes a role, which only the administrator may. */
  readonly mendedByAdministrator?: boolean
}

/** Products with a policy per command, each of which a hole may exchange. */
const perCommand = (
  exchanged: Partial<Record<'select' | 'insert' | 'update' | 'delete', string>> = {},
): string => {
  const clauses = {
    select: `using (${tenantIs()})`,
    insert: `with check (${tenantIs()})`,
    update: `using (${tenantIs()}) with check (${tenantIs()})`,
    delete: `using (${tenantIs()})`,
    ...exchanged,
  }
  const policies = Object.entries(clauses).map(
    ([c, clause]) => `create policy p_${c} on products for ${c} ${clause};`,
  )
  return `${tenantsSql}${productsSql()}${secured('products')}\n${policies.join('\n')}`
}

const itemsOf = (key: string): string => `${soundSql}
create table items (
  id bigint generated always as identity primary key,
  tenant_id bigint not null references tenants,
  product_id bigint not null,
  constraint items_product ${key}
);
grant select, insert, update, delete on items to app;${policyFor('items')}`

const itemsTable = table('items', { id: 'bigint', tenant_id: 'bigint', product_id: 'bigint' }, (t) => [
  t.isolatedBy('tenant_id'),
])

const shopWithItems = architecture('shop', {
  tables: { products: productsTable(), items: itemsTable },
  identity: identity(),
})

const categoriesSql = (key: string): string => `${tenantsSql}
create table products (
  id bigint generated always as identity primary key, tenant_id bigint not null references tenants,
  slug text not null, price int not null, parent_id bigint, unique (tenant_id, id),
  constraint products_parent ${key}
);
grant select, insert, update, delete on products to app;${policyFor('products')}`

const eventsSql = (more: string): string => `
create table products (id bigint not null, tenant_id bigint not null, slug text, price int not null, at date not null,
  primary key (tenant_id, id, at)) partition by range (at);
create table products_2024 partition of products for values from ('2024-01-01') to ('2025-01-01');
create table products_2025 partition of products for values from ('2025-01-01') to ('2026-01-01');
grant select, insert, update, delete on products to app;${policyFor('products')}
${more}`

const holes: readonly Hole[] = [
  {
    name: 'row-level security not enabled',
    ddl: soundSql.replace('alter table products enable row level security;', ''),
    by: [
      'read',
      'insert',
      'update',
      'delete',
      'hijack',
      'lock',
      'copy',
      'merge',
      'on-conflict',
      'no-tenant',
      'owner',
    ],
    mends: ['alter table "public"."products" enable row level security;'],
  },
  {
    name: 'row-level security not forced: the owner passes',
    ddl: soundSql.replace('alter table products force row level security;', ''),
    by: ['owner'],
    mends: ['alter table "public"."products" force row level security;'],
  },
  {
    name: 'everybody reads everything',
    ddl: perCommand({ select: 'using (true)' }),
    by: ['read', 'copy', 'merge', 'no-tenant'],
    mends: [`alter policy "p_select" on "public"."products" using (${mendPredicate});`, /./u],
  },
  {
    name: 'rows of others are inserted',
    ddl: perCommand({ insert: 'with check (true)' }),
    by: ['insert', 'merge', 'on-conflict', 'no-tenant'],
    mends: [`alter policy "p_insert" on "public"."products" with check (${mendPredicate});`, /./u],
  },
  {
    name: 'rows of others are updated and taken',
    ddl: perCommand({ update: `using (true) with check (${tenantIs()})` }),
    by: ['update', 'hijack', 'no-tenant'],
    mends: [`alter policy "p_update" on "public"."products" using (${mendPredicate});`, /./u],
  },
  {
    name: 'own rows are given to others',
    ddl: perCommand({ update: `using (${tenantIs()}) with check (true)` }),
    by: ['hijack'],
    mends: [`alter policy "p_update" on "public"."products" with check (${mendPredicate});`],
  },
  {
    name: 'rows of others are deleted',
    ddl: perCommand({ delete: 'using (true)' }),
    by: ['delete', 'no-tenant'],
    mends: [`alter policy "p_delete" on "public"."products" using (${mendPredicate});`, /./u],
  },
  {
    name: 'a second permissive policy lets others in by another condition',
    ddl: `${soundSql}\ncreate policy cheap on products for select using (price < 1000);`,
    by: ['read', 'copy', 'merge', 'no-tenant'],
    mends: [
      `alter policy "cheap" on "public"."products" using (((price < (1000)::numeric)) and ${mendPredicate});`,
      /./u,
    ],
  },
  {
    name: 'a policy that breaks where no tenant is set',
    ddl: `${tenantsSql}${productsSql()}${secured('products')}
      create policy iso on products using (tenant_id = current_setting('app.tenant_id')::bigint);`,
    by: ['no-tenant'],
    mends: [`alter policy "iso" on "public"."products" using (${mendPredicate});`],
  },
  {
    name: 'a policy that breaks on the empty string alone',
    ddl: `${tenantsSql}${productsSql()}${secured('products')}
      create policy iso on products using (tenant_id = current_setting('app.tenant_id', true)::bigint);`,
    by: ['no-tenant'],
    mends: [`alter policy "iso" on "public"."products" using (${mendPredicate});`],
  },
  {
    name: 'no policy at all: everybody is shut out',
    ddl: `${tenantsSql}${productsSql()}${secured('products')}`,
    by: ['own', 'read', 'update', 'delete', 'lock', 'copy', 'merge'],
    mends: [/^create policy "products_isolated_by_tenant_id" on "public"."products" using/u, /./u],
  },
  {
    name: 'no policy for insert: everybody is shut out of that',
    ddl: perCommand().replace(/create policy p_insert.*/u, ''),
    by: ['own'],
    mends: [
      `create policy "products_isolated_by_tenant_id_insert" on "public"."products" for insert with check (${mendPredicate});`,
    ],
  },
  {
    name: 'TRUNCATE granted',
    ddl: `${soundSql}\ngrant truncate on products to app;`,
    by: ['truncate'],
    mends: ['revoke truncate on "public"."products" from "app", public;'],
  },
  {
    name: 'a unique key over all tenants',
    ddl: `${tenantsSql}${productsSql(', constraint slug_taken unique (slug)')}${policyFor('products')}`,
    by: ['unique-key'],
    mends: [
      'alter table "public"."products" drop constraint "slug_taken", add constraint "slug_taken" UNIQUE ("tenant_id", slug);',
    ],
  },
  {
    name: 'a unique index on an expression over all tenants',
    ddl: `${soundSql}\ncreate unique index slug_taken on products (lower(slug)) where price > 0;`,
    by: ['unique-key'],
    mends: [
      /^drop index "public"."slug_taken";\nCREATE UNIQUE INDEX slug_taken ON public.products USING btree \("tenant_id", lower\(.*\)\) WHERE \(price > .*\);$/u,
    ],
  },
  {
    name: 'a foreign key without the tenant',
    ddl: itemsOf('foreign key (product_id) references products (id) on delete cascade'),
    by: ['foreign-key'],
    mends: [
      /foreign key \("tenant_id", "product_id"\) references "public"."products" \("tenant_id", "id"\) ON DELETE CASCADE;/u,
    ],
    declared: shopWithItems,
    on: 'items',
  },
  {
    name: 'a foreign key to its own table without the tenant',
    ddl: categoriesSql('foreign key (parent_id) references products (id) on delete set null'),
    by: ['foreign-key'],
    mends: [
      /foreign key \("tenant_id", "parent_id"\) references "public"."products" \("tenant_id", "id"\) ON DELETE SET NULL \("parent_id"\);/u,
    ],
  },
  {
    name: 'a foreign key from a table that nothing isolates',
    ddl: `${soundSql}
      create table reviews (id bigint generated always as identity primary key,
        product_id bigint not null constraint reviews_product references products, stars int);
      grant select, insert on reviews to app;`,
    by: ['foreign-key'],
    mends: [/^alter table "public"."reviews" add column "tenant_id" bigint;\n/u],
  },
  {
    name: 'partitions granted to the role',
    ddl: eventsSql('grant select, insert, update, delete, truncate on products_2024, products_2025 to app;'),
    by: ['partition'],
    mends: [
      /^revoke all on "public"."products_2024" from "app", public;/u,
      /^revoke all on "public"."products_2025" from/u,
    ],
  },
  {
    name: 'a view with the rights of its owner',
    ddl: `${soundSql}\ncreate view cheap as select * from products where price < 10000; grant select, insert, update, delete on cheap to app;`,
    by: ['view'],
    mends: ['alter view "public"."cheap" set (security_invoker = true);'],
  },
  {
    name: 'a view of a view that counts',
    ddl: `${soundSql}\ncreate view cheap as select * from products; create view how_many as select count(*) from cheap; grant select on how_many to app;`,
    by: ['view'],
    mends: [/how_many.*security_invoker/u],
  },
  {
    name: 'a materialized view',
    ddl: `${soundSql}\ncreate materialized view totals as select tenant_id, sum(price) as total from products group by 1; grant select on totals to app;`,
    by: ['view'],
    mends: ['revoke all on "public"."totals" from "app", public;'],
  },
  {
    name: 'a SECURITY DEFINER function that answers',
    ddl: `${soundSql}\ncreate function slug_of(product_id bigint) returns text language sql stable security definer as $$ select slug from products where id = product_id $$;`,
    by: ['definer-function'],
    mends: [/^alter function public.slug_of\(bigint\) security invoker;/u],
  },
  {
    name: 'a SECURITY DEFINER function that deletes',
    ddl: `${soundSql}\ncreate function forget(bigint) returns void language plpgsql security definer as $$ begin delete from products where id = $1; end $$;`,
    by: ['definer-function'],
    mends: [/^alter function public.forget\(bigint\) security invoker;/u],
  },
  {
    name: 'a SECURITY DEFINER procedure with statements made at run time',
    ddl: `${soundSql}\ncreate procedure reprice(p_id bigint, p_price numeric default 7) language plpgsql security definer as $$ begin execute 'upd' || 'ate prod' || 'ucts set price = $2 where id = $1' using p_id, p_price; end $$;`,
    by: ['definer-function'],
    mends: [/^alter procedure public.reprice\(bigint,numeric\) security invoker;/u],
  },
  {
    name: 'an exclusion constraint over all tenants',
    ddl: `${tenantsSql}
      create table products (id bigint generated always as identity primary key, tenant_id bigint not null references tenants,
        during int4range not null, constraint once exclude using gist (during with &&));
      grant select, insert, update, delete on products to app;${policyFor('products')}`,
    by: ['unique-key'],
    mends: [
      'create extension if not exists btree_gist;\nalter table "public"."products" drop constraint "once", add constraint "once" EXCLUDE USING gist ("tenant_id" WITH =, during WITH &&);',
    ],
  },
  {
    name: 'a foreign key to another tenant outright',
    ddl: `create table tenants (id bigint generated always as identity primary key, name text not null);
      grant select, insert, update, delete on tenants to app;${policyFor('tenants', 'id')}
      ${productsSql().replace('unique (tenant_id, id)', 'unique (tenant_id, id), partner_id bigint constraint partner references tenants')}
      ${policyFor('products')}`,
    declared: architecture('shop', {
      tables: {
        tenants: table('tenants', { id: 'bigint', name: 'text' }, (t) => [t.isolatedBy('id')]),
        products: productsTable(),
      },
      identity: identity(),
    }),
    by: ['foreign-key'],
    mends: ['alter table "public"."products" add check ("partner_id" = "tenant_id");'],
  },
  {
    name: 'a table that inherits',
    ddl: `${soundSql}\ncreate table old_products () inherits (products); grant select on old_products to app;`,
    by: ['partition'],
    mends: [/^revoke all on "public"."old_products" from "app", public;/u],
  },
  {
    name: 'a role that is a member of the owner',
    ddl: soundSql.replaceAll('to app;', 'to app_member;'),
    admin: ['grant postgres to app_member'],
    declared: shop('app_member'),
    by: ['disarm', 'truncate'],
    mends: [/^revoke "postgres" from "app_member";/u],
    mendedByAdministrator: true,
  },
  {
    name: 'a role that bypasses row-level security',
    ddl: soundSql.replaceAll('to app;', 'to app_bypassing;'),
    declared: shop('app_bypassing'),
    by: [
      'read',
      'insert',
      'update',
      'delete',
      'hijack',
      'lock',
      'copy',
      'merge',
      'on-conflict',
      'no-tenant',
      'disarm',
    ],
    mends: ['alter role "app_bypassing" nosuperuser nobypassrls;'],
    mendedByAdministrator: true,
  },
]

const expectHole = async (hole: Hole): Promise<void> => {
  const options = { declared: hole.declared ?? shop(), on: hole.on ?? 'products' }
  const { lab, failing } = await prove(hole.ddl, { ...options, admin: hole.admin ?? [] })
  await lab.close()
  expect(attacksOf(failing)).toEqual(hole.by)
  const mends = [...new Set(failing.map((f) => f.mend))]
  for (const mend of mends)
    expect(
      hole.mends.some((m) => (typeof m === 'string' ? mend === m : m.test(mend))),
      mend,
    ).toBe(true)
  const admin = hole.mendedByAdministrator ? mends : []
  const ddl = hole.mendedByAdministrator ? hole.ddl : [hole.ddl, ...mends].join('\n')
  const mended = await prove(ddl, { ...options, admin: [...(hole.admin ?? []), ...admin] })
  await mended.lab.close()
  expect(mended.failing).toEqual([])
}

describe('each hole is found by its attacks alone, and its mend closes it', () => {
  it.each(holes)('$name', expectHole)
})

it('a sequence that the role may read is a note, not a hole', async () => {
  const { lab, written, failing } = await prove(
    `${soundSql}\ngrant select on sequence products_id_seq to app;`,
  )
  await lab.close()
  expect(failing).toEqual([])
  expect(written.notes).toEqual([
    {
      rule: 'products/isolatedBy:tenant_id',
      summary:
        'app may read the sequence public.products_id_seq: its last value tells how many rows of products all tenants have made together',
      mend: 'revoke select on sequence public.products_id_seq from "app";',
    },
  ])
})

describe('what cannot be found out is named', () => {
  const unsolvedOf = async (ddl: string, declared: Architecture) => {
    const { lab, written } = await prove(ddl, { declared })
    await lab.close()
    return written
  }

  it('no identity', async () => {
    const declared = { ...shop(), identity: null }
    const { experiments, unsolved } = await unsolvedOf(soundSql, declared)
    expect(experiments).toEqual([])
    expect(unsolved).toEqual([
      {
        rule: 'products/isolatedBy:tenant_id',
        summary: 'nobody is known who asks for a tenant',
        tried: 'the architecture has no identity: give it { identity: { role, settings } }',
      },
    ])
  })

  it('settings that know nothing of the tenant', async () => {
    const declared = architecture('shop', {
      tables: { products: productsTable() },
      identity: { role: 'app', settings: () => ({ 'app.mode': 'on' }) },
    })
    const { unsolved } = await unsolvedOf(soundSql, declared)
    expect(unsolved[0]!.summary).toBe('no setting of the identity carries the tenant')
  })

  it('a role that does not exist', async () => {
    const { unsolved } = await unsolvedOf(soundSql, shop('ghost'))
    expect(unsolved[0]!.summary).toBe('the role ghost of the identity does not exist')
  })

  it('settings that throw', async () => {
    const declared = architecture('shop', {
      tables: { products: productsTable() },
      identity: {
        role: 'app',
        settings: (): Record<string, string> => {
          throw new Error('no such tenant')
        },
      },
    })
    const { unsolved } = await unsolvedOf(soundSql, declared)
    expect(unsolved[0]!.tried).toContain('no such tenant')
  })
})

describe('the same input gives the same experiments', () => {
  it('text for text', async () => {
    const once = await prove(soundSql)
    await once.lab.close()
    const again = await prove(soundSql)
    await again.lab.close()
    expect(again.written).toEqual(once.written)
  })
})
