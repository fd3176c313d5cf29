/** The example, from end to end: proven as it stands; every break by hand is found, named and given its mend. */
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Finding, ProveSummary } from '../src/prove/result.ts'
import { assay, withCommerce } from './support/command-line.ts'

interface Envelope {
  readonly ok: boolean
  readonly summary: ProveSummary
  readonly findings: readonly Finding[]
  readonly artifacts: readonly string[]
}

const prove = async (
  directory: string,
  ...options: readonly string[]
): Promise<Envelope & { readonly code: number | null }> => {
  const ran = await assay(['prove', directory, '--json', ...options])
  expect(ran.stderr).toBe('')
  return { code: ran.code, ...(JSON.parse(ran.stdout) as Envelope) }
}

/** Every file of the ledger with its bytes. */
const ledgerOf = (directory: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(join(directory, 'ledger'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((file) => [file.slice(directory.length), readFileSync(file, 'utf8')]),
  )

const edit = (directory: string, file: string, from: string, to: string): void => {
  const path = join(directory, 'migrations', file)
  const text = readFileSync(path, 'utf8')
  expect(text).toContain(from)
  writeFileSync(path, text.replace(from, to))
}

describe('examples/commerce as it stands', () => {
  it('is proven: nothing survives, nothing is unsolved, and the committed ledger keeps its bytes', async () => {
    await withCommerce(async (directory) => {
      const committed = ledgerOf(directory)
      const { code, ok, summary, findings, artifacts } = await prove(directory)
      expect(findings).toEqual([])
      // What would be written is there already.
      expect({ code, ok, artifacts }).toEqual({ code: 0, ok: true, artifacts: [] })
      expect(summary.tables).toBe(14)
      expect(summary.red).toBe(summary.rules)
      expect(summary.green).toBe(summary.rules)
      expect(summary.unproven).toBe(0)
      expect(summary.mutants).toMatchObject({ survived: 0, unsolved: 0 })
      expect(summary.mutants.killed).toBeGreaterThan(500)
      expect(ledgerOf(directory)).toEqual(committed)
    })
  })

  it('passes check, and check notices a migration that the ledger does not know', async () => {
    await withCommerce(async (directory) => {
      expect((await assay(['check', directory])).code).toBe(0)
      appendFileSync(
        join(directory, 'migrations', '0003_orders.sql'),
        '\nalter table orders alter status drop not null;\n',
      )
      const ran = await assay(['check', directory, '--json'])
      expect(ran.code).toBe(1)
      const findings = (JSON.parse(ran.stdout) as Envelope).findings
      expect(findings.map((f) => f.structure ?? f.rule)).toContain('orders/required:status')
    })
  })
})

interface Break {
  readonly what: string
  readonly file: string
  readonly from: string
  readonly to: string
  /** Id of the rule, or of the structure when nothing declares it. */
  readonly id: string
  readonly table: string
  readonly mend: RegExp
}

const breaks: readonly Break[] = [
  {
    what: 'a CHECK is taken out',
    file: '0002_catalogue.sql',
    from: ' constraint products_price_not_negative check (price >= 0)',
    to: '',
    id: 'products/check:price_not_negative',
    table: 'products',
    mend: /alter table .*products.* check \(\(?price >= 0\)?\)/iu,
  },
  {
    what: 'a policy is taken out',
    file: '0003_orders.sql',
    from: 'create policy tenant_isolation on orders to app using (tenant_id = current_tenant());',
    to: '',
    id: 'orders/isolatedBy:tenant_id',
    table: 'orders',
    mend: /create policy/iu,
  },
  {
    what: "a foreign key's action is exchanged",
    file: '0004_user_activity.sql',
    from: 'references users on delete cascade',
    to: 'references users on delete restrict',
    id: 'user_activity/references:tenant_id,user_id->users',
    table: 'user_activity',
    mend: /on delete cascade/iu,
  },
  {
    what: 'a default is taken out',
    file: '0003_orders.sql',
    from: `status     order_status not null default 'pending'`,
    to: 'status     order_status not null',
    id: 'orders/default:status',
    table: 'orders',
    mend: /set default 'pending'/iu,
  },
  {
    what: 'an index is added that nobody declares',
    file: '0002_catalogue.sql',
    from: 'comment on column',
    to: 'create index products_by_name on products (name);\n\ncomment on column',
    id: 'products/index:name',
    table: 'products',
    mend: /declare|drop/iu,
  },
]

/** What is said of a break: the table, the rule or structure, and how to mend it. */
const expectToBeTold = (findings: readonly Finding[], { id, table, mend }: Break): void => {
  const told = findings.filter((f) => (f.rule ?? f.structure) === id)
  expect(told[0], JSON.stringify(findings, null, 1)).toBeDefined()
  expect(told[0]!.summary).toContain(table)
  expect(told.map((f) => f.fix).join('\n')).toMatch(mend)
}

describe('examples/commerce broken by hand', () => {
  it('in five places at once: exit 1, with the table, the rule and the mend of each', async () => {
    await withCommerce(async (directory) => {
      for (const { file, from, to } of breaks) edit(directory, file, from, to)
      const { code, ok, findings } = await prove(directory, '--only', ...breaks.map(({ id }) => id))
      expect({ code, ok }).toEqual({ code: 1, ok: false })
      for (const one of breaks) expectToBeTold(findings, one)
    })
  })

  it.each(breaks)('$what, and nothing else: exit 1 of the proof of what is broken', async (one) => {
    await withCommerce(async (directory) => {
      edit(directory, one.file, one.from, one.to)
      const { code, ok, findings } = await prove(directory, '--only', one.id)
      expect({ code, ok }).toEqual({ code: 1, ok: false })
      expectToBeTold(findings, one)
    })
  })
})
