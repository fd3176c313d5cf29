/** Architectures of any number of tables, each with a key, references, checks, defaults and an index, and their migration. */
import { architecture, table } from '../../src/index.ts'
import type { Architecture } from '../../src/architecture/architecture.ts'

const nameOf = (n: number): string => `t${String(n).padStart(4, '0')}`

/** Table `n` refers to the one before it, in groups of ten: no chain grows with the database. */
const parentOf = (n: number): string | null => (n % 10 === 0 ? null : nameOf(n - 1))

const migrationOf = (n: number): string => {
  const name = nameOf(n)
  const parent = parentOf(n)
  return `
create table ${name} (
  id bigint generated always as identity primary key,
  parent_id bigint${parent === null ? '' : ` not null references ${parent} on delete cascade`},
  slug varchar(100) not null constraint ${name}_slug_format check (slug ~ '^[a-z0-9-]+$'),
  price numeric(10,2) not null constraint ${name}_price_not_negative check (price >= 0),
  status text not null default 'new' constraint ${name}_status_known check (status in ('new', 'open', 'closed')),
  created_at timestamptz not null default now(),
  unique (parent_id, slug)
);`
}

const declare = (n: number) => {
  const name = nameOf(n)
  const parent = parentOf(n)
  return table(
    name,
    {
      id: 'bigint',
      parent_id: 'bigint',
      slug: 'varchar(100)',
      price: 'numeric(10,2)',
      status: 'text',
      created_at: 'timestamptz',
    },
    (t) => [
      t.identity('id'),
      t.primaryKey('id'),
      t.required('slug', 'price', 'status', 'created_at'),
      t.defaults({ status: `'new'`, created_at: 'now()' }),
      t.unique('parent_id', 'slug'),
      t.check(`${name}_slug_format`, `slug ~ '^[a-z0-9-]+$'`),
      t.check(`${name}_price_not_negative`, 'price >= 0'),
      t.check(`${name}_status_known`, `status in ('new', 'open', 'closed')`),
      ...(parent === null
        ? []
        : [t.required('parent_id'), t.references('parent_id', parent, { onDelete: 'cascade' })]),
    ],
  )
}

export interface Generated {
  readonly migration: string
  readonly architecture: Architecture
}

export const generate = (tables: number): Generated => {
  const numbers = Array.from({ length: tables }, (_, n) => n)
  const declared = Object.fromEntries(numbers.map((n) => [nameOf(n), declare(n)]))
  return {
    migration: numbers.map(migrationOf).join('\n'),
    architecture: architecture(`${tables} tables`, { tables: declared as never }) as never,
  }
}
