/** Ranges that a database makes over types of which PostgreSQL has none. */
import { expect, it } from 'vitest'
import { useRowLab } from '../../test/support/row-lab.ts'

const lab = useRowLab(`
create type time_span as range (subtype = time);
create type inet_span as range (subtype = inet);
create type word_span as range (subtype = text, collation = "C", multirange_type_name = word_span_multirange);
create type duration_span as range (subtype = interval);
create function bounded(r anyrange) returns boolean language sql immutable as $$
  select not isempty(r) and not lower_inf(r) and not upper_inf(r) $$;
create table shifts (span time_span not null check (bounded(span)), exclude using gist (span with &&));
create table blocks (span inet_span not null unique check (bounded(span)));
create table pages (span word_span not null check (upper(span) > lower(span)), spans word_span_multirange not null);
create table waits (span duration_span not null check (bounded(span)))`)

it.each(['shifts', 'blocks', 'pages', 'waits'])('%s have rows', async (id) => {
  const { problem, statements } = await lab().rows.worldWith(lab().table(id), ['a', 'b', 'c'])
  expect(problem).toBeNull()
  expect(await lab().refusal(statements)).toBeNull()
})
