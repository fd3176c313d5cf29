/** Operator sets: what they leave out, and the keys that one of them adds; PostgreSQL takes or refuses each. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runAs } from '../../../test/support/rule-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { mutantsOf } from './sets.ts'
import { readCatalog } from '../read-catalog.ts'
import type { Catalog, Mutant } from '../structure.ts'

const schema = `
  create table "par""ents" (code varchar(4) not null unique, name text unique, half text, note json);
  create unique index on "par""ents" (half) where half <> '';
  create table children (
    a int, b int, kind text not null default 'x' constraint kinds check (kind in ('x', 'y') and a >= 0),
    parent varchar(4) references "par""ents" (code), primary key (a, b));`

describe('SchemaAnalyst’s operators', () => {
  let server: Server
  let catalog: Catalog
  let database: string
  let all: readonly Mutant[]
  beforeAll(async () => {
    server = await startServer({})
    database = await server.createDatabase('sets')
    await runAs(server, database, 'owner', schema)
    const reader = await server.connect(database, 'prover')
    catalog = await readCatalog(reader)
    await reader.end()
    all = [...catalog.structures.values()].flatMap((s) => mutantsOf(s, catalog, 'schemaanalyst'))
  })
  afterAll(() => server.stop())

  const ids = (operator: string): readonly string[] =>
    all.filter((m) => m.operator === operator).map(({ id }) => id)

  test('are made of no structure that has none, and of the others as they always are', () => {
    const own = [...catalog.structures.values()].flatMap((s) => mutantsOf(s, catalog))
    const wanted = new Set(all.map(({ operator }) => operator))
    const ofSet = new Set(all.map(({ id }) => id))
    expect(own.filter(({ id, operator }) => wanted.has(operator) && !ofSet.has(id))).toEqual([])
  })

  test('are all there, and no other', () => {
    expect([...new Set(all.map(({ operator }) => operator))].toSorted()).toEqual([
      'check.in-element-removed',
      'check.relational-operator-exchanged',
      'check.removed',
      'column.not-null-added',
      'column.primary-key-added',
      'column.unique-added',
      'primaryKey.column-added',
      'primaryKey.column-exchanged',
      'primaryKey.column-removed',
      'primaryKey.removed',
      'references.column-exchanged',
      'references.removed',
      'references.target-exchanged',
      'required.removed',
      'unique.column-added',
      'unique.column-exchanged',
      'unique.removed',
    ])
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  })

  test('without a set a structure has the mutants of its own file', () => {
    for (const structure of catalog.structures.values())
      expect(mutantsOf(structure, catalog).map(({ operator }) => operator)).not.toContain(
        'column.unique-added',
      )
  })

  test('add a key over each column that has none of its own, and a primary key where there is none', () => {
    expect(ids('column.unique-added')).toEqual([
      'children/column:a~unique-added',
      'children/column:b~unique-added',
      'children/column:kind~unique-added',
      'children/column:parent~unique-added',
      '"par""ents"/column:half~unique-added',
      '"par""ents"/column:note~unique-added',
    ])
    expect(ids('column.primary-key-added')).toEqual(
      ['code', 'name', 'half', 'note'].map((name) => `"par""ents"/column:${name}~primary-key-added`),
    )
    const equivalent = all.filter(
      (m) => m.operator === 'column.primary-key-added' && m.equivalent !== undefined,
    )
    expect(equivalent.map(({ id, equivalent: why }) => [id, why])).toEqual([
      ['"par""ents"/column:code~primary-key-added', 'code is unique and never null already'],
    ])
  })

  test('PostgreSQL takes the keys, but for what cannot be compared', async () => {
    const owner = await server.connect(database, 'owner')
    const added = all.filter(({ operator }) => operator.endsWith('-added') && operator.startsWith('column.'))
    try {
      const replies = await owner.batch(added.flatMap(({ ddl }) => [`begin; ${ddl.join(';')}`, 'rollback']))
      const refused = added.filter((_, i) => replies[2 * i]?.fault?.sqlstate === '42704').map(({ id }) => id)
      expect(refused).toEqual(
        ['note~unique-added', 'note~primary-key-added'].map((id) => `"par""ents"/column:${id}`),
      )
    } finally {
      await owner.end()
    }
  })
})
