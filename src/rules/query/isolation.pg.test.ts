/**
 * Whose the rows of a call are, where policies compare several columns with several settings: in one condition, in a
 * restrictive policy beside a permissive one, in a function of the schema, in a document of claims, under alternatives;
 * and where other tables say it, through subqueries and functions.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openQueryLab, type QueryLab } from '../../../test/support/query-lab.ts'
import { architecture, sql, table, type Table } from '../../index.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { relationId } from '../../ground/names.ts'
import { parsePlan } from '../../postgres/plan.ts'
import type { Session } from '../../postgres/session.ts'
import type { ProveResult } from '../../prove/result.ts'
import { askersOf, isolationOf } from './isolation.ts'

const setting = (name: string): string => `nullif(current_setting('app.${name}', true), '')`

/** How the rows of a table named so are kept apart. */
const policies: Readonly<Record<string, readonly string[]>> = {
  'one "condition"': [`using (org = ${setting('org')}::bigint and region = ${setting('region')})`],
  'restrictive beside it': [
    `as permissive using (org = ${setting('org')}::bigint)`,
    `as restrictive using (region = (select ${setting('region')}))`,
  ],
  'in functions': ['using (org = "my org"() and region = my_region())'],
  'alternatives first': [
    `using (${setting('role')} = 'admin' or (org = ${setting('org')}::bigint and region = ${setting('region')}))`,
  ],
  'two columns for one': [
    `using ((org = ${setting('org')}::bigint and region = ${setting('region')}) or other = ${setting('org')}::bigint)`,
  ],
  'only restrictive': ['using (true)', `as restrictive for select using (region = ${setting('region')})`],
  'in a document': [
    `using (org = (current_setting('app.claims', true)::jsonb ->> 'org')::bigint
            and region = (current_setting('app.claims', true)::jsonb -> 'places' ->> 'region'))`,
  ],
}

const me = `${setting('person')}::bigint`
/** How membership says who sees a table named so: none of these people have the number of an organisation. */
const memberships: Readonly<Record<string, string>> = {
  exists: `exists (select from members m where m.org = "exists".org and m.person = ${me})`,
  'in a "list"': `org in (select m.org from members m where m.person = (select ${me}))`,
  'any of an array': `org = any (array(select org from members where person = ${me}))`,
  'a set of a function': `org in (select my_orgs())`,
  'a function in FROM': `org in (select o from my_orgs() as o)`,
  'an array of a function': `org = any (org_list())`,
  'a function of the row': `is_member(org)`,
  'a function in PL/pgSQL': `(select is_member_too(of => org))`,
  'who asks in front': `${me} in (select m.person from members m where m.org = "who asks in front".org)`,
  'an account': `org = (select a.org from accounts a where a.id = ${me})`,
  'an account by a function': `org = my_org_by_account()`,
  'through teams': `exists (select from teams t join team_members m on m.team = t.id and m.person = ${me} where t.org = "through teams".org)`,
  'behind another subquery': `org in (select t.org from teams t where t.id in (select team from team_members where person = my_id()))`,
  'each row by itself': `exists (select from readers r where r.row = "each row by itself".id and r.person = ${me})`,
  'a list in the row': `${me} = any (readers)`,
  'beside a column': `region = ${setting('region')} and org in (select m.org from members m where m.person = ${me})`,
  'an alternative': `${setting('role')} = 'admin' or exists (select from members m where m.org = "an alternative".org and m.person = ${me})`,
  'members who are active': `exists (select from members m where m.org = "members who are active".org and m.person = ${me} and m.active)`,
}
const guarding = ['members', 'accounts', 'teams', 'team_members', 'readers']
const [first, second] = [`one "condition"`, 'restrictive beside it'] as const
const names = Object.keys(policies)
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const migration = `
  create function "my org"() returns bigint stable language sql as $$ select ${setting('org')}::bigint $$;
  create function my_region() returns text stable language plpgsql as $$ begin return ${setting('region')}; end $$;
  create role reader nologin;
  create table members (org bigint not null, person bigint not null, active boolean not null, primary key (org, person));
  create index on members (person);
  create table accounts (id bigint primary key, org bigint not null);
  create table teams (id bigint primary key, org bigint not null);
  create table team_members (team bigint not null, person bigint not null, primary key (team, person));
  create table readers ("row" bigint not null, person bigint not null, primary key ("row", person));
  create function my_id() returns bigint stable language sql as $$ select ${me} $$;
  create function my_orgs() returns setof bigint stable security definer language sql as
    $$ select org from members where person = ${me} $$;
  create function org_list() returns bigint[] stable language sql begin atomic
    select array_agg(m.org) from members m where m.person = ${me}; end;
  create function is_member(bigint) returns boolean stable security definer language sql as
    $$ select exists (select 1 from members where org = $1 and person = my_id()) $$;
  create function is_member_too(of bigint) returns boolean stable language plpgsql as
    $$ begin return exists (select 1 from members m where m.org = is_member_too.of and m.person = ${me}); end $$;
  create function my_org_by_account() returns bigint stable language sql as
    $$ select org from accounts where id = my_id() limit 1 $$;
  ${Object.entries(memberships)
    .map(
      ([name, using]) => `
  create table ${quoted(name)} (
    id bigint primary key, org bigint not null, region text not null check (region in ('eu', 'us', 'ap')),
    readers bigint[] not null, word text not null
  );
  create index on ${quoted(name)} (word);
  alter table ${quoted(name)} enable row level security;
  create policy p on ${quoted(name)} using (${using});`,
    )
    .join('\n')}
  ${names
    .map(
      (name) => `
  create table ${quoted(name)} (
    id bigint primary key, org bigint not null, region text not null check (region in ('eu', 'us', 'ap')),
    other bigint not null, word text not null
  );
  create index on ${quoted(name)} (word);
  alter table ${quoted(name)} enable row level security;
  ${policies[name]!.map((text, i) => `create policy p${i} on ${quoted(name)} ${text};`).join('\n')}`,
    )
    .join('\n')}
  grant all on all tables in schema public to reader;`

