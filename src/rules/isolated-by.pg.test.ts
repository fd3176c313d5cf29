import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  attacksOf,
  identity,
  productsTable,
  prove,
  ruleOf,
  shop,
  shopWithItems,
  startWithRoles,
  type Proof,
  type ProveOptions,
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
import { isolatedBy } from './isolated-by.ts'

let server: Server

beforeAll(async () => {
  server = await startWithRoles()
})

afterAll(async () => {
  await server?.stop()
})

/** The schema holds in all experiments, and every mutant of its isolation is noticed. */
const expectSound = async (ddl: string, options: ProveOptions = {}): Promise<Proof> => {
  const proof = await prove(server, ddl, options)
  const { lab, written, failing, rule } = proof
  try {
    expect(failing).toEqual([])
    expect(written.unsolved).toEqual([])
    const claims = lab.claims(isolatedBy, rule, options.declared ?? shop())
    expect(claims).toContain(`${rule.table}/rowSecurity`)
    const survivors = await lab.survivors(claims, written.experiments)
    expect(survivors).toEqual([])
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
    await expectSound(
      `${tenantsSql}${productsSql()}${secured('products')}
      create policy p_select on products for select to app using (${tenantIs()});
      create policy p_insert on products for insert to app with check (${tenantIs()});
      create policy p_update on products for update to app using (${tenantIs()}) with check (${tenantIs()});
      create policy p_delete on products for delete to app using (${tenantIs()});`,
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

it('a sequence that the role may read is a note, not a hole', async () => {
  const { lab, written, failing } = await prove(
    server,
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
    const { lab, written } = await prove(server, ddl, { declared })
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
    const once = await prove(server, soundSql)
    await once.lab.close()
    const again = await prove(server, soundSql)
    await again.lab.close()
    expect(again.written).toEqual(once.written)
  })
})
