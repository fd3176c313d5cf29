/** Plans of declared queries in the report, opened from disk in a real browser: as trees, as pictures, and by size. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RulePlan } from '../src/prove/result.ts'
import { proofOfValidation } from '../src/report/validated-proof.ts'
import { writeSite } from '../src/report/write-site.ts'
import { addressOf } from '../src/site/address.ts'
import { expectAccessible, openBrowser, openReport, whyNoBrowser } from './support/browser.ts'
import { resultOf, rule, sound } from './support/ledger-results.ts'
import { proofOf } from './support/report-proofs.ts'

const home = mkdtempSync(join(tmpdir(), 'assay-report-plans-'))
const site = join(home, 'report')
const id = 'queries/orders "</script><b>"'
let browser: Browser

const plan = (call: string, basis: RulePlan['basis'], relation: string): RulePlan => ({
  call,
  basis,
  tree: ['Limit', `  Seq Scan on ${relation} (Filter: id)`],
  plan: {
    'Node Type': 'Limit',
    'Total Cost': 9,
    'Plan Rows': 2,
    Plans: [{ 'Node Type': 'Seq Scan', 'Relation Name': relation, 'Total Cost': 8, 'Plan Rows': 2 }],
  },
  sql: `select 1 from "${relation}"`,
})

const odd = 'Odd "<i>" ‮page'
const swept = [
  { rows: 1_000, shape: 'Limit\n  Seq Scan on orders', cost: 12 },
  { rows: 10_000, shape: `Limit\n  Index Scan using "${odd}" on orders`, cost: 40 },
]

const query = rule(id, {
  table: 'orders',
  kind: 'query',
  sentence: '"orders </script><b>": no table read whole',
  claims: [],
  red: null,
  plans: [plan('with frequent values', 'loaded', odd), plan('at 10 rows of orders', 'size', odd)],
  sweeps: [
    { table: odd, points: swept, flips: [{ below: swept[0]!, above: swept[1]! }], failed: null },
    { table: 'users', points: [], flips: [], failed: 'Plans can be projected only on the local PostgreSQL.' },
  ],
})

describe.skipIf(whyNoBrowser !== '')('plans in the report', () => {
  beforeAll(async () => {
    const { server } = sound
    const measured = {
      calibration: 1,
      rows: { orders: 5 },
      queries: [],
      writes: [],
      indexes: [],
      findings: [],
    }
    const validated = { architecture: 'shop', server, rules: [query], ...measured }
    await writeSite(site, proofOfValidation([validated], []))
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(home, { recursive: true })
  })

  test('are nothing that a report without them has', async () => {
    const bare = join(home, 'bare')
    const written = await writeSite(bare, proofOf(resultOf([rule('orders/check:a')], [])))
    expect(written.filter((file) => /plan/u.test(file.slice(bare.length)))).toEqual([])
    expect(existsSync(join(bare, 'plan.js'))).toBe(false)
  })

  test('stand on the page of their query as trees, and by size as a chart with what changes in words', async () => {
    const { page, read, close } = await openReport(browser, site, addressOf('shop', 'rule', id))
    await expectAccessible(page)
    expect(await page.getByRole('region', { name: 'Plan 1 as a tree' }).innerText()).toContain(
      'Seq Scan on Odd',
    )
    expect(await page.locator('.plan-calls li').allInnerTexts()).toEqual([
      'with frequent values run on loaded rows',
      'at 10 rows of orders planned, not run',
    ])
    expect(await page.getByRole('img', { name: 'Cost by size' }).count()).toBe(1)
    const change = page.getByRole('region', { name: 'What changes at 10,000 rows' })
    expect(await change.locator('.gone').innerText()).toContain('-   Seq Scan on orders')
    expect(await change.locator('.come').innerText()).toContain('+   Index Scan using')
    expect(await page.getByText('only on the local PostgreSQL').count()).toBe(1)
    expect(read.filter((file) => file.startsWith('plan') || file.includes('-p'))).toEqual([])
    await close()
  })

  test.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)(
    'are drawn by pev2 and led to by keyboard alone, %s and %i wide',
    async (colorScheme, width) => {
      const { page, close } = await openReport(browser, site, addressOf('shop', 'rule', id), {
        colorScheme,
        viewport: { width, height: 800 },
      })
      await page.getByRole('link', { name: 'at 10 rows of orders' }).focus()
      await page.keyboard.press('Enter')
      await page.locator('.plan-body').getByText('Seq Scan').first().waitFor()
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(query.sentence)
      expect(await page.getByLabel('Plan', { exact: true }).inputValue()).toBe('1')
      expect(await page.locator('html').getAttribute('data-bs-theme')).toBe(colorScheme)
      const size = await page.locator('.plan-body').boundingBox()
      expect(size!.height).toBeGreaterThan(400)
      expect(
        await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
      ).toBe(0)
      await page.getByLabel('Plan', { exact: true }).selectOption('0')
      await expect.poll(() => page.url()).toContain('?a0-p0/0')
      await page.getByRole('link', { name: 'Back to the query' }).click()
      await page.getByRole('heading', { level: 1, name: query.sentence }).waitFor()
      await close()
    },
  )

  test('that are not there are told', async () => {
    const { page, close } = await openReport(browser, site, '?a0-p0/7', { file: 'plan.html' })
    await page.getByText('The query has fewer plans.').waitFor()
    await page.goto(page.url().replace('?a0-p0/7', '?../x'))
    await page.getByText('The address names none.').waitFor()
    await close()
  })
})
