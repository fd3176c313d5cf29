import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import type { TouchesRule } from '../architecture/kinds/touches.ts'
import { table } from '../architecture/table.ts'
import type { Structure } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { touches } from './touches.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
  const database = await server.createDatabase('roles')
  const owner = await server.connect(database, 'owner')
  await owner.query('create role app')
  await owner.end()
})

afterAll(async () => {
  await server?.stop()
})

const columns = {
  id: 'integer',
  slug: 'text',
  name: 'text',
  price: 'numeric(10,2)',
  updated_at: 'timestamptz',
} as const

const posts = architecture('blog', {
  tables: {
    posts: table('posts', columns, (t) => [
      t.primaryKey('id'),
      t.required('slug', 'name', 'price', 'updated_at'),
      t.unique('slug'),
      t.defaults({ updated_at: 'now()' }),
      t.touches('updated_at'),
    ]),
  },
})

const postsSql = `create table posts (id integer primary key, slug text not null unique, name text not null,
  price numeric(10,2) not null, updated_at timestamptz not null default now());`

const ruleOf = (declared: Architecture, on: string): TouchesRule =>
  declared.tables.find((t) => t.id === on)!.rules.find((r): r is TouchesRule => r.kind === 'touches')!

const designed = (declared: Architecture, on = 'posts'): string =>
  touches.design(ruleOf(declared, on), declared).join('\n')

const isGuard = ({ kind }: Structure): boolean => kind === 'trigger' || kind === 'function'

const withLab = async (declared: Architecture, schema: string, work: (lab: RuleLab) => Promise<void>) => {
  const lab = await openRuleLab(server, declared, schema)
  try {
    await work(lab)
  } finally {
    await lab.close()
  }
}

/** Green, red without its trigger, and no mutant of trigger and function unnoticed. */
const expectSound = (declared: Architecture, schema: string, on = 'posts', killed = 4) =>
  withLab(declared, schema, async (lab) => {
    expect(lab.faults()).toEqual([])
    const rule = lab.rule(ruleOf(declared, on).id)
    expect(rule.claims).toHaveLength(1)
    expect((await lab.red()).get(rule.rule.id)).toMatchObject({ proven: true })
    const mutants = await lab.left(isGuard)
    expect(mutants.left).toEqual([])
    expect(mutants.killed).toBeGreaterThanOrEqual(killed)
  })

describe('a timestamp follows every update', () => {
  it('by its own design', async () => {
    await withLab(posts, postsSql + designed(posts), async (lab) => {
      expect(lab.titles('posts/touches:updated_at')).toEqual([
        'a change of id sets updated_at',
        'a change of slug sets updated_at',
        'a change of name sets updated_at',
        'a change of price sets updated_at',
        'an update that gives updated_at an earlier time sets it all the same',
        'an update that gives updated_at a later time sets it all the same',
        'ON CONFLICT DO UPDATE sets updated_at',
        'another row keeps its updated_at',
        'an update that changes nothing sets updated_at too',
        'an insert keeps the updated_at that it brings',
      ])
    })
    await expectSound(posts, postsSql + designed(posts))
  })

  it('by a trigger that also sets it on insert, with clock_timestamp', async () => {
    await expectSound(
      posts,
      `${postsSql} create function touch() returns trigger language plpgsql as $$
        begin new.updated_at = clock_timestamp(); return new; end $$;
      create trigger touch before insert or update on posts for each row execute function touch();`,
    )
  })

  it('by a trigger that sleeps when nothing changes', async () => {
    await expectSound(
      posts,
      `${postsSql} create function touch() returns trigger language plpgsql as $$
        begin new.updated_at := now(); return new; end $$;
      create trigger touch before update on posts for each row when (old.* is distinct from new.*) execute function touch();`,
    )
  })

  it('in a table with forced row-level security, asked as the application', async () => {
    const declared = architecture('shop', {
      tables: {
        products: table('products', { ...columns, tenant_id: 'bigint', id: 'bigint' }, (t) => [
          t.primaryKey('tenant_id', 'id'),
          t.required('slug', 'name', 'price', 'updated_at'),
          t.check('in_order', `updated_at >= '2010-01-01'`),
          t.isolatedBy('tenant_id'),
          t.touches('updated_at'),
        ]),
      },
      identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
    })
    const schema = `create table products (tenant_id bigint, id bigint, slug text not null, name text not null,
        price numeric(10,2) not null, updated_at timestamptz not null, primary key (tenant_id, id),
        constraint in_order check (updated_at >= '2010-01-01'));
      grant select, insert, update, delete on products to app;
      alter table products enable row level security; alter table products force row level security;
      create policy tenant on products using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);`
    await withLab(declared, schema + designed(declared, 'products'), async (lab) => {
      expect(lab.rule('products/touches:updated_at').green).toBe(true)
      expect(lab.titles('products/touches:updated_at')).toContain(
        'app gives updated_at an earlier time, which sets it all the same',
      )
      expect((await lab.left(isGuard)).left).toEqual([])
    })
  })

  it('with odd names, no primary key, a composite key and a date', async () => {
    const odd = `da"te d'ete — größe`
    const declared = architecture('odd', {
      tables: {
        odd: table(
          { schema: `my "schema`, name: `the 'table'` },
          { a: 'integer', 'b c': 'text', [odd]: 'date' },
          (t) => [t.touches(odd)],
        ),
      },
    })
    const q = `"${odd.replaceAll('"', '""')}"`
    const schema = `create schema "my ""schema"; create table "my ""schema"."the 'table'" (a integer, "b c" text, ${q} date);`
    await withLab(declared, schema + designed(declared, declared.tables[0]!.id), async (lab) => {
      expect(lab.faults()).toEqual([])
      expect((await lab.left(isGuard)).left).toEqual([])
    })
  })
})

describe('what does not follow is found', () => {
  const failing = async (trigger: string): Promise<readonly string[]> => {
    let found: readonly string[] = []
    await withLab(posts, postsSql + trigger, async (lab) => {
      found = lab
        .rule('posts/touches:updated_at')
        .results.filter((r) => !r.holds)
        .map((r) => r.experiment.title)
    })
    return found
  }
  const touch = `create function touch() returns trigger language plpgsql as $$
    begin new.updated_at := now(); return new; end $$;`

  it('no trigger at all', async () => {
    expect((await failing('')).length).toBe(7)
  })
  it('updates of one column alone', async () => {
    expect(
      await failing(
        `${touch} create trigger touch before update of name, updated_at on posts for each row execute function touch();`,
      ),
    ).toEqual([
      'a change of id sets updated_at',
      'a change of slug sets updated_at',
      'a change of price sets updated_at',
    ])
  })
  it('a writer that knows better', async () => {
    expect(
      await failing(`create function touch() returns trigger language plpgsql as $$
        begin if new.updated_at = old.updated_at then new.updated_at := now(); end if; return new; end $$;
      create trigger touch before update on posts for each row execute function touch();`),
    ).toEqual([
      'an update that gives updated_at an earlier time sets it all the same',
      'an update that gives updated_at a later time sets it all the same',
    ])
  })
  it('one that touches every row', async () => {
    expect(
      await failing(`${touch} create trigger touch before update on posts for each row execute function touch();
        create function all_of_them() returns trigger language plpgsql as $$
        begin if pg_trigger_depth() = 1 then update posts set id = id; end if; return null; end $$;
        create trigger z_all after update on posts for each statement execute function all_of_them();`),
    ).toEqual(['another row keeps its updated_at'])
  })
})
