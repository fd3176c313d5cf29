/** Types and names of columns: the fault is told once for a table, near misses are not, and the mend takes the finding away. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { mendOf, openFindingLab } from '../../../test/support/finding-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server?.stop())

it('timestamps without zone, and money in binary fractions or as money', async () => {
  const lab = await openFindingLab(
    server,
    `create table "T ""1""" (id int primary key, "created At" timestamp(3) not null default now(), seen timestamp,
      "unitPrice" double precision not null default 0.5, betrag real, fee money);
    create view "a ""view""" as select seen, "unitPrice" * 2 as twice from "T ""1""" ;
    create materialized view of_view as select twice from "a ""view""" ;
    insert into "T ""1""" values (1, '2024-01-01 10:00', null, 19.99, 0.1, 5);
    create table near (id int primary key, at timestamptz, day date, price numeric(10,2), price_ratio float, discount_rate real,
      total_weight float, payment_seconds float, made timestamp generated always as ('2024-01-01'::timestamp) stored);
    create table parted (id int, at timestamp, b timestamp) partition by range (at);
    create table part partition of parted for values from ('2024-01-01') to ('2025-01-01');`,
  )
  expect(await lab.told('adopt.timestamp-without-zone')).toEqual([
    '"T ""1"""/table: "T ""1""": created At, seen are timestamps without time zone',
    'parted/table: parted: at, b are timestamps without time zone',
  ])
  expect(await lab.told('adopt.float-money')).toEqual([
    '"T ""1"""/table: "T ""1""": unitPrice, betrag are named like amounts and are binary fractions (double precision, real)',
  ])
  expect(await lab.told('adopt.money-type')).toEqual(['"T ""1"""/table: "T ""1""": fee is of the type money'])
  // What a partition key reads cannot be changed: it stays, and no statement is given for it.
  expect(await lab.mend('adopt.timestamp-without-zone')).toEqual([
    'parted/table: parted: at is a timestamp without time zone',
  ])
  const [left] = await lab.find('adopt.timestamp-without-zone')
  expect(mendOf(left!)).toBe('')
  // The owner of a copy need not be a role of the original.
  const [float] = await lab.find('adopt.float-money')
  expect(float!.fix).toContain('-- as the owner of the table')
  expect(float!.fix).not.toContain(' owner to ')
  expect(await lab.mend(['adopt.float-money', 'adopt.money-type'])).toEqual([])
  await lab.close()
})

it('columns that look like personal data, in several languages and styles', async () => {
  const lab = await openFindingLab(
    server,
    `create table "Kund en" (id int primary key, "eMail" text, "vorname" text, "Nachname" text, geburtsdatum date, iban text,
      "homePhone2" text, "téléphone" text, prenom varchar(50), "dateOfBirth" date, ssn char(11), client_ip inet,
      "IPAddress" text, national_id text, lat numeric, latitude numeric, apellidos text, nationalidnumber text);
    comment on column "Kund en"."eMail" is 'where it''s sent';
    comment on column "Kund en".lat is 'x';
    create table classified (id int primary key, email text, phone text);
    comment on column classified.email is 'of the person @personal'; comment on column classified.phone is '@pii';
    create table whole (id int primary key, email text); comment on table whole is '@personal';
    create table near (id int primary key, email_verified boolean, email_sent_at timestamptz, name text, phone_type text,
      address_id int, address_count int, ship text, zipped text, description text, email_template text, capital text,
      rpc_address text, birth_count int, recipe text, tel_aviv text, script text, "raceTrack" int);
    create table people (email text primary key); create table led (id int primary key, email text references people);`,
  )
  expect(await lab.told('adopt.personal-data')).toEqual([
    '"Kund en"/table: "Kund en": eMail, vorname, Nachname, geburtsdatum, iban, homePhone2, téléphone, prenom, dateOfBirth, ssn, client_ip, IPAddress, national_id, latitude, apellidos, nationalidnumber look like personal data, and nothing says so',
    'people/table: people: email looks like personal data, and nothing says so',
  ])
  expect(await lab.mend('adopt.personal-data')).toEqual([])
  await lab.close()
})
