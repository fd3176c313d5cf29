import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import type { AppendOnlyRule } from '../architecture/kinds/append-only.ts'
import { table } from '../architecture/table.ts'
import type { Structure } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { appendOnly } from './append-only.ts'
import { kindOf } from './kinds.ts'

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

const identity = { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) }

const ledger = architecture('books', {
  tables: {
    accounts: table('accounts', { id: 'integer', name: 'text' }, (t) => [
      t.primaryKey('id'),
      t.required('name'),
    ]),
    entries: table(
      'entries',
      { id: 'integer', account_id: 'integer', amount: 'numeric(10,2)', note: 'text' },
      (t) => [
        t.primaryKey('id'),
        t.required('amount'),
        t.references('account_id', 'accounts', { onDelete: 'cascade' }),
        t.appendOnly(),
      ],
    ),
  },
  identity,
})

const ledgerSql = `create table accounts (id integer primary key, name text not null);
  create table entries (id integer primary key, account_id integer references accounts on delete cascade,
    amount numeric(10,2) not null, note text);
  grant select, insert, update, delete on entries to app;`

const ruleOf = (declared: Architecture, on: string): AppendOnlyRule =>
  declared.tables.find((t) => t.id === on)!.rules.find((r): r is AppendOnlyRule => r.kind === 'appendOnly')!

const designed = (declared: Architecture, on = 'entries'): string =>
  appendOnly.design(ruleOf(declared, on), declared).join('\n')

const isGuard = ({ kind }: Structure): boolean => kind === 'trigger' || kind === 'function'

const withLab = async <T>(
  declared: Architecture,
  schema: string,
  work: (lab: RuleLab) => T | Promise<T>,
): Promise<T> => {
  const lab = await openRuleLab(server, declared, schema)
  try {
    return await work(lab)
  } finally {
    await lab.close()
  }
}

