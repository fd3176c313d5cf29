/**
 * The schema of a database that grew for years, of any number of tables: twenty to a PostgreSQL schema, one of them the
 * hub that the others belong to. The same number gives the same text.
 */

/** Twenty tables share a schema, its types and its trigger function. */
const tablesPerSchema = 20
/** Hubs follow one another in short chains, so that no chain of parents grows with the database. */
const hubsInChain = 4
/** Of the wide spread of tables: every tenth has triggers and policies, and says who made a row. */
const guarded = 10

const two = (n: number): string => String(n).padStart(2, '0')

const schemaNo = (n: number): string => `area_${two(n)}`

const words = [
  'order',
  'invoice',
  'parcel',
  'ticket',
  'device',
  'course',
  'booking',
  'recipe',
  'contract',
  'reading',
]

interface Place {
  readonly schema: number
  /** Within its schema; 0 is the hub. */
  readonly at: number
}

const nameOf = ({ at }: Place): string => (at === 0 ? 'accounts' : `${words[at % words.length]!}s_${two(at)}`)
const idOf = (place: Place): string => `${schemaNo(place.schema)}.${nameOf(place)}`

const hub = (schema: number): Place => ({ schema, at: 0 })

/** What belongs to whom: the hub of the schema before, the own hub, the table before, or the table itself. */
const referencesOf = ({ schema, at }: Place): readonly string[] => {
  const own = idOf({ schema, at })
  const self = `other_id bigint references ${own} on delete set null`
  const first = schema % hubsInChain === 0 ? null : idOf(hub(schema - 1))
  if (at === 0) return [`parent_id bigint${first === null ? '' : ` references ${first}`}`, self]
  const parent = `parent_id bigint not null references ${idOf(hub(schema))} on delete cascade`
  if (at % 3 === 0) return [parent, self]
  if (at % 3 === 1 && at > 1)
    return [
      parent,
      `other_id bigint references ${idOf({ schema, at: at - 1 })} deferrable initially deferred`,
    ]
  return [parent, `other_id bigint references ${first ?? idOf(hub(schema))} on update cascade`]
}

/** Columns of every kind; a table has a few of them, those that follow its number. */
const extras = (schema: string): readonly string[] => [
  'ends_at timestamptz',
  `mail ${schema}.mail`,
  `state ${schema}.state not null default 'open'`,
  `settings jsonb not null default '{}'`,
  'weight double precision',
  'is_active boolean not null default true',
  'born date',
  'reference uuid not null default gen_random_uuid()',
  `tags text[] not null default '{}'`,
]

const checkTexts = (name: string, columns: readonly string[]): readonly string[] => {
  const has = (column: string): boolean => columns.some((text) => text.startsWith(`${column} `))
  const second = has('ends_at')
    ? 'ends_at is null or ends_at > starts_at'
    : has('weight')
      ? 'weight is null or (weight > 0 and weight < 1000)'
      : has('born')
        ? `born >= date '1900-01-01'`
        : `code ~ '^[A-Z]{2}-[0-9]+$'`
  return [`constraint ${name}_amount check (amount >= 0)`, `constraint ${name}_shape check (${second})`]
}

const guards = (place: Place): readonly string[] => {
  const [id, name, schema] = [idOf(place), nameOf(place), schemaNo(place.schema)]
  return [
    `create trigger ${name}_touched before update on ${id} for each row execute function ${schema}.touch();`,
    `alter table ${id} enable row level security;`,
    `create policy ${name}_own on ${id} using (parent_id = current_setting('app.account', true)::bigint) with check (parent_id = current_setting('app.account', true)::bigint);`,
    `create policy ${name}_seen on ${id} for select to reporting using (amount < 1000);`,
    `grant select, insert, update, delete on ${id} to reporting;`,
  ]
}

const tableText = (place: Place, n: number): string => {
  const [id, name, schema] = [idOf(place), nameOf(place), schemaNo(place.schema)]
  const some = extras(schema)
  // Six columns are everywhere; none to six more.
  const own = Array.from({ length: n % 7 }, (_, i) => some[(n + i * 2) % some.length]!)
  const columns = [
    'id bigint generated always as identity primary key',
    ...referencesOf(place),
    'code varchar(40) not null',
    'amount numeric(12,2) not null default 0',
    'starts_at timestamptz not null default now()',
    ...new Set(own),
    ...(n % guarded === 0 ? ['updated_at timestamptz'] : []),
  ]
  const lines = [...columns, ...checkTexts(name, columns), `constraint ${name}_code unique (parent_id, code)`]
  return [
    `create table ${id} (\n  ${lines.join(',\n  ')}\n);`,
    `create index ${name}_starts on ${id} (starts_at)${n % 4 === 0 ? ' where amount > 0' : ''};`,
    `comment on table ${id} is 'What is known of ${name.replaceAll('_', ' ')}.';`,
    `comment on column ${id}.code is 'As it is printed on paper';`,
    ...(n % guarded === 0 ? guards(place) : []),
  ].join('\n')
}

const schemaText = (schema: string): string => `create schema ${schema};
create type ${schema}.state as enum ('open', 'held', 'closed');
create domain ${schema}.mail as text check (value ~ '^[^@ ]+@[^@ ]+$');
create function ${schema}.touch() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end $$;`

/** SQL that makes so many tables. */
export const largeSchema = (tables: number): string => {
  const places = Array.from({ length: tables }, (_, n): Place => ({
    schema: Math.floor(n / tablesPerSchema),
    at: n % tablesPerSchema,
  }))
  const schemas = [...new Set(places.map(({ schema }) => schema))]
  return [
    'create role reporting nologin;',
    ...schemas.map((n) => schemaText(schemaNo(n))),
    ...places.map(tableText),
    ...schemas.map((n) => `grant usage on schema ${schemaNo(n)} to reporting;`),
    '',
  ].join('\n\n')
}
