/**
 * Whose the rows of a call are, where policies compare several columns with several settings: in one condition, in a
 * restrictive policy beside a permissive one, in a function of the schema, in a document of claims, under alternatives.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openQueryLab, type QueryLab } from '../../../test/support/query-lab.ts'
import { architecture, sql, table } from '../../index.ts'
import { parsePlan } from '../../postgres/plan.ts'
import type { ProveResult } from '../../prove/result.ts'

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
const [first, second] = [`one "condition"`, 'restrictive beside it'] as const
const names = Object.keys(policies)
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const migration = `
  create function "my org"() returns bigint stable language sql as $$ select ${setting('org')}::bigint $$;
  create function my_region() returns text stable language plpgsql as $$ begin return ${setting('region')}; end $$;
  create role reader nologin;
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
const settings = (who: { org: string; region: string; role: string }): Record<string, string> => ({
  // Whoever asks with something else than a number is refused.
  'app.org': String(BigInt(who.org)),
  'app.region': who.region,
  'app.role': who.role,
  'app.claims': JSON.stringify({ org: who.org, places: { region: who.region } }),
})
const shop = architecture('shop', { tables, identity: { role: 'reader', settings } })
for (const name of names)
  shop.query(
    `words, ${name}`,
    [name],
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
for (const name of [first, second])
  shop.write(
    `a word is changed, ${name}`,
    [name],
    sql(`update ${quoted(name)} set word = :word where id = :id`, { word: 'text', id: 'bigint' }),
    { concurrency: 4, budget: { rowsWrittenPerRow: 1 } },
  )

let lab: QueryLab
let result: ProveResult

beforeAll(async () => {
  lab = await openQueryLab(migration, shop)
  result = await lab.prove(['green'], ['queries', 'writes'])
})
afterAll(() => lab?.close())

const experimentsOf = (id: string): ProveResult['rules'][number]['experiments'] =>
  result.rules.find((rule) => rule.id === id)?.experiments ?? []

describe('a call', () => {
  it.each([...names.map((name) => `words, ${name}`), 'two of them'])('sees rows: %s', (sentence) => {
    const [frequent] = experimentsOf(`queries/${sentence}`)
    expect(frequent!.observed.fault).toBe(null)
    expect(Number(parsePlan(frequent!.observed.rows[0]![0]!)!['Actual Rows'])).toBeGreaterThan(0)
  })

  it.each([first, second])('writes rows: %s', (name) => {
    const found = experimentsOf(`writes/a word is changed, ${name}`)
    expect(found.map(({ holds, observed }) => [holds, observed.fault])).toEqual(found.map(() => [true, null]))
  })
})
