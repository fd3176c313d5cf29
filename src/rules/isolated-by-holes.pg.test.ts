import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  attacksOf,
  identity,
  productsTable,
  prove,
  shop,
  shopWithItems,
  startWithRoles,
} from '../../test/support/isolation-lab.ts'
import {
  eventsSql,
  itemsOf,
  policyFor,
  productsSql,
  secured,
  soundSql,
  tenantIs,
  tenantsSql,
} from '../../test/support/isolation-schema.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'

let server: Server

beforeAll(async () => {
  server = await startWithRoles()
})

afterAll(async () => {
  await server?.stop()
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

const categoriesSql = (key: string): string => `${tenantsSql}
create table products (
  id bigint generated always as identity primary key, tenant_id bigint not null references tenants,
  slug text not null, price int not null, parent_id bigint, unique (tenant_id, id),
  constraint products_parent ${key}
);
grant select, insert, update, delete on products to app;${policyFor('products')}`

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
    name: 'no policy at all, beside a foreign key that holds the tenant: nothing is wrong with the key',
    ddl: categoriesSql('foreign key (tenant_id, parent_id) references products (tenant_id, id)').replace(
      policyFor('products'),
      secured('products'),
    ),
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
  const { lab, failing } = await prove(server, hole.ddl, { ...options, admin: hole.admin ?? [] })
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
  const mended = await prove(server, ddl, { ...options, admin: [...(hole.admin ?? []), ...admin] })
  await mended.lab.close()
  expect(mended.failing).toEqual([])
}

describe('each hole is found by its attacks alone, and its mend closes it', () => {
  it.each(holes)('$name', expectHole)
})
