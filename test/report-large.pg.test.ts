/** The report of 300 tables does not do more for a page than the page shows. It is made from the real proof of ten. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { enlarge, proveTen } from '../bench/support/enlarge.ts'
import { writeSite } from '../src/report/write-site.ts'
import { addressOf } from '../src/site/address.ts'
import { expectAccessible, openBrowser, openReport, whyNoBrowser } from './support/browser.ts'

const tables = 300
const home = mkdtempSync(join(tmpdir(), 'assay-report-large-'))
const site = join(home, 'report')
let browser: Browser

const elements = (page: Page): Promise<number> => page.evaluate('document.getElementsByTagName("*").length')

const bytesOf = (read: readonly string[]): number =>
  [...new Set(read)].reduce((sum, file) => sum + statSync(join(site, file)).size, 0)

describe.skipIf(whyNoBrowser !== '')(`the report of ${tables} tables`, () => {
  beforeAll(async () => {
    await writeSite(site, enlarge(await proveTen(), tables))
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(home, { recursive: true })
  })

  const on = async (
    hash: string,
    look: (page: Page, read: readonly string[]) => Promise<void>,
  ): Promise<void> => {
    const { page, read, close } = await openReport(browser, site, hash)
    try {
      await look(page, read)
    } catch (cause) {
      await page.context().close()
      throw cause
    }
    await close()
  }
  const to = (page: 'board' | 'diagram' | 'mutants', query: Readonly<Record<string, string>> = {}): string =>
    addressOf(`${tables} tables`, page, undefined, query)

  test('reads less than a megabyte to begin with, whatever is in it', async () => {
    await on('', async (page, read) => {
      expect(await page.getByRole('main').innerText()).toContain(String(tables))
      expect(read.filter((file) => file.startsWith('data/'))).toEqual(['data/index.js'])
      expect(bytesOf(read)).toBeLessThan(1_000_000)
      expect(await elements(page)).toBeLessThan(400)
    })
  })

  test('shows the board a hundred tables at a time, and finds one among all', async () => {
    await on(to('board'), async (page, read) => {
      const names = page.getByRole('grid').getByRole('rowheader')
      expect(await names.count()).toBe(100)
      expect(await elements(page)).toBeLessThan(8_000)
      expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe(String(tables + 1))
      await page.getByRole('button', { name: 'Next' }).click()
      expect(await names.first().innerText()).toBe('t0100')
      expect(await page.getByRole('row').nth(1).getAttribute('aria-rowindex')).toBe('102')
      await page.getByLabel('Table', { exact: true }).fill('t029')
      await expect.poll(() => names.count()).toBe(10)
      expect(read.filter((file) => file.startsWith('data/'))).toEqual(['data/index.js'])
      await expectAccessible(page)
    })
  })

  test('draws one domain first, in a worker, and has nothing else in the document', async () => {
    await on(to('diagram'), async (page, read) => {
      await page.locator('[data-state=placed] .box').first().waitFor()
      expect(await page.locator('.box').count()).toBe(10)
      expect(page.workers()).toHaveLength(1)
      expect(await elements(page)).toBeLessThan(1_500)
      expect(read.filter((file) => file.startsWith('data/'))).toEqual(['data/index.js', 'data/a0-diagram.js'])
      await page.getByLabel('Around the table').selectOption('t0155')
      await expect.poll(() => page.locator('.box-title a').allInnerTexts()).toContain('t0150')
      expect(page.url()).toContain('at=t0155')
    })
  })

  test('draws all of them when asked, by name, and only what is in view', async () => {
    await on(to('diagram', { show: 'all' }), async (page) => {
      await page.locator('[data-state=placed] .box').first().waitFor()
      expect(await page.locator('.box').count()).toBeLessThanOrEqual(tables)
      expect(await page.locator('.box li').count()).toBe(0)
      expect(await elements(page)).toBeLessThan(9_000)
      for (let n = 0; n < 12; n++) await page.getByRole('button', { name: 'Zoom in' }).click()
      await expect.poll(() => page.locator('.box').count()).toBeLessThan(100)
    })
  })

  test('counts mutants a hundred tables at a time', async () => {
    await on(to('mutants'), async (page) => {
      expect(await page.getByRole('row').count()).toBe(101)
    })
  })
})
