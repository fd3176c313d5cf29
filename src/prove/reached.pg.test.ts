/** Where experiments come in the functions of a database, and that nothing else notices what is broken there. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mutantsOf } from '../catalog/operator-set/sets.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog, Mutant } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import type { Asker, Experiment, World } from '../rules/experiment.ts'
import { changeBetween } from './judge.ts'
import { readReached, type Reached } from './reached.ts'
import type { ExperimentResult } from './result.ts'
import { openWorkplace, type Workplace } from './workplace.ts'

let server: Server
let catalog: Catalog
let place: Workplace
let results: readonly ExperimentResult[]
let reached: Reached

const schema = `
  create role reader;
  create table account (id int primary key, balance int not null);
  create table log (line text);
  create function limit_of(kind text) returns int language sql immutable as $$ select case kind when 'low' then 10 else 100 end $$;
  create function "check ""it"""() returns trigger language plpgsql as $$
  declare most int := limit_of('low') * 2;
  begin
    if new.balance > most then
      insert into log values ('much');
      raise exception 'too much' using errcode = 'P0002';
    elsif new.balance < 0 then
      insert into log values ('less than nothing');
    end if;
    return new;
  end $$;
  create trigger c before insert on account for each row execute function "check ""it"""();
  create function twice(n int) returns int return n * 2;
  create function four(n int) returns int language sql begin atomic select twice(twice(n)); end;
  create function quiet(n int) returns text language plpgsql as $$ begin
    insert into account values (n, n); return 'done';
    exception when others then return 'not done'; end $$;
  create function hidden() returns int language sql as 'select 1';
  revoke execute on function hidden() from public;
  grant execute on function hidden() to reader;
  create function tries() returns int language plpgsql as $$ begin
    return hidden(); exception when insufficient_privilege then return 0; end $$;`

const empty: World = { id: 'empty', statements: [] }
const poor: World = { id: 'poor', statements: ['insert into account values (1, -5)'] }

const asked = (id: string, world: World, sql: string, as?: Asker): Experiment => ({
  id,
  rule: 'r',
  title: id,
  world,
  given: [],
  when: [sql],
  then: { kind: 'accepted' },
  ...(as ? { as } : {}),
})

const nobody: Asker = { role: 'pg_monitor', settings: {} }

const experiments: readonly Experiment[] = [
  asked('plain', empty, 'select 1'),
  asked('little', empty, 'insert into account values (2, 5)'),
  asked('much', empty, 'insert into account values (3, 500)'),
  asked('after a poor one', poor, 'select balance from account'),
  asked('four', empty, 'select four(1)'),
  asked('quietly', empty, 'select quiet(500)'),
  asked('hidden', empty, 'select hidden()'),
  asked('refused', empty, 'select hidden()', nobody),
  asked('tries', empty, 'select tries()', nobody),
]

beforeAll(async () => {
  server = await startServer({})
  const template = await server.createDatabase('reached')
  const owner = await server.connect(template, 'owner')
  await owner.query(schema)
  catalog = await readCatalog(owner)
  await owner.end()
  await server.admitRoles()
  const parts = { server, template, label: 'reached', catalog, loaded: () => null }
  place = await openWorkplace({
    ...parts,
    rows: () => {
      throw new Error('no trial here is a proof')
    },
  })
  const [outcome] = await place.run([{ ddl: [], experiments }])
  results = experiments.map((experiment, i) => ({
    experiment,
    observed: outcome!.observations[i]!,
    holds: true,
    difference: null,
  }))
  reached = await readReached([place], { catalog, owner: server.owner }, results)
})
afterAll(async () => {
  await place?.close()
  await server?.stop()
})

const mutantsIn = (id: string): readonly Mutant[] => mutantsOf(catalog.structures.get(id)!, catalog, null)

const whoMayNotice = (mutant: Mutant): readonly string[] =>
  results.filter((one) => reached.mayNotice(one, mutant)).map(({ experiment }) => experiment.id)

const one = (id: string, does: RegExp): Mutant => {
  const found = mutantsIn(id).find((mutant) => does.test(mutant.id))
  if (!found)
    throw new Error(
      `no mutant ${does}: ${mutantsIn(id)
        .map((m) => m.id)
        .join(', ')}`,
    )
  return found
}

const checkIt = 'function:"check ""it"""()'
const written = ['little', 'much', 'after a poor one', 'quietly']

test('who calls the function, directly, through others, or while its world is laid', () => {
  expect(whoMayNotice(one(checkIt, /~emptied/u))).toEqual(written)
  expect(whoMayNotice(one('function:twice(integer)', /~strict/u))).toEqual(['four'])
  expect(whoMayNotice(one('function:hidden()', /~emptied/u))).toEqual(['hidden'])
})

test('who comes to the statement, also where a refusal undoes it or somebody catches that', () => {
  expect(whoMayNotice(one(checkIt, /~statement-removed:1/u))).toEqual(['much', 'quietly'])
  expect(whoMayNotice(one(checkIt, /~statement-removed:3/u))).toEqual(['after a poor one'])
})

test('an immutable answer may stand in a plan that a caller keeps', () => {
  expect(whoMayNotice(one('function:limit_of(text)', /~emptied/u))).toEqual(written)
})

test('who is refused the call, or outlives that, may notice another right', () => {
  expect(whoMayNotice(one('function:hidden()/grant:reader', /~to-public/u))).toEqual([
    'quietly',
    'hidden',
    'refused',
    'tries',
  ])
})

test('what is gone may be noticed by all', () => {
  expect(whoMayNotice(one('function:twice(integer)', /~removed/u))).toHaveLength(experiments.length)
})

test('whoever notices a broken form comes to it', async () => {
  const functions = [...catalog.structures.values()].filter(({ id }) => id.startsWith('function:'))
  const mutants = functions.flatMap(({ id }) => mutantsIn(id))
  const outcomes = await place.run(mutants.map(({ ddl }) => ({ ddl, experiments })))
  const noticed = mutants.flatMap((mutant, m) =>
    results.flatMap((result, i) => {
      const { ddlFault, observations } = outcomes[m]!
      const changes = changeBetween(result.experiment, result.observed, observations[i]!, false) !== null
      return ddlFault === null && changes ? [{ mutant, result }] : []
    }),
  )
  expect(noticed.length).toBeGreaterThan(20)
  expect(
    noticed
      .filter(({ mutant, result }) => !reached.mayNotice(result, mutant))
      .map(({ mutant, result }) => `${mutant.id} by ${result.experiment.id}`),
  ).toEqual([])
})
