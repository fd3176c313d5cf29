/** What a unique key's predicate leaves out for nothing, and what its columns say for nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { readCatalog } from '../read-catalog.ts'
import type { Structure } from '../structure.ts'
import { uniqueKind, type UniqueFacts } from '../unique.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server.stop())

test('rows with a null in the key never conflict, whichever part of the predicate says so', async () => {
  const db = await server.connect(await server.createDatabase('idle'), 'owner')
  await db.query(`create table people (id int, email text, nick text, died date);
    create unique index on people (email) where email is not null and died is null;
    create unique index on people (nick) where nick is not null;
    create unique index on people (id) where died is not null and id is not null and (nick is not null)`)
  try {
    const catalog = await readCatalog(db)
    const found = [...catalog.structures.values()].flatMap((structure) =>
      structure.kind === 'unique'
        ? uniqueKind
            .mutants(structure as Structure<UniqueFacts>, catalog)
            .filter(({ equivalent, id }) => equivalent !== undefined && id.includes('predicate'))
            .map(({ summary }) => summary)
        : [],
    )
    expect(found.toSorted()).toEqual([
      'holds for all rows, not only for some',
      'where email IS NOT NULL is left out',
      'where id IS NOT NULL is left out',
    ])
  } finally {
    await db.end()
  }
})

test('what a foreign key ties to the key is no column of its own, unless old rows need not have it so', async () => {
  const db = await server.connect(await server.createDatabase('tied'), 'owner')
  const tasks = (name: string): string =>
    `create table ${name} (id bigint, org_id bigint not null, project_id bigint not null, place int not null, unique (project_id, place))`
  const tie = (name: string): string =>
    `alter table ${name} add foreign key (org_id, project_id) references projects (org_id, id)`
  await db.query(`create table projects (id bigint primary key, org_id bigint not null, unique (org_id, id));
    ${tasks('tied')}; ${tie('tied')}; ${tasks('old')}; ${tie('old')} not valid`)
  try {
    const catalog = await readCatalog(db)
    const found = [...catalog.structures.values()].flatMap((structure) =>
      structure.kind === 'unique' && structure.table !== 'public.projects'
        ? uniqueKind
            .mutants(structure as Structure<UniqueFacts>, catalog)
            .filter(({ id }) => id.includes('column-added'))
            .filter(({ equivalent }) => equivalent !== undefined)
            .map(({ id }) => id)
        : [],
    )
    expect(found).toEqual(['tied/unique:project_id,place~column-added:org_id'])
  } finally {
    await db.end()
  }
})
