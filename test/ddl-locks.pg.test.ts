/**
 * The page of DDL forms: what was measured is what PostgreSQL's manual says, on both versions, and the page in docs/ is
 * what is measured today. The expectations are the manual's own words on each form, written down by hand.
 */
import { readFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allForms } from '../bench/support/ddl-forms.ts'
import { measureForms, type DdlMeasurements } from '../bench/support/ddl-measure.ts'
import { ddlPage, olderColumn } from '../bench/support/ddl-page.ts'
import { otherLinters } from '../bench/support/other-linters.ts'
import { hazards } from '../src/migrate/lint/hazards.ts'
import { bothServers } from './support/both-servers.ts'

/** Form, relation, and its lock as the manual has it (chapters named beside). */
const manual: readonly (readonly [sql: string, relation: string, mode: string])[] = [
  // ALTER TABLE: "An ACCESS EXCLUSIVE lock is acquired unless explicitly noted."
  ['alter table orders add column extra text', 'orders', 'ACCESS EXCLUSIVE'],
  ['alter table orders drop column tags', 'orders', 'ACCESS EXCLUSIVE'],
  ['alter table orders alter column weight type bigint', 'orders', 'ACCESS EXCLUSIVE'],
  ["alter table orders alter column tags set default 'x'", 'orders', 'ACCESS EXCLUSIVE'],
  ['alter table orders alter column tags set not null', 'orders', 'ACCESS EXCLUSIVE'],
  ['alter table orders rename column tags to labels', 'orders', 'ACCESS EXCLUSIVE'],
  ['alter table orders add constraint c check (qty > 0)', 'orders', 'ACCESS EXCLUSIVE'],
  ['alter table orders enable row level security', 'orders', 'ACCESS EXCLUSIVE'],
  // "SET STATISTICS acquires a SHARE UPDATE EXCLUSIVE lock."
  ['alter table orders alter column tags set statistics 500', 'orders', 'SHARE UPDATE EXCLUSIVE'],
  // "Changing per-attribute options acquires a SHARE UPDATE EXCLUSIVE lock."
  ['alter table orders alter column tags set (n_distinct = 10)', 'orders', 'SHARE UPDATE EXCLUSIVE'],
  // "ADD FOREIGN KEY requires only a SHARE ROW EXCLUSIVE lock", "also … on the referenced table".
  [
    'alter table orders add constraint c foreign key (parent_id) references customers',
    'orders',
    'SHARE ROW EXCLUSIVE',
  ],
  [
    'alter table orders add constraint c foreign key (parent_id) references customers',
    'customers',
    'SHARE ROW EXCLUSIVE',
  ],
  // "VALIDATE CONSTRAINT acquires a SHARE UPDATE EXCLUSIVE lock", "ROW SHARE … on the table referenced".
  ['alter table orders validate constraint qty_positive', 'orders', 'SHARE UPDATE EXCLUSIVE'],
  ['alter table orders validate constraint parent_exists', 'customers', 'ROW SHARE'],
  // "DISABLE/ENABLE … TRIGGER … acquires a SHARE ROW EXCLUSIVE lock."
  ['alter table orders disable trigger orders_touch', 'orders', 'SHARE ROW EXCLUSIVE'],
  // "CLUSTER ON … acquires a SHARE UPDATE EXCLUSIVE lock", and so SET WITHOUT CLUSTER.
  ['alter table orders cluster on orders_customer', 'orders', 'SHARE UPDATE EXCLUSIVE'],
  ['alter table orders set without cluster', 'orders', 'SHARE UPDATE EXCLUSIVE'],
  // "SHARE UPDATE EXCLUSIVE lock will be taken for fillfactor, TOAST and autovacuum storage parameters".
  ['alter table orders set (fillfactor = 70)', 'orders', 'SHARE UPDATE EXCLUSIVE'],
  // "ATTACH PARTITION acquires a SHARE UPDATE EXCLUSIVE lock on the parent, ACCESS EXCLUSIVE on the table … and on the default partition".
  [
    "alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01')",
    'events',
    'SHARE UPDATE EXCLUSIVE',
  ],
  [
    "alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01')",
    'events_2026',
    'ACCESS EXCLUSIVE',
  ],
  [
    "alter table readings attach partition readings_2026 for values from ('2026-01-01') to ('2027-01-01')",
    'readings_rest',
    'ACCESS EXCLUSIVE',
  ],
  ['alter table events detach partition events_2025', 'events', 'ACCESS EXCLUSIVE'],
  // "CONCURRENTLY … SHARE UPDATE EXCLUSIVE on both parent and partition; the second transaction … ACCESS EXCLUSIVE on the partition."
  ['alter table events detach partition events_2025 concurrently', 'events', 'SHARE UPDATE EXCLUSIVE'],
  ['alter table events detach partition events_2025 concurrently', 'events_2025', 'ACCESS EXCLUSIVE'],
  // CREATE INDEX: "locks out writes (but not reads)"; table 13.2's text: SHARE. CONCURRENTLY: SHARE UPDATE EXCLUSIVE.
  ['create index on orders (tags)', 'orders', 'SHARE'],
  ['create index concurrently on orders (tags)', 'orders', 'SHARE UPDATE EXCLUSIVE'],
  // DROP INDEX: "acquires an ACCESS EXCLUSIVE lock on the parent table".
  ['drop index orders_customer', 'orders', 'ACCESS EXCLUSIVE'],
  ['drop index concurrently orders_customer', 'orders', 'SHARE UPDATE EXCLUSIVE'],
  // ALTER INDEX: "SHARE UPDATE EXCLUSIVE … when renaming an index".
  ['alter index orders_customer rename to orders_by_customer', 'orders_customer', 'SHARE UPDATE EXCLUSIVE'],
  // REINDEX: "locks out writes but not reads of the index's parent table. It also takes an ACCESS EXCLUSIVE lock on the specific index".
  ['reindex index orders_customer', 'orders', 'SHARE'],
  ['reindex index orders_customer', 'orders_customer', 'ACCESS EXCLUSIVE'],
  ['reindex table concurrently orders', 'orders', 'SHARE UPDATE EXCLUSIVE'],
  // CREATE TRIGGER: "acquires a SHARE ROW EXCLUSIVE lock on the table". CREATE STATISTICS, ANALYZE, VACUUM: chapter 13.3.1.
  [
    'create trigger t before insert on orders for each row execute function touch()',
    'orders',
    'SHARE ROW EXCLUSIVE',
  ],
  ['create statistics s on status, code from orders', 'orders', 'SHARE UPDATE EXCLUSIVE'],
  ['analyze orders', 'orders', 'SHARE UPDATE EXCLUSIVE'],
  ['vacuum orders', 'orders', 'SHARE UPDATE EXCLUSIVE'],
  ["comment on table orders is 'x'", 'orders', 'SHARE UPDATE EXCLUSIVE'],
  // 13.3.1, ACCESS EXCLUSIVE: "DROP TABLE, TRUNCATE, REINDEX, CLUSTER, VACUUM FULL, REFRESH MATERIALIZED VIEW (without CONCURRENTLY)".
  ['drop table plain', 'plain', 'ACCESS EXCLUSIVE'],
  ['truncate plain', 'plain', 'ACCESS EXCLUSIVE'],
  ['truncate customers cascade', 'lines', 'ACCESS EXCLUSIVE'],
  ['cluster orders using orders_customer', 'orders', 'ACCESS EXCLUSIVE'],
  ['vacuum full orders', 'orders', 'ACCESS EXCLUSIVE'],
  ['refresh materialized view totals', 'totals', 'ACCESS EXCLUSIVE'],
  // 13.3.1, EXCLUSIVE: "acquired by REFRESH MATERIALIZED VIEW CONCURRENTLY".
  ['refresh materialized view concurrently totals', 'totals', 'EXCLUSIVE'],
  ['lock table orders in share mode', 'orders', 'SHARE'],
  ["update orders set tags = 'b'", 'orders', 'ROW EXCLUSIVE'],
  ['select 1 from orders limit 1 for update', 'orders', 'ROW SHARE'],
]