const columns = { id: 'bigint', org: 'bigint', region: 'text', other: 'bigint', word: 'text' } as const
const tables = Object.fromEntries(
  names.map((name) => [
    name,
    table({ schema: 'public', name }, columns, (t) => [t.primaryKey('id'), t.required('org', 'region')]),
  ]),
)
const guarded = Object.fromEntries(
  Object.keys(memberships).map((name) => [
    name,
    table(
      { schema: 'public', name },
      { id: 'bigint', org: 'bigint', region: 'text', readers: 'bigint[]', word: 'text' },
      (t) => [t.primaryKey('id'), t.required('org', 'region')],
    ),
  ]),
)
const key = { org: 'bigint', person: 'bigint', active: 'boolean' } as const
const members = table('members', key, (t) => [t.primaryKey('org', 'person'), t.required('active')])
const accounts = table('accounts', { id: 'bigint', org: 'bigint' }, (t) => [t.primaryKey('id')])
const teams = table('teams', { id: 'bigint', org: 'bigint' }, (t) => [t.primaryKey('id')])
const team_members = table('team_members', { team: 'bigint', person: 'bigint' }, (t) => [
  t.primaryKey('team', 'person'),
])
const readers = table('readers', { row: 'bigint', person: 'bigint' }, (t) => [t.primaryKey('row', 'person')])
const all: Readonly<Record<string, Table>> = {
  ...tables,
  ...guarded,
  members,
  accounts,
  teams,
  team_members,
  readers,
}

type Who = Readonly<Record<'org' | 'region' | 'role' | 'person', string>>
const settings = (who: Who): Record<string, string> => ({
  // Whoever asks with something else than a number is refused.
  'app.org': String(BigInt(who.org)),
  'app.region': who.region,
  'app.role': who.role,
  'app.person': who.person,
  'app.claims': JSON.stringify({ org: who.org, places: { region: who.region } }),
})
const shop = architecture('shop', { tables: all, identity: { role: 'reader', settings } })
const proven = ['exists', 'each row by itself']
for (const [name, of] of [
  ...names.map((one) => [one, []] as const),
  ...proven.map((one) => [one, guarding] as const),
])
  shop.query(
    `words, ${name}`,
    [name, ...of],
    sql(`select id from ${quoted(name)} where word = :word`, { word: 'text' }),
    {
      budget: { never: [] },
    },
  )
