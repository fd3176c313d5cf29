import { afterAll, beforeAll, expect, it } from 'vitest'
import { openRuleLab } from '../../test/support/integrity-lab.ts'
import { architecture } from '../architecture/declare.ts'
import type { SoftDeletedRule } from '../architecture/kinds/soft-deleted.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { softDeletionDdl } from './soft-deleted/design.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
  const database = await server.createDatabase('roles')
  const owner = await server.connect(database, 'owner')
  await owner.query('create role app')
  await owner.end()
})

afterAll(async () => {
  await server?.stop()
})

const books = architecture('books', {
  tables: {
    books: table('books', { id: 'integer', isbn: 'text', deleted_at: 'timestamptz' }, (t) => [
      t.primaryKey('id'),
      t.unique('isbn', { where: 'deleted_at is null' }),
      t.softDeleted('deleted_at', { grace: '30 days' }),
    ]),
  },
  identity: { role: 'app', settings: () => ({}) },
})

const rule = books.tables[0]!.rules.find((r): r is SoftDeletedRule => r.kind === 'softDeleted')!

const tableSql = `create table books (id integer primary key, isbn text, deleted_at timestamptz);
  grant select, insert, update, delete on books to app;`
const uniqueSql = 'create unique index on books (isbn) where deleted_at is null;'
const sound = softDeletionDdl(rule, books)

/** The design without the statements that speak of this, and with others. */
const but = (without: RegExp, ...instead: readonly string[]): string =>
  [...sound.filter((sql) => !without.test(sql)), ...instead].join('\n')

interface Found {
  readonly titles: readonly string[]
  readonly mends: readonly string[]
}

const failing = async (ddl: string, index = uniqueSql): Promise<Found> => {
  const lab = await openRuleLab(server, books, tableSql + index + ddl)
  try {
    const failed = lab.rule(rule.id).results.filter((r) => !r.holds)
    return {
      titles: failed.map((r) => r.experiment.title),
      mends: [...new Set(failed.map((r) => r.experiment.mend ?? ''))],
    }
  } finally {
    await lab.close()
  }
}

/** Exactly these fail, and what they print closes the hole. */
const expectMended = async (ddl: string, titles: readonly string[]): Promise<void> => {
  const found = await failing(ddl)
  expect(found.titles).toEqual(titles)
  expect((await failing(`${ddl}\n${found.mends.join('\n')}`)).titles).toEqual([])
}

const refused = (deeds: readonly string[], when: string): readonly string[] =>
  deeds.map((deed) => `${deed} ${when} is refused`)

const deletions = [
  'deleting it',
  'deleting it by the owner postgres',
  'deleting it by app',
  'merging a deletion',
]
const truncations = [
  'truncating the table is refused',
  'truncating the table by the owner postgres is refused',
]
const early = refused(
  ['deleting it for good', 'deleting it for good'],
  'a moment before its grace is over',
).map((title, i) => (i === 0 ? title : title.replace(' is refused', ' by the owner postgres is refused')))

it('nothing at all', async () => {
  expect((await failing('')).titles.length).toBeGreaterThan(15)
})

it('nothing keeps the grace', async () => {
  await expectMended(but(/keeps_grace|keeps_rows/u), [
    ...refused(deletions, 'while it is living'),
    ...truncations,
    ...early,
  ])
})

it('TRUNCATE is forgotten', async () => {
  const { titles } = await failing(but(/keeps_rows/u))
  expect(titles).toEqual(truncations)
})

const guard = (condition: string): string => `
  create function keeps() returns trigger language plpgsql as $$
  begin if ${condition} then raise exception 'no'; end if; return old; end $$;
  create trigger keeps before delete on books for each row execute function keeps();
  alter table books enable always trigger keeps;`

it('the grace ends a moment too late', async () => {
  const { titles } = await failing(
    but(/keeps_grace/u, guard(`old.deleted_at is null or old.deleted_at >= now() - interval '30 days'`)),
  )
  expect(titles).toEqual([
    'a row that was deleted 30 days ago may be deleted for good',
    'the purge removes what was deleted 30 days ago, not what was deleted a moment later, and nothing living',
    'the purge runs twice: nothing more goes',
  ])
})

it('only what is living is kept', async () => {
  expect((await failing(but(/keeps_grace/u, guard('old.deleted_at is null')))).titles).toEqual(early)
})

it('only the application is kept from it', async () => {
  const { titles } = await failing(
    but(
      /keeps_grace/u,
      guard(
        `current_user = 'app' and (old.deleted_at is null or old.deleted_at > now() - interval '30 days')`,
      ),
    ),
  )
  expect(titles).toEqual([
    ...refused(
      deletions.filter((deed) => !deed.endsWith('app')),
      'while it is living',
    ),
    ...early,
  ])
})

it('a key that deleted rows keep to themselves', async () => {
  const { titles } = await failing(sound.join('\n'), 'create unique index on books (isbn);')
  expect(titles).toEqual(['a living row takes the isbn of a deleted one'])
})

it('no key at all: what is taken comes back', async () => {
  const { titles } = await failing(sound.join('\n'), '')
  expect(titles).toEqual(['a deleted row whose isbn is taken is not brought back'])
})

it('nothing hides', async () => {
  await expectMended(but(/policy|row level security/u), [
    'app does not see a row that is deleted',
    'app does not see a row that was deleted long ago',
    'app deletes a row of its own and does not see it any more',
  ])
})

it('everything hides', async () => {
  const { titles } = await failing(but(/books_open/u))
  expect(titles).toContain('app sees a living row')
})

it('no way for the application to delete', async () => {
  await expectMended(but(/soft_delete/u), [
    'app deletes a row of its own and does not see it any more',
    'the row that app deleted is kept, with the time of the transaction',
    'another row is living as before when app deletes one',
  ])
})

it('a deletion that takes every row with it', async () => {
  const { titles } = await failing(
    but(
      /soft_delete/u,
      `create function books_soft_delete(integer) returns void language sql as 'update books set deleted_at = now()';`,
    ),
  )
  expect(titles).toEqual(['another row is living as before when app deletes one'])
})

it('the application dates a deletion back, so that the purge takes it at once', async () => {
  await expectMended(but(/deleted_now/u), [
    'app dates the deletion of a living row back without looking: it is not dated back',
    'app dates the deletion of a deleted row back without looking: it is not dated back',
  ])
})

it('a purge that removes nothing', async () => {
  const { titles } = await failing(
    but(/books_purge/u, `create function books_purge() returns void language sql as 'select';`),
  )
  expect(titles).toEqual([
    'the purge removes what was deleted 30 days ago, not what was deleted a moment later, and nothing living',
    'the purge removes what was deleted 30 days and a day ago',
    'the purge runs twice: nothing more goes',
  ])
})

it('a purge that believes whoever asks about the future', async () => {
  const { titles } = await failing(
    but(
      /books_purge|keeps_grace/u,
      `create function books_purge(at timestamptz) returns void language sql as
        $$ delete from books where deleted_at <= at - interval '30 days' $$;`,
      guard('old.deleted_at is null'),
    ),
  )
  expect(titles).toEqual([...early, 'the purge, asked about the future, leaves what is in its grace'])
})

it('no purge', async () => {
  await expectMended(but(/books_purge/u), [
    'the purge removes what was deleted 30 days ago, not what was deleted a moment later, and nothing living',
    'the purge removes what was deleted 30 days and a day ago',
    'the purge runs twice: nothing more goes',
  ])
})
