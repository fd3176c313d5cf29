/** Subtypes that share one table of what they have in common: each points to rows of its own kind, and all may stand beside each other. */
import { expect, it } from 'vitest'
import { useRowLab } from '../../test/support/row-lab.ts'

const lab = useRowLab(`
create type party_kind as enum ('trust', 'fund', 'estate', 'person', 'company', 'office');
create table parties (id bigint primary key, kind party_kind not null, name text not null unique, unique (id, kind));
create table persons (party_id bigint primary key, kind party_kind not null default 'person' check (kind = 'person'),
  born date not null, foreign key (party_id, kind) references parties (id, kind));
create table companies (party_id bigint primary key, kind party_kind not null default 'company' check (kind = 'company'),
  seat text not null, foreign key (party_id, kind) references parties (id, kind));
create table offices (party_id bigint primary key, kind party_kind not null default 'office' check (kind = 'office'),
  foreign key (party_id, kind) references parties (id, kind));
create table owners (company_id bigint not null references companies, person_id bigint not null references persons,
  share int not null, told_by bigint not null references offices, primary key (company_id, person_id))`)

it.each(['persons', 'companies', 'offices', 'owners'])('%s have rows', async (id) => {
  const { problem, statements } = await lab().rows.worldWith(lab().table(id), ['a', 'b', 'c'])
  expect(problem).toBeNull()
  expect(await lab().refusal(statements)).toBeNull()
})
