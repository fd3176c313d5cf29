/** The source of a large made-up project: tables that refer to each other, and queries over them. */

const tablesPerFile = 30

const tableSource = (i: number, tables: number): string => `
export const t${i} = table('t${i}', {
  id: 'bigint',
  ...tenantOwned,
  parent_id: 'bigint',
  slug: 'varchar(100)',
  title: 'varchar(255)',
  state: state${i % 7},
  price: 'numeric(10,2)',
  amount: 'integer',
  total: 'numeric(12,2)',
  starts_on: 'date',
  tags: 'text[]',
  metadata: 'jsonb',
  ...timestamps,
}, (t) => [
  t.identity('id'),
  t.primaryKey('id'),
  t.required('slug', 'title', 'state', 'price', 'amount'),
  t.defaults({ metadata: \`'{}'\`, state: \`'open'\` }),
  t.generated({ total: 'price * amount' }),
  t.unique('tenant_id', 'slug'),
  t.unique('lower(title)', { where: 'amount > 0' }),
  t.check('price_not_negative', 'price >= 0'),
  t.check('amount_positive', t.sql\`\${'amount'} > 0\`),
  t.references('parent_id', 't${(i * 7 + 1) % tables}', { columns: 'id', onDelete: 'cascade' }),
  t.indexed('tenant_id', 'created_at desc', { include: ['slug'] }),
  t.visibleTo('app', { select: true, update: ['slug', 'title'] }),
  t.says({ slug: 'Part of the address' }),
])
`

const shared = `
import { enumType, fragment } from 'assay'
export const timestamps = fragment({ created_at: 'timestamptz', updated_at: 'timestamptz' }, (t) => [
  t.required('created_at', 'updated_at'),
  t.defaults({ created_at: 'now()', updated_at: 'now()' }),
])
export const tenantOwned = fragment({ tenant_id: 'bigint' }, (t) => [
  t.required('tenant_id'),
  t.references('tenant_id', 't0', { onDelete: 'cascade' }),
  t.isolatedBy('tenant_id'),
])
${Array.from({ length: 7 }, (_, i) => `export const state${i} = enumType('state${i}', ['open', 'closed', 's${i}'])`).join('\n')}
`

const querySource = (i: number, tables: number): string => {
  const [a, b, c] = [i % tables, (i * 3 + 1) % tables, (i * 5 + 2) % tables]
  return `
export const q${i} = (db: Kysely<Rows<typeof shop, 't${a}' | 't${b}' | 't${c}'>>, tenant: string) =>
  db
    .selectFrom('t${a}')
    .innerJoin('t${b}', 't${b}.id', 't${a}.parent_id')
    .leftJoin('t${c}', 't${c}.parent_id', 't${b}.id')
    .select(['t${a}.id', 't${b}.slug', 't${c}.title as other', 't${a}.state'])
    .where('t${a}.tenant_id', '=', tenant)
    .where('t${b}.state', '=', 'open')
    .orderBy('t${a}.created_at', 'desc')
    .limit(20)
    .execute()
`
}

export const largeProject = (tables: number, queries: number): Readonly<Record<string, string>> => {
  const files: Record<string, string> = { 'shared.ts': shared }
  const states = Array.from({ length: 7 }, (_, i) => `state${i}`).join(', ')
  const parts = Array.from({ length: Math.ceil(tables / tablesPerFile) }, (_, part) =>
    Array.from(
      { length: Math.min(tablesPerFile, tables - part * tablesPerFile) },
      (__, i) => part * tablesPerFile + i,
    ),
  )
  for (const [part, numbers] of parts.entries())
    files[`tables${part}.ts`] =
      `import { table } from 'assay'\nimport { ${states}, tenantOwned, timestamps } from './shared.ts'\n` +
      numbers.map((i) => tableSource(i, tables)).join('')
  files['shop.ts'] = [
    "import { architecture } from 'assay'",
    ...parts.map((_, part) => `import * as p${part} from './tables${part}.ts'`),
    `export const shop = architecture('shop', {`,
    `  tables: { ${parts.map((_, part) => `...p${part}`).join(', ')} },`,
    `  identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },`,
    '})',
  ].join('\n')
  files['queries.ts'] =
    `import type { Kysely } from 'kysely'\nimport type { Rows } from 'assay'\nimport type { shop } from './shop.ts'\n` +
    Array.from({ length: queries }, (_, i) => querySource(i, tables)).join('')
  return files
}
