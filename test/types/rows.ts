/** Row types, asserted exactly: compiled by tsc, never run. */
import type { ColumnType, Kysely, Selectable } from 'kysely'
import {
  architecture,
  domainType,
  enumType,
  fragment,
  sqlType,
  table,
  type DatabaseOf,
  type IntervalParts,
  type Json,
  type JsonInput,
  type RowOf,
  type Rows,
} from 'assay'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_same: Same<A, B>): void => undefined

const status = enumType('order_status', ['open', 'paid'])
const email = domainType('email', 'text', { checks: { email_format: `value ~ '@'` } })
const positive = domainType('positive', 'numeric(10,2)', { checks: 'value > 0', required: true })

const timestamps = fragment({ created_at: 'timestamptz', updated_at: 'timestamptz' }, (t) => [
  t.required('created_at', 'updated_at'),
  t.defaults({ created_at: 'now()' }),
])
const tenantOwned = fragment({ tenant_id: 'bigint' }, (t) => [
  t.required('tenant_id'),
  t.references('tenant_id', 'tenants', { onDelete: 'cascade' }),
  t.isolatedBy('tenant_id'),
])
const owned = fragment({ ...timestamps, ...tenantOwned, owner: 'uuid' }, (t) => [t.required('owner')])

const tenants = table('tenants', { id: 'bigint', name: 'text' }, (t) => [
  t.identity('id'),
  t.primaryKey('id'),
  t.required('name'),
])

const products = table(
  'products',
  {
    id: 'bigint',
    serial: 'integer',
    ...tenantOwned,
    slug: 'varchar(100)',
    price: positive,
    discount: 'numeric( 10, 2 )' as 'numeric(10, 2)',
    contact: email,
    status,
    metadata: 'jsonb',
    tags: 'text[]',
    grid: 'integer[][]',
    amounts: 'numeric(10,2)[]',
    boxes: 'box[]',
    scanned: 'timestamp(3) with time zone',
    lasts: 'interval',
    embedding: sqlType<readonly number[], string>('vector(3)'),
    payload: 'bytea',
    active: 'boolean',
    total: 'numeric(12,2)',
    ...timestamps,
  },
  (t) => [
    t.identity('id'),
    t.identity('serial', { generation: 'by default' }),
    t.primaryKey('id'),
    t.required('slug', 'status', 'active', 'total'),
    t.defaults({ status: `'open'`, metadata: `'{}'` }),
    t.generated({ total: 'price * 2' }),
    t.unique('tenant_id', 'slug'),
    t.unique('lower(slug)', { where: 'active' }),
    t.unique(t.sql`lower(trim(${'slug'}))`),
    t.indexed('tenant_id', 'created_at desc nulls last', { include: ['slug'] }),
    t.excludes([[t.sql`tstzrange(${'created_at'}, ${'updated_at'})`, '&&']]),
    t.excludes({ slug: '=', lasts: '&&' }),
    t.visibleTo('app', { select: ['id', 'slug'], delete: true }),
  ],
)

same<
  Exclude<(typeof products)['$table'], undefined>['row'],
  {
    id: ColumnType<string, never, never>
    serial: ColumnType<number, number | undefined, number>
    tenant_id: ColumnType<string, string | number | bigint, string | number | bigint>
    slug: ColumnType<string, string, string>
    price: ColumnType<string, string | number, string | number>
    discount: ColumnType<string | null, string | number | null | undefined, string | number | null>
    contact: ColumnType<string | null, string | null | undefined, string | null>
    status: ColumnType<'open' | 'paid', 'open' | 'paid' | undefined, 'open' | 'paid'>
    metadata: ColumnType<Json | null, JsonInput | null | undefined, JsonInput | null>
    tags: ColumnType<
      string[] | null,
      readonly string[] | string | null | undefined,
      readonly string[] | string | null
    >
    grid: ColumnType<
      number[][] | null,
      readonly (readonly number[])[] | string | null | undefined,
      readonly (readonly number[])[] | string | null
    >
    amounts: ColumnType<
      number[] | null,
      readonly (string | number)[] | string | null | undefined,
      readonly (string | number)[] | string | null
    >
    boxes: ColumnType<
      string | null,
      readonly string[] | string | null | undefined,
      readonly string[] | string | null
    >
    scanned: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
    lasts: ColumnType<
      IntervalParts | null,
      Pick<IntervalParts, 'toPostgres'> | string | null | undefined,
      Pick<IntervalParts, 'toPostgres'> | string | null
    >
    embedding: ColumnType<readonly number[] | null, string | null | undefined, string | null>
    payload: ColumnType<Buffer | null, Uint8Array | string | null | undefined, Uint8Array | string | null>
    active: ColumnType<boolean, boolean, boolean>
    total: ColumnType<string, never, never>
    created_at: ColumnType<Date, Date | string | undefined, Date | string>
    updated_at: ColumnType<Date, Date | string, Date | string>
  }
>(true)

same<RowOf<typeof tenants>, { id: string; name: string }>(true)

// A fragment that overlaps, or is spread into another fragment, keeps its facts.
const documents = table('documents', { ...owned, id: 'uuid', body: 'text' }, (t) => [t.primaryKey('id')])
same<
  RowOf<typeof documents>,
  { created_at: Date; updated_at: Date; tenant_id: string; owner: string; id: string; body: string | null }
>(true)

// A table without rules: everything may be null.
const bare = table('bare', { note: 'text' })
same<RowOf<typeof bare>, { note: string | null }>(true)

const ledger = table({ schema: 'sales.eu', name: 'ledger.lines' }, { id: 'bigint' }, (t) => [
  t.primaryKey('id'),
])
const invoices = table('sales.invoices', { id: 'bigint', previous: 'bigint', line: 'bigint' }, (t) => [
  t.primaryKey('id'),
  t.references('previous', 'sales.invoices', { columns: 'id' }),
  t.references('line', { schema: 'sales.eu', name: 'ledger.lines' }),
])

const commerce = architecture('commerce', {
  tables: { tenants, products, documents, bare, invoices, ledger },
  identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
})
same<
  keyof DatabaseOf<typeof commerce>,
  'tenants' | 'products' | 'documents' | 'bare' | 'sales.invoices' | 'sales.eu.ledger.lines'
>(true)
same<keyof Rows<typeof commerce, 'tenants' | 'products'>, 'tenants' | 'products'>(true)

export const recent = (db: Kysely<Rows<typeof commerce, 'products' | 'sales.invoices'>>) =>
  db
    .selectFrom('products')
    .innerJoin('sales.invoices', 'sales.invoices.id', 'products.id')
    .select(['products.id', 'status', 'metadata', 'previous'])
    .where('slug', 'in', ['a'])
    .where('status', '=', 'open')
type Recent = Awaited<ReturnType<ReturnType<typeof recent>['execute']>>[number]
same<Recent, { id: string; status: 'open' | 'paid'; metadata: Json | null; previous: string | null }>(true)

export const insert = (db: Kysely<DatabaseOf<typeof commerce>>) => [
  db.insertInto('tenants').values({ name: 'a' }),
  // @ts-expect-error the name is required
  db.insertInto('tenants').values({}),
  // @ts-expect-error an identity is never written
  db.insertInto('tenants').values({ id: 1, name: 'a' }),
  // @ts-expect-error not one of the labels
  db.updateTable('products').set({ status: 'closed' }),
  // @ts-expect-error an array is not JSON for node-postgres
  db.updateTable('products').set({ metadata: [1] }),
]

export type Tenant = Selectable<DatabaseOf<typeof commerce>['tenants']>
