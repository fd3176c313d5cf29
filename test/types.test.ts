/** The compiler as a user meets it: what it costs on a large project, and what it says about slips. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compile } from './support/compile.ts'
import { largeProject } from './support/large-project.ts'

describe('the cost of types', () => {
  // Measured with one thread of TypeScript 7.0: 1,395,000 instantiations in 1.8 s, of which 218,000 are for the
  // tables alone. Instantiations do not depend on the machine; 10 s would be some 7,000,000 of them.
  test('300 tables and 200 queries stay under 2,000,000 instantiations', async () => {
    const { errors, instantiations } = await compile(largeProject(300, 200))
    expect(errors).toEqual([])
    expect(instantiations).toBeGreaterThan(500_000)
    expect(instantiations).toBeLessThan(2_000_000)
  })

  test('grow no faster than the number of tables', async () => {
    const few = await compile(largeProject(60, 0))
    const many = await compile(largeProject(240, 0))
    expect([...few.errors, ...many.errors]).toEqual([])
    expect(many.instantiations / few.instantiations).toBeLessThan(4.5)
  })
})

/** What the compiler says about one line among sound ones. */
const said = async (declaration: string): Promise<string> => {
  const { errors } = await compile({
    'shop.ts': `import { architecture, table, type Rows } from 'assay'
export const tenants = table('tenants', { id: 'bigint', name: 'text' }, (t) => [t.primaryKey('id')])
export const shop = architecture('shop', { tables: { tenants } })
export type Row = Rows<typeof shop, 'tenants'>
${declaration}
`,
  })
  return errors.join('\n')
}

describe('what the compiler says', () => {
  test('of a misspelt column: the columns that there are', async () => {
    expect(
      await said(`export const a = table('a', { id: 'bigint', slug: 'text' }, (t) => [t.required('slgu')])`),
    ).toContain(`Argument of type '"slgu"' is not assignable to parameter of type '"id" | "slug"'.`)
    expect(
      await said(
        `export const a = table('a', { id: 'bigint', slug: 'text' }, (t) => [t.unique('lower(slgu)')])`,
      ),
    ).toContain(
      `Argument of type '"lower(slgu)"' is not assignable to parameter of type 'UniqueOptions<"id" | "slug"> | UniqueKey<"id" | "slug">'.`,
    )
    expect(
      await said(
        `export const a = table('a', { id: 'bigint', slug: 'text' }, (t) => [t.defaults({ slgu: '1' })])`,
      ),
    ).toContain(`'slgu' does not exist in type '{ readonly id: string; readonly slug: string; }'.`)
  })

  test('of a type that is none: what to do', async () => {
    expect(await said(`export const a = table('a', { id: 'bigint', slug: 'varchr(100)' })`)).toContain(
      `"\\"varchr(100)\\" is not a type of PostgreSQL's own; one that your schema makes is declared with enumType, domainType or sqlType"`,
    )
    expect(await said(`export const a = table('a', { id: 'bigserial' })`)).toContain(
      `"\\"bigserial\\" is not a type but a shorthand: write 'bigint' and t.identity('…') among the rules"`,
    )
  })

  test('of a table that is not there', async () => {
    const items = (reference: string): string =>
      `const items = table('items', { id: 'bigint', tenant_id: 'bigint' }, (t) => [t.references('tenant_id', ${reference})])
export const b = architecture('b', { tables: { tenants, items } })`
    expect(await said(items(`'tenats'`))).toContain(
      `"items\\" references \\"tenats\\", which is not among the tables"`,
    )
    expect(await said(items(`'tenants', { columns: 'idd' }`))).toContain(
      `"items\\" references \\"tenants\\" by \\"idd\\", which is not a column of it"`,
    )
    expect(await said(items(`'tenants', { columns: 'id' }`))).toBe('')
    expect(await said(`export type Missing = Rows<typeof shop, 'tenats'>`)).toContain(
      `Type '"tenats"' does not satisfy the constraint '"tenants"'.`,
    )
  })

  test('of a table without versions, and of one whose history is elsewhere', async () => {
    const asking = (versioned: string): string => `import { asOf, historyOf, type DatabaseOf } from 'assay'
import type { Kysely } from 'kysely'
const prices = table('prices', { id: 'bigint' }, (t) => [t.primaryKey('id')${versioned}])
const a = architecture('a', { tables: { prices } })
export const then = (db: Kysely<DatabaseOf<typeof a>>) => asOf(db, prices, new Date())
export const history = historyOf(prices)`
    const none = await said(asking(''))
    expect(
      none.match(/\\"prices\\" keeps no versions: write t\.versioned\(\{ history: 'prices_history' \}\)/gu)
        ?.length,
    ).toBeGreaterThanOrEqual(2)
    expect(await said(asking(`, t.versioned({ history: 'prices_history' })`))).toContain(
      `\\"prices_history\\" is not among the tables of this database: add historyOf(…) to its architecture`,
    )
  })

  test('of a table that is not there, when the tables were put together elsewhere', async () => {
    expect(
      await said(`const items = table('items', { id: 'bigint' }, (t) => [t.references('id', 'tenats')])
const all = { tenants, items }
export const b = architecture('b', { tables: { ...all } })`),
    ).toContain(`references \\"tenats\\", which is not among the tables"`)
  })
})

describe('a project that has Assay installed', () => {
  test('has the same row types, and can emit declarations of its own', async () => {
    const rows = readFileSync(new URL('types/rows.ts', import.meta.url), 'utf8')
    const exported = rows.replaceAll(/^const (?!same)/gmu, 'export const ')
    expect((await compile({ 'rows.ts': exported }, 'installed')).errors).toEqual([])
  })
})