describe('rows are only ever added', () => {
  it('by its own design', async () => {
    await withLab(ledger, ledgerSql + designed(ledger), async (lab) => {
      expect(lab.titles('entries/appendOnly')).toEqual([
        'a row is inserted',
        'a row is inserted by app',
        'changing id is refused',
        'changing account_id is refused',
        'changing amount is refused',
        'changing note is refused',
        'changing amount by the owner postgres is refused',
        'changing amount by app is refused',
        'merging an update is refused',
        'ON CONFLICT DO UPDATE is refused',
        'deleting it is refused',
        'deleting it by the owner postgres is refused',
        'deleting it by app is refused',
        'merging a deletion is refused',
        'truncating the table is refused',
        'truncating the table by the owner postgres is refused',
        'truncating the table by app is refused',
        'deleting its row of accounts (account_id) is refused',
        'truncating accounts with CASCADE is refused',
        'deleting it in a session that replicates is refused',
      ])
      expect(lab.faults()).toEqual([])
      expect((await lab.red()).get('entries/appendOnly')).toMatchObject({ proven: true })
      const mutants = await lab.left(isGuard)
      expect(mutants.left).toEqual([])
      expect(mutants.killed).toBeGreaterThan(5)
    })
  })

  it('by one trigger for statements', async () => {
    const schema = `${ledgerSql} create function stop() returns trigger language plpgsql as $$
        begin raise exception 'no'; end $$;
      create trigger stop before update or delete or truncate on entries for each statement execute function stop();`
    await withLab(ledger, schema, async (lab) => {
      expect(lab.faults()).toEqual([])
      expect((await lab.left(isGuard)).left).toEqual([
        'redundant function:stop()~statement-removed:1: control reached end of trigger procedure without RETURN (2F005)',
      ])
      expect(lab.rule('entries/appendOnly').notes).toEqual([
        expect.objectContaining({
          mend: 'alter table "public"."entries" enable always trigger "stop";',
        }),
      ])
    })
  })

  it('in partitions, each of which is asked directly', async () => {
    const declared = architecture('log', {
      tables: {
        log: table(
          { schema: `au"dit`, name: `the 'log'` },
          { day: 'date', 'who did': 'text', n: 'integer' },
          (t) => [t.primaryKey('day', 'n'), t.appendOnly()],
        ),
      },
    })
    const [log] = declared.tables
    const schema = `create schema "au""dit";
      create table "au""dit"."the 'log'" (day date, "who did" text, n integer, primary key (day, n)) partition by range (day);
      create table "au""dit".early partition of "au""dit"."the 'log'" for values from (minvalue) to ('2020-01-01');
      create table "au""dit".late partition of "au""dit"."the 'log'" for values from ('2020-01-01') to (maxvalue);`
    const open = await withLab(declared, schema + designed(declared, log!.id), (lab) =>
      lab
        .rule(ruleOf(declared, log!.id).id)
        .results.filter((r) => !r.holds)
        .map(({ experiment: { title, mend } }) => ({ title, mend })),
    )
    expect(open.map((o) => o.title)).toEqual(['truncating any of its partitions is refused'])
    const mended = schema + designed(declared, log!.id) + open.map((o) => o.mend).join('\n')
    await withLab(declared, mended, async (lab) => {
      expect(lab.faults()).toEqual([])
      expect(lab.titles(ruleOf(declared, log!.id).id)).toEqual(
        expect.arrayContaining([
          'deleting it in its partition directly is refused',
          'changing who did in its partition directly is refused',
          'its triggers are awake in every partition as on the whole',
          'truncating the table while triggers of what lies below it sleep is refused',
        ]),
      )
      expect((await lab.left(isGuard)).left).toEqual([])
    })
  })

  it('in partitions of months, with a word about those that are made later', async () => {
    const declared = architecture('log', {
      tables: {
        log: table('log', { id: 'bigint', at: 'timestamptz', kind: 'text' }, (t) => [
          t.partitionedBy('at', { by: 'month', maintain: 'maintain_log', ahead: 1 }),
          t.primaryKey('id', 'at'),
          t.required('kind'),
          t.appendOnly(),
        ]),
      },
    })
    const ddl = declared.tables[0]!.rules.filter((rule) =>
      ['partitionedBy', 'primaryKey', 'required', 'appendOnly'].includes(rule.kind),
    ).flatMap((rule) => kindOf(rule).design(rule, declared))
    await withLab(declared, ddl.join('\n'), async (lab) => {
      const rule = lab.rule('log/appendOnly')
      expect(rule.results.flatMap((r) => r.difference ?? [])).toEqual([])
      expect(rule.notes?.map((note) => note.summary)).toEqual([
        'partitions of log that maintain_log makes later take TRUNCATE: triggers for it do not come from the whole',
      ])
      // Which months there are is nobody's business in three months.
      expect(lab.titles('log/appendOnly').join(' ')).not.toMatch(/log_|\d{4}/u)
      const claims = new Set(rule.claims)
      expect((await lab.left((s) => claims.has(s.id))).left).toEqual([])
    })
  })

  it('in tables that inherit', async () => {
    const declared = architecture('log', {
      tables: { log: table('log', { n: 'integer', note: 'text' }, (t) => [t.appendOnly()]) },
    })
    const schema = `create table log (n integer, note text); create table special () inherits (log);`
    const open = await withLab(declared, schema + designed(declared, 'log'), (lab) =>
      lab
        .rule('log/appendOnly')
        .results.filter((r) => !r.holds)
        .map(({ experiment: { title, mend } }) => ({ title, mend: mend! })),
    )
    expect(open.map((o) => o.title)).toEqual([
      'truncating special is refused',
      'deleting it in special directly is refused',
      'changing n in special directly is refused',
    ])
    await withLab(declared, schema + designed(declared, 'log') + open[0]!.mend, async (lab) => {
      expect(lab.faults()).toEqual([])
      expect((await lab.left(isGuard)).left).toEqual([])
    })
  })

  it('with forced row-level security, without a primary key', async () => {
    const declared = architecture('shop', {
      tables: {
        events: table('events', { tenant_id: 'bigint', kind: 'text', at: 'timestamptz' }, (t) => [
          t.required('kind'),
          t.isolatedBy('tenant_id'),
          t.appendOnly(),
        ]),
      },
      identity,
    })
    const schema = `create table events (tenant_id bigint not null, kind text not null, at timestamptz);
      grant select, insert, update, delete on events to app;
      alter table events enable row level security; alter table events force row level security;
      create policy tenant on events to app using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);`
    await withLab(declared, schema + designed(declared, 'events'), async (lab) => {
      expect(lab.rule('events/appendOnly').results.flatMap((r) => r.difference ?? [])).toEqual([])
      expect(lab.rule('events/isolatedBy:tenant_id').results.flatMap((r) => r.difference ?? [])).toEqual([])
      expect(lab.titles('events/appendOnly')).toEqual(
        expect.arrayContaining([
          'changing kind by app is refused',
          'deleting it by the owner postgres is refused',
          'truncating the table by app is refused',
        ]),
      )
      expect((await lab.left(isGuard)).left).toEqual([])
    })
  })
})

describe('holes', () => {
  const failing = (guard: string): Promise<readonly string[]> =>
    withLab(ledger, ledgerSql + guard, (lab) =>
      lab
        .rule('entries/appendOnly')
        .results.filter((r) => !r.holds)
        .map((r) => r.experiment.title),
    )
  const stop = `create function stop() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;`

  it('no guard at all', async () => {
    expect((await failing('')).length).toBe(16)
  })
  it('TRUNCATE is forgotten', async () => {
    expect(
      await failing(
        `${stop} create trigger stop before update or delete on entries for each row execute function stop();`,
      ),
    ).toEqual([
      'truncating the table is refused',
      'truncating the table by the owner postgres is refused',
      'truncating accounts with CASCADE is refused',
    ])
  })
  it('one column is forgotten', async () => {
    expect(
      await failing(`${stop} create trigger stop before update of id, account_id, amount or delete on entries for each row execute function stop();
        create trigger stop_all before truncate on entries for each statement execute function stop();`),
    ).toEqual(['changing note is refused'])
  })
  it('revoked from the application alone', async () => {
    const open = await failing('revoke update, delete on entries from app;')
    expect(open).toContain('deleting it is refused')
    expect(open).not.toContain('deleting it by app is refused')
  })
  it('asleep', async () => {
    expect((await failing(`${designed(ledger)} alter table entries disable trigger user;`)).length).toBe(16)
  })
  it('silently dropped by a rule, not refused', async () => {
    expect(
      await failing(`create rule no_delete as on delete to entries do instead nothing;
        create rule no_update as on update to entries do instead nothing;`),
    ).toContain('truncating the table is refused')
  })
})
