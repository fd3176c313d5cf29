/** Databases as the tools of other people make them: printed whole, and what the tools keep for themselves left alone. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compile } from '../../../test/support/compile.ts'
import { named, printLab, unformatted } from '../../../test/support/printed-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'

let server: Server
const all: Record<string, string> = {}
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server.stop())

interface Expected {
  readonly framework: string
  readonly leftAlone: readonly string[]
  /** Lines of the files, as a person would have written them. */
  readonly lines: readonly string[]
}

const frameworks: readonly Expected[] = [
  {
    framework: 'django',
    leftAlone: ['django_migrations'],
    lines: [
      `t.identity('id', { generation: 'by default' }),`,
      `t.references('author_id', 'auth_user', { deferrable: 'deferred' }),`,
      `t.indexed('username', { operatorClass: 'varchar_pattern_ops' }),`,
      `t.unique('author_id', { where: \`status = 'draft'\` }),`,
      `t.indexed('published_at desc', 'status'),`,
      `t.check('rating_range', 'rating between 1 and 5'),`,
      `t.generated({ title_length: 'length(title)' }),`,
    ],
  },
  {
    framework: 'alembic',
    leftAlone: ['alembic_version'],
    lines: [
      `export const orderstatus = enumType('orderstatus', ['PENDING', 'PAID', 'SHIPPED'])`,
      `t.check('ck_orders_total_positive', 'total > 0'),`,
      `t.references('order_id', 'orders', { onDelete: 'cascade' }),`,
      `/** Stock keeping unit */`,
      `t.unique('lower(email)'),`,
      `t.indexed('user_id', 'placed_at desc'),`,
    ],
  },
  {
    framework: 'prisma',
    leftAlone: ['_prisma_migrations'],
    lines: [
      `emailVerified: 'timestamp(3)',`,
      `export const role = enumType({ schema: 'public', name: 'Role' }, ['USER', 'ADMIN'])`,
      `t.references('authorId', 'User', { onDelete: 'set null', onUpdate: 'cascade' }),`,
      `t.indexed('authorId', 'status'),`,
      `roles: sqlType('"Role"[]'),`,
    ],
  },
  {
    framework: 'drizzle',
    leftAlone: ['drizzle.__drizzle_migrations'],
    lines: [
      `t.unique('project_id', 'title', { nullsNotDistinct: true }),`,
      `t.indexed('due desc nulls last', { where: 'closed_at is null' }),`,
      `t.generated({ search: \`to_tsvector('english', title)\` }),`,
      `t.unique('project_id', 'lower(title)'),`,
      `t.check('slug_format', \`slug ~ '^[a-z0-9-]+$'\`),`,
    ],
  },
  {
    framework: 'typeorm',
    leftAlone: ['migrations', 'typeorm_metadata'],
    lines: [
      `t.check('CHK_9d5d6b9c1c5a1f0f5c3bb0f1a2', 'pages > 0'),`,
      `t.unique('title', { where: '"authorId" is null' }),`,
      `t.references('tagId', 'tag'),`,
      `firstName: 'varchar',`,
    ],
  },
  {
    framework: 'rails',
    leftAlone: ['ar_internal_metadata', 'schema_migrations'],
    lines: [
      `created_at: 'timestamp(6)',`,
      `t.indexed('topic_id', { where: 'deleted_at is null' }),`,
      `t.indexed('tags', { using: 'gin' }),`,
      `t.unique('lower(slug)'),`,
      `t.generated({ search_vector: \`to_tsvector('simple', coalesce(body, ''))\` }),`,
    ],
  },
]

test.each(frameworks)('$framework', async ({ framework, leftAlone, lines }) => {
  const file = new URL(`../../../test/fixtures/frameworks/${framework}.sql`, import.meta.url)
  const lab = await printLab(server, readFileSync(fileURLToPath(file), 'utf8'), { name: framework })
  expect(lab.groundless).toEqual([])
  expect(new Set(lab.unclaimed)).toEqual(named(lab))
  expect(await unformatted(lab.printed)).toEqual([])
  expect(lab.printed.findings.filter((one) => one.code !== 'adopt.bookkeeping')).toEqual([])
  expect(lab.printed.findings.map((one) => one.structure)).toEqual(leftAlone.map((id) => `${id}/table`))
  const text = lab.printed.files.map((one) => one.text).join('\n')
  expect(lines.filter((line) => !text.includes(line))).toEqual([])
  for (const one of lab.printed.files) all[`${framework}/${one.path}`] = one.text
})

test('what is printed compiles', async () => {
  expect(Object.keys(all).length).toBeGreaterThan(frameworks.length)
  expect((await compile(all)).errors).toEqual([])
})
