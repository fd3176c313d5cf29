import { describe, expect, it } from 'vitest'
import { useRowLab } from '../../test/support/row-lab.ts'

const schema = `
create function "Send It"() returns trigger language plpgsql as $$
  begin perform queue_that_is_missing.add_job(tg_argv[0], new.id::text); return new; end $$;
create function never() returns trigger language plpgsql as $$
  begin raise exception 'closed for ever' using errcode = 'ZZ001'; end $$;
create function swallow() returns trigger language plpgsql as $$ begin return null; end $$;
create function odd_only() returns trigger language plpgsql as $$
  begin if new.n % 2 = 0 then raise exception 'even'; end if; return new; end $$;
create function write_log() returns trigger language plpgsql as $$
  begin insert into log values (new.id); return null; end $$;

create table mails (id int primary key, email text not null);
create trigger "send ""now""" after insert on mails for each row execute function "Send It"('x');
create trigger odd_too before insert on mails for each row execute function swallow();
alter table mails disable trigger odd_too;
create table secrets (mail_id int primary key references mails, token text);
create table shut (id int primary key);
create constraint trigger shut_for_ever after insert on shut deferrable initially deferred
  for each row execute function never();
create table hole (id int primary key);
create trigger swallows before insert on hole for each row execute function swallow();
create table odd (id int primary key, n int not null);
create trigger odd_only before insert on odd for each row execute function odd_only();
create table log (id int primary key);
create trigger log_shut before insert on log for each row execute function never();
create table writes (id int primary key);
create trigger to_log after insert on writes for each row execute function write_log();
create table parts (id int) partition by range (id);
create table parts_low partition of parts for values from (0) to (2000);
create table kept_empty (id int primary key, n int not null check (n > 0), constraint in_children check (false) no inherit);
create table one_of_them () inherits (kept_empty);
create trigger part_shut before insert on parts_low for each row execute function never();
`

const lab = useRowLab(schema)

const sending = 'mails/trigger:"send ""now"""'

const asidesOf = async (name: string): Promise<readonly (readonly [string, string])[]> => {
  const table = lab().catalog.tables.get(name)!
  const world = await lab().rows.worldWith(table, ['a', 'b'])
  expect(world.problem).toBeNull()
  expect(await lab().refusal(world.statements)).toBeNull()
  return (world.asides ?? []).map(({ structure, why }) => [structure, why])
}

describe('a trigger that takes no row', () => {
  it('is disabled in the world when its function cannot run here, and named with what PostgreSQL answered', async () => {
    expect(await asidesOf('mails')).toEqual([
      [sending, 'schema "queue_that_is_missing" does not exist (SQLSTATE 3F000)'],
    ])
  })

  it('is disabled for the rows that need one of its table', async () => {
    expect((await asidesOf('secrets')).map(([id]) => id)).toEqual([sending])
  })

  it('is found when it raises for every row, deferred or not, or leaves each out in silence', async () => {
    expect(await asidesOf('shut')).toEqual([
      ['shut/trigger:shut_for_ever', 'closed for ever (SQLSTATE ZZ001)'],
    ])
    expect(await asidesOf('hole')).toEqual([
      ['hole/trigger:swallows', 'it leaves every row out without a word'],
    ])
  })

  it('is found on the table that another trigger writes to, and on a partition', async () => {
    expect((await asidesOf('writes')).map(([id]) => id)).toEqual(['log/trigger:log_shut'])
    expect((await asidesOf('parts')).map(([id]) => id)).toEqual(['parts_low/trigger:part_shut'])
  })

  it('may be a CHECK that says false, and none of its children', async () => {
    expect(await asidesOf('kept_empty')).toEqual([
      ['kept_empty/check:in_children', expect.stringContaining('violates check constraint')],
    ])
    expect(await asidesOf('one_of_them')).toEqual([])
  })

  it('stays where another row gets past it', async () => {
    expect(await asidesOf('odd')).toEqual([])
  })

  it('may be gone: the world stands all the same', async () => {
    const { statements } = await lab().rows.world(lab().catalog.tables.get('mails')!)
    expect(await lab().refusal(['drop trigger "send ""now""" on mails', ...statements])).toBeNull()
    expect(await lab().refusal(['drop table mails cascade', ...statements])).toBeNull()
  })
})