/** What the manual says of rewrites (ALTER TABLE, notes): true when all rows are written anew. */
const rewrites: readonly (readonly [sql: string, isRewrite: boolean])[] = [
  ["alter table orders add column extra text default 'x'", false],
  ['alter table orders add column extra timestamptz default now()', false],
  ['alter table orders add column extra uuid default gen_random_uuid()', true],
  ['alter table orders add column extra bigint generated always as identity', true],
  ['alter table orders add column extra integer generated always as (qty * 3) stored', true],
  ['alter table orders alter column code type varchar(40)', false],
  ['alter table orders alter column weight type bigint', true],
  ['alter table plain set unlogged', true],
  ['vacuum full orders', true],
]

const page = 'docs/ddl-locks.md'
const measured = new Map<number, DdlMeasurements>()

/** Of 15 only these are measured again: the page is made of all. */
const sampled = new Set([...manual, ...rewrites].map(([sql]) => sql))

for (const { major, whyNot, start } of bothServers) {
  describe.skipIf(whyNot !== '')(
    `PostgreSQL ${major} does what its manual says${whyNot && ` (${whyNot})`}`,
    () => {
      let forms: DdlMeasurements
      beforeAll(async () => {
        const { server, stop } = await start()
        try {
          forms = await measureForms(server, ({ sql }) => major === 18 || sampled.has(sql))
          measured.set(major, forms)
        } finally {
          await stop()
        }
      })

      it.each(manual)('%s locks %s: %s', (sql, relation, mode) => {
        const locks = forms.get(sql)!.locks.filter((lock) => lock.relation === relation)
        expect(locks.map((lock) => lock.mode)).toContain(mode)
        expect(locks[0]!.mode).toBe(mode)
      })

      it.each(rewrites)('%s writes all rows anew: %s', (sql, isRewrite) => {
        expect(forms.get(sql)!.rewrites.length > 0).toBe(isRewrite)
      })
    },
  )
}

describe('the page', () => {
  const text = readFileSync(page, 'utf8')

  it('is what is measured today', async () => {
    const newer = measured.get(18)!
    expect([...newer.keys()].toSorted()).toEqual(allForms.map(({ sql }) => sql).toSorted())
    const cells = [...text.matchAll(/^\| `(?<sql>.*?)`\s+\|.*\|(?<last>[^|]*)\|$/gmu)]
    const standing = new Map(
      cells.map(({ groups }) => [groups!['sql']!.replaceAll(String.raw`\|`, '|'), groups!['last']!.trim()]),
    )
    const older = measured.get(15) ?? new Map()
    for (const [sql, cell] of olderColumn(newer, older)) if (older.has(sql)) standing.set(sql, cell)
    const made = ddlPage(newer, standing)
    expect(await format(made, { ...(await resolveConfig(page)), parser: 'markdown' })).toBe(text)
  })

  it('maps every rule of the other linters to a code that there is, or says why it needs none', () => {
    const codes = new Set([...hazards.map(({ code }) => code), 'schema.open-transaction', 'schema.statement'])
    const rules = otherLinters.flatMap(({ rules: all }) => all)
    expect(rules.length).toBeGreaterThan(100)
    for (const { rule, ours, why } of rules) {
      if (ours === null) expect(why?.length ?? 0, rule).toBeGreaterThan(10)
      else expect(codes, rule).toContain(ours)
    }
  })
})

afterAll(() => measured.clear())
