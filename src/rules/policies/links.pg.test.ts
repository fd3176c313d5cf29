/** What subqueries and functions set equal, read from policies of a real database. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { readLinks } from './links.ts'

let server: Server
let catalog: Catalog

beforeAll(async () => {
  server = await startServer({})
  const database = await server.createDatabase('links')
  const db = await server.connect(database, 'owner')
  await db.query(`
    create table "odd ""teams""" (id int primary key, "the kind" text);
    create table members (team int, person int, role text, asked_by int);
    create table tasks (id int primary key, team int, owner int);
    create function may(which int, roles text[]) returns boolean language sql stable
      as $$ select exists (select from members m where m.team = which and m.role = any (roles)) $$;
    create function teams_of_caller() returns setof int language sql stable as $$ select m.team from members m $$;`)
  catalog = await readCatalog(db)
  await db.end()
})

afterAll(() => server?.stop())

const pins = (sql: string, of: string, placed: Readonly<Record<string, Record<string, string>>> = {}) => {
  const own = { id: '1', team: '7', owner: 'null' }
  const links = readLinks(catalog, catalog.tables.get('tasks')!, [sql])
  return links.pinsOf(catalog.tables.get(of)!, own, new Map(Object.entries(placed)))
}

describe('columns that policies set equal', () => {
  it('to those of the row: in a subquery, in IN, and in what a function answers', () => {
    const expected = { team: '7' }
    expect(pins('exists (select from members m where m.team = tasks.team)', 'members')).toEqual(expected)
    expect(pins('team in (select m.team from members m)', 'members')).toEqual(expected)
    expect(pins('team in (select teams_of_caller())', 'members')).toEqual(expected)
    expect(pins('id = 1 or owner = 2', 'members')).toEqual({})
    expect(pins('exists (select from members m where m.person = tasks.owner)', 'members')).toEqual({})
  })

  it('to what a function is called with: a column, a constant, the first of a list', () => {
    expect(pins(`may(team, '{lead,"odd one"}')`, 'members')).toEqual({ team: '7', role: `'lead'` })
    expect(pins(`may(team, array['odd''one', 'x'])`, 'members')).toEqual({ team: '7', role: `'odd''one'` })
  })

  it('to those of another table that stands', () => {
    const [odd = ''] = [...catalog.tables.keys()].filter((id) => id.includes('odd'))
    const sql = `exists (select from "odd ""teams""" t join members m on m.team = t.id and m.role = t."the kind")`
    expect(pins(sql, 'members', { [odd]: { id: '3', 'the kind': `'x'` } })).toEqual({
      team: '3',
      role: `'x'`,
    })
  })
})
