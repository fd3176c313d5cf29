/** What a predicate of a unique key leaves out for nothing. */
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
