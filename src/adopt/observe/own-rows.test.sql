create table owners (id bigint primary key, name text not null);

create table tickets (id bigint primary key, owner_id bigint not null references owners,
  state text not null default 'open' check (state in ('closed', 'open', 'waiting')));
create function few_open() returns trigger language plpgsql as $$
declare n int;
begin
  select count(*) into n from tickets where owner_id = new.owner_id and state = 'open' and id <> new.id;
  if new.state = 'open' and n >= 3 then raise exception 'too many open tickets' using errcode = '23514'; end if;
  return new;
end $$;
create trigger few_open before insert or update on tickets for each row execute function few_open();

create table invoices (id bigint generated always as identity primary key,
  owner_id bigint not null references owners, no int not null, unique (owner_id, no));
create function gapless() returns trigger language plpgsql as $$
declare expected int;
begin
  select coalesce(max(no), 0) + 1 into expected from invoices where owner_id = new.owner_id;
  if new.no <> expected then raise exception '% must be %', new.no, expected using errcode = '23514'; end if;
  return new;
end $$;
create trigger gapless before insert on invoices for each row execute function gapless();

create table entries (id bigint primary key, memo text);
create table lines (id bigint primary key, entry_id bigint not null references entries,
  debit numeric(12,2) not null default 0 check (debit >= 0),
  credit numeric(12,2) not null default 0 check (credit >= 0), check (debit = 0 or credit = 0));
create function balanced() returns trigger language plpgsql as $$
declare d numeric; c numeric;
begin
  select sum(debit), sum(credit) into d, c from lines where entry_id = coalesce(new.entry_id, old.entry_id);
  if d <> c then raise exception '% against %', d, c using errcode = '23514'; end if;
  return null;
end $$;
create constraint trigger balanced after insert or update or delete on lines
  deferrable initially deferred for each row execute function balanced();

create table "the ""stays""" (id bigint primary key, room int not null, arrives date not null,
  leaves date not null, check (leaves > arrives));
create function no_overlap() returns trigger language plpgsql as $$
begin
  if exists (select 1 from "the ""stays""" s where s.room = new.room and s.id <> new.id
             and s.arrives < new.leaves and s.leaves > new.arrives) then
    raise exception 'room % is taken', new.room using errcode = '23P01';
  end if;
  return new;
end $$;
create trigger no_overlap before insert or update on "the ""stays""" for each row execute function no_overlap();

create table shares (id bigint primary key, owner_id bigint not null references owners,
  percent numeric(5,2) not null check (percent > 0 and percent <= 100));
create function at_most_whole() returns trigger language plpgsql as $$
begin
  if (select coalesce(sum(percent), 0) from shares where owner_id = new.owner_id and id <> new.id)
     + new.percent > 100 then
    raise exception 'more than the whole' using errcode = '23514';
  end if;
  return new;
end $$;
create trigger at_most_whole before insert or update on shares for each row execute function at_most_whole();

create table seats (id bigint primary key, owner_id bigint not null references owners);
create function at_most_fifty() returns trigger language plpgsql as $$
begin
  if (select count(*) from seats where owner_id = new.owner_id) > 50 then raise exception 'full'; end if;
  return null;
end $$;
create trigger at_most_fifty after insert on seats for each row execute function at_most_fifty();

create table wards (id bigint primary key, beds int not null check (beds >= 0));
create function shrink() returns trigger language plpgsql as $$
begin
  if new.beds < old.beds - 10 then raise exception 'too many beds at once'; end if;
  return new;
end $$;
create trigger shrink before update on wards for each row execute function shrink();
