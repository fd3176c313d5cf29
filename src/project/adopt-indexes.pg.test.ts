/** Indexes of wide tables beside others that PostgreSQL would rather take: adopted as they are, each is shown by what it alone could do. */
import { expect, test } from 'vitest'
import { findingsOf } from '../../test/support/adopted-sql.ts'

const wide = Array.from({ length: 80 }, (_, n) => `c${n} bigint not null default 0`).join(', ')

test('behind a key, of the rows of an index over all, and of block ranges', async () => {
  const { adopted, proven } = await findingsOf(`
create table projects (
  id bigint primary key, name text not null, storage text not null default 'default', checked_at timestamptz,
  status text not null check (status in ('created', 'pending', 'running', 'done')),
  created_at timestamptz not null default now(), owner_id bigint not null, ${wide}
);
create index projects_storage on projects (id, storage, checked_at);
create index projects_busy on projects (status, id) where status in ('pending', 'running');
create index projects_owner on projects (owner_id, status, name);
create index projects_made on projects using brin (created_at, owner_id);`)
  expect(adopted.filter(({ code }) => code.startsWith('adopt.index'))).toMatchObject([
    {
      code: 'adopt.index-past-key',
      structure: 'projects/index:id,storage,checked_at',
      summary:
        'projects: index projects_storage (id, storage, checked_at) begins with all of projects_pkey (id), which finds one row',
    },
  ])
  expect(proven.map(({ summary }) => summary)).toEqual([])
})
