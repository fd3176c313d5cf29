/** The examples in the public functions' docs are code that compiles. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { compile } from './support/compile.ts'

const source = fileURLToPath(new URL('../src/', import.meta.url))
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => /^(?:architecture|project)\/.*\.ts$/u.test(name) && !name.endsWith('.test.ts'))
  .toSorted()

/** The code of every `@example` of a file, without the SQL that stands beside it and without what is left out (…). */
const examplesOf = (text: string): readonly string[] =>
  [...text.matchAll(/@example\n([^]*?)(?=\n\s*\* @|\n\s*\*\/)/gu)].map((match) =>
    (match[1] ?? '')
      .split('\n')
      .map((line) => line.replace(/^\s*\* ?/u, '').replace(/(?:^|\s+)\/\/ .*$/u, ''))
      .join('\n')
      .replaceAll(', …', ''),
  )

const columns =
  "'id' | 'order_id' | 'line_no' | 'slug' | 'name' | 'metadata' | 'created_at' | 'updated_at' | 'deleted_at' | 'subtotal' | 'email' | 'nick' | 'code' | 'tenant_id' | 'product_id' | 'room' | 'during' | 'starts' | 'ends' | 'user_id' | 'price'"

/** What the examples take for granted. */
const world = `
import { architecture, asOf, auditLog, defineConfig, domainType, enumType, fragment, historyOf, partition, schemaPerTenant, sql, sqlType, table, view, materializedView, sequence, supabase, compositeType, rangeType, extension, infrastructure, schema, fn, access, comment, disabledRule, disabledTrigger, notEnforced } from 'assay'
import { Kysely } from 'kysely'
import type { Dialect } from 'kysely'
import type { Architecture, DatabaseOf, RowOf, Rows, Rules as Builder } from 'assay'
declare const t: Builder<${columns}>
declare const dialect: Dialect
declare const warehouse: Architecture
`
const granted: Readonly<Record<string, string>> = {
  tenants: "const tenants = table('tenants', { id: 'bigint' }, (t) => [t.primaryKey('id')])",
  users: "const users = table('users', { id: 'bigint' }, (t) => [t.primaryKey('id')])",
  products: "const products = table('products', { id: 'bigint' }, (t) => [t.primaryKey('id')])",
  payments:
    "const payments = table('payments', { customer_id: 'bigint' }, (t) => [t.partitions('range (customer_id)')])",
  orders: "const orders = table('orders', { id: 'bigint' }, (t) => [t.primaryKey('id')])",
  prices: `const prices = table('prices', { id: 'bigint', amount: 'numeric' }, (t) => [
  t.primaryKey('id'),
  t.versioned({ history: 'prices_history' }),
])`,
  db: 'declare const db: Kysely<{ prices: RowOf<typeof prices>; prices_history: { valid: string } }>',
  orderStatus: "const orderStatus = enumType('order_status', ['open'])",
  commerce: `const makeCommerce = () => architecture('commerce', {
  tables: {
    orders: table('orders', { id: 'bigint', user_id: 'bigint', ordered_at: 'timestamptz' }, (t) => [t.primaryKey('id')]),
    users: table('users', { id: 'bigint' }, (t) => [t.primaryKey('id')]),
  },
})
declare const commerce: ReturnType<typeof makeCommerce>`,
}

test('every example compiles', async () => {
  const examples = files.flatMap((name) =>
    examplesOf(readFileSync(`${source}${name}`, 'utf8')).map((code, i) => ({ name, i, code })),
  )
  expect(examples.length).toBeGreaterThan(25)
  const modules = examples.map(({ name, i, code }) => {
    const declared = (word: string): boolean => new RegExp(`const ${word} =`, 'u').test(code)
    const given = Object.entries(granted).flatMap(([word, text]) => (declared(word) ? [] : [text]))
    const file = `${name.replaceAll('/', '-').replace(/\.ts$/u, '')}-${i}.ts`
    return [file, [world, ...given, code, 'export {}'].join('\n')]
  })
  const { errors } = await compile(Object.fromEntries(modules) as Readonly<Record<string, string>>)
  expect(errors).toEqual([])
})