shop.query(
  'two of them',
  [first, second],
  sql(
    `select a.id from ${quoted(first)} a join ${quoted(second)} b on b.org = a.org and b.region = a.region where a.word = :word`,
    { word: 'text' },
  ),
  { budget: { never: [] } },
)
const written = [second, 'exists']
for (const name of written)
  shop.write(
    `a word is changed, ${name}`,
    [name, ...(name in memberships ? ['members', 'readers'] : [])],
    sql(`update ${quoted(name)} set word = :word where id = :id`, { word: 'text', id: 'bigint' }),
    { concurrency: 4, budget: { rowsWrittenPerRow: 1 } },
  )

let lab: QueryLab
let result: ProveResult

beforeAll(async () => {
  lab = await openQueryLab(migration, shop)
})
afterAll(() => lab?.close())

const experimentsOf = (id: string): ProveResult['rules'][number]['experiments'] =>
  result.rules.find((rule) => rule.id === id)?.experiments ?? []

describe('tables that say whose rows are', () => {
  /** Organisation 1 to 3 with the people 101 to 103 and 111; teams 21 to 23; each row is of one of them. */
  const some = `
    insert into members select n, 100 + n, n < 3 from generate_series(1, 3) n union all select 1, 111, true;
    insert into accounts select 100 + n, n from generate_series(1, 3) n;
    insert into teams select 20 + n, n from generate_series(1, 3) n;
    insert into team_members select 20 + n, 100 + n from generate_series(1, 3) n;
    insert into readers select n, 101 + n % 3 from generate_series(1, 9) n;
    ${Object.keys(memberships)
      .map(
        (name) =>
          `insert into ${quoted(name)} select n, 1 + n % 3, 'eu', array[101 + n % 2, 7], 'w' from generate_series(1, 9) n;`,
      )
      .join('\n')}`
  let db: Session
  let catalog: Catalog
  beforeAll(async () => {
    db = await lab.connect()
    catalog = await readCatalog(db)
    await db.query(`begin; ${some}`)
  })
  afterAll(() => db?.end())

  it.each(Object.keys(memberships))('are followed: %s', async (name) => {
    const isolation = isolationOf(relationId({ schema: 'public', name }), shop, catalog)!
    expect(isolation.members.map(({ field }) => field)).toEqual(['person'])
    const people = ['1', '101', '102', '103', '111']
    const followed = await db.query(
      `select person, (select count(*) from ${quoted(name)} as "a row" where person in (${askersOf(isolation, 'person', 'a row')}))::text
         from unnest(array[${people.join(', ')}]::text[]) with ordinality as asked(person, n) order by n`,
    )
    const seen: string[][] = []
    for (const person of people) {
      const told = Object.entries(settings({ org: '0', region: 'eu', role: 'user', person }))
      const set = told.map(([key, value]) => `set local "${key}" = '${value}'`).join('; ')
      const counted = `savepoint s; set local role reader; ${set}; select count(*)::text from ${quoted(name)}`
      seen.push([person, (await db.query(counted)).at(-1)!.rows[0]![0]!])
      await db.query('rollback to savepoint s')
    }
    expect(seen).toEqual(followed.at(-1)!.rows)
    expect(seen.some(([, count]) => count !== '0')).toBe(true)
  })
})

describe('a call', () => {
  beforeAll(async () => {
    result = await lab.prove(['green'], ['queries', 'writes'])
  })

  it.each([...names, ...proven].map((name) => `words, ${name}`).concat('two of them'))(
    'sees rows: %s',
    (sentence) => {
      const [frequent] = experimentsOf(`queries/${sentence}`)
      expect(frequent!.observed.fault).toBe(null)
      expect(Number(parsePlan(frequent!.observed.rows[0]![0]!)!['Actual Rows'])).toBeGreaterThan(0)
    },
  )

  it.each(written)('writes rows: %s', (name) => {
    const found = experimentsOf(`writes/a word is changed, ${name}`)
    expect(found.map(({ holds, observed }) => [holds, observed.fault])).toEqual(found.map(() => [true, null]))
  })
})
