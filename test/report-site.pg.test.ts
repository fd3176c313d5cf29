/**
 * A real proof with one broken structure: what it prints is what the README shows, figures may grow with the example; and
 * its report, opened from disk in a real browser.
 */
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeOutput } from '../src/cli/output.ts'
import { proofAnswer } from '../src/cli/prove-command.ts'
import { proveProject, type ProjectProof } from '../src/project/prove-project.ts'
import { plainPaint } from '../src/report/paint.ts'
import { ruleScript } from '../src/report/given-when-then.ts'
import { writeSite } from '../src/report/write-site.ts'
import { addressOf, parseAddress } from '../src/site/address.ts'
import { expectAccessible, openBrowser, openReport, whyNoBrowser } from './support/browser.ts'
import { commerce } from './support/command-line.ts'
import { blockAfter, expectInOrder } from './support/readme-blocks.ts'

const broken = 'products/check:price_not_negative'
const home = realpathSync(mkdtempSync(join(tmpdir(), 'assay-report-site-')))
const site = join(home, 'report')
let browser: Browser
let proof: ProjectProof

/** Stands in a directory as it does in a checkout. */
const proveBroken = async (): Promise<ProjectProof> => {
  const directory = join(home, 'examples/commerce')
  cpSync(commerce, directory, { recursive: true })
  const file = join(directory, 'migrations/0002_catalogue.sql')
  const constraint = ' constraint products_price_not_negative check (price >= 0)'
  const text = readFileSync(file, 'utf8')
  expect(text).toContain(constraint)
  writeFileSync(file, text.replace(constraint, ''))
  return proveProject({ directory, command: 'prove', only: [] })
}

/** As it is printed for somebody who stands at the top of the checkout. */
const printed = (): string => {
  const here = process.cwd()
  process.chdir(home)
  try {
    const output = { ...makeOutput(false), layout: { paint: plainPaint, width: 80 } }
    const shown = { command: 'prove', directory: 'examples/commerce', options: {}, output } as const
    return String(proofAnswer(proof, shown).text)
  } finally {
    process.chdir(here)
  }
}

beforeAll(async () => {
  proof = await proveBroken()
})
afterAll(() => rmSync(home, { recursive: true }))

test('what is printed is what the README shows', () => {
  expectInOrder(blockAfter('## What a run prints', 'text'), printed())
})

describe.skipIf(whyNoBrowser !== '')('the report of a proof', () => {
  beforeAll(async () => {
    await writeSite(site, proof)
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())

  const to = (
    ...parts: Parameters<typeof addressOf> extends [string, ...infer Rest] ? Rest : never
  ): string => addressOf('commerce', ...parts)

  const on = async (
    hash: string,
    look: (page: Page, read: readonly string[]) => Promise<void>,
    options: Parameters<typeof openReport>[3] = {},
  ): Promise<void> => {
    const { page, read, close } = await openReport(browser, site, hash, options)
    try {
      await look(page, read)
    } catch (cause) {
      await page.context().close()
      throw cause
    }
    await close()
  }

  test('begins with what is proven: the verdict, the score, the figures, and what is to do with its fix', async () => {
    await on('', async (page, read) => {
      await expectAccessible(page)
      const main = page.getByRole('main')
      expect(await main.getByRole('heading', { level: 1 }).innerText()).toContain(
        '1 thing keeps this from being proven',
      )
      const { summary } = proof.proofs[0]!.result
      const words = await main.innerText()
      for (const n of [summary.rules, summary.structures, summary.mutants.killed, summary.mutants.stillborn])
        expect(words).toContain(n.toLocaleString('en'))
      expect(words).toContain('100 %')
      expect(words).toContain('add to a migration:')
      expect(words).toContain('add constraint "products_price_not_negative" check (price >= 0);')
      expect(await main.getByRole('button', { name: 'Copy the fix' }).count()).toBe(1)
      expect(read.filter((file) => file.startsWith('data/'))).toEqual([
        'data/index.js',
        'data/a0-findings.js',
      ])
    })
  })

  test('copies a fix', async () => {
    await on(
      '',
      async (page) => {
        await page.getByRole('button', { name: 'Copy the fix' }).click()
        await page.getByText('Copied').waitFor()
        expect(await page.evaluate('navigator.clipboard.readText()')).toContain('check (price >= 0);')
      },
      { permissions: ['clipboard-read', 'clipboard-write'] },
    )
  })

  test('has a board of tables by kinds of rules that says its states in words', async () => {
    await on(to('board'), async (page) => {
      await expectAccessible(page)
      const grid = page.getByRole('grid')
      const { tables, rules } = proof.proofs[0]!.result
      expect(await grid.getByRole('rowheader').allInnerTexts()).toEqual(tables)
      const kinds = [...new Set(rules.map(({ kind }) => kind))]
      expect(await grid.getByRole('columnheader').count()).toBe(kinds.length + 1)
      const cell = grid.getByRole('link', { name: '1 green, 1 red: check of products' })
      expect(await cell.innerText()).toContain('✗ 1/2')
      expect(await grid.getByRole('gridcell', { name: 'no rule' }).count()).toBeGreaterThan(5)
    })
  })

  test('filters and sorts the board, and says how many are left', async () => {
    await on(to('board'), async (page) => {
      const names = page.getByRole('grid').getByRole('rowheader')
      await page.getByLabel('State').selectOption('red')
      await expect.poll(() => names.allInnerTexts()).toEqual(['products'])
      const { length } = proof.proofs[0]!.result.tables
      expect(await page.getByRole('status').first().innerText()).toBe(`1 of ${length} tables`)
      // The filter is in the address: going back to it, or sending it, shows the same.
      await expect.poll(() => page.url()).toContain('state=red')
      await page.getByRole('button', { name: 'Show all' }).click()
      await page.getByRole('columnheader', { name: 'Table' }).getByRole('button').click()
      await expect.poll(() => names.first().innerText()).toBe('audit_log_personal')
      expect(await page.getByRole('columnheader', { name: 'Table' }).getAttribute('aria-sort')).toBe(
        'ascending',
      )
      await page.getByLabel('Table', { exact: true }).fill('order')
      await expect.poll(() => names.allInnerTexts()).toEqual(['order_items', 'orders'])
      await page.getByLabel('Table', { exact: true }).fill('no such')
      await page.getByText('No table is like this').waitFor()
    })
  })

  test('leads by keyboard alone from the board to the SQL of the rule that is red', async () => {
    await on(to('board'), async (page) => {
      const focused = (): Promise<string> =>
        page.evaluate(
          `document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()`,
        )
      const tabUntil = async (wanted: RegExp, most: number): Promise<void> => {
        for (let n = 0; n < most; n++) {
          if (wanted.test(await focused())) return
          await page.keyboard.press('Tab')
        }
        expect(await focused()).toMatch(wanted)
      }
      await page.keyboard.press('Tab')
      expect(await focused()).toBe('Skip to the page')
      await page.keyboard.press('Enter')
      await tabUntil(/^tenants$/u, 12)
      for (let n = 0; n < 4; n++) await page.keyboard.press('ArrowDown')
      expect(await focused()).toBe('products')
      for (let n = 0; n < 20 && !/1 red: check/u.test(await focused()); n++)
        await page.keyboard.press('ArrowRight')
      expect(await focused()).toContain('1 red: check of products')
      const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
      expect(outline).toBe('solid')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { level: 1, name: 'products' }).waitFor()
      // The new page's heading has the focus, so that it is read out.
      expect(await focused()).toBe('products')
      await tabUntil(/^price not negative/u, 12)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { level: 1, name: /price not negative/u }).waitFor()
      await tabUntil(/^SQL of experiment 2$/u, 20)
      const sql = await page.evaluate('document.activeElement.innerText')
      expect(sql).toContain('-- Then it is refused with SQLSTATE 23514 by products_price_not_negative')
      await page.goBack()
      await page.getByRole('heading', { level: 1, name: 'products' }).waitFor()
    })
  })

  test('the arrows, Home, End and Control stay inside the board, which is one stop of the Tab key', async () => {
    await on(to('board'), async (page) => {
      const grid = page.getByRole('grid')
      const focused = (): Promise<string> => page.evaluate('document.activeElement.textContent')
      await grid.getByRole('link', { name: 'tenants' }).first().focus()
      await page.keyboard.press('ArrowUp')
      expect(await focused()).toContain('Table')
      await page.keyboard.press('ArrowUp')
      await page.keyboard.press('ArrowLeft')
      expect(await focused()).toContain('Table')
      await page.keyboard.press('End')
      await page.keyboard.press('ArrowRight')
      const kinds = proof.proofs[0]!.result.rules.map(({ kind }) => kind)
      expect(await focused()).toBe([...new Set(kinds)].at(-1))
      await page.keyboard.press('Control+End')
      await page.keyboard.press('ArrowDown')
      expect(await focused()).toContain(`of ${proof.proofs[0]!.result.tables.at(-1)}`)
      await page.keyboard.press('Control+Home')
      expect(await focused()).toContain('Table')
      expect(await grid.locator('[tabindex="0"]').count()).toBe(1)
      await page.keyboard.press('Tab')
      expect(await page.evaluate(`document.activeElement.closest('[role=grid]') === null`)).toBe(true)
    })
  })

  test('shows a rule with its evidence, and its experiments in words with the very SQL of explain', async () => {
    await on(to('rule', broken), async (page, read) => {
      await expectAccessible(page)
      const { result } = proof.proofs[0]!
      const rule = result.rules.find(({ id }) => id === broken)!
      const words = await page.getByRole('main').innerText()
      expect(words).toContain(rule.sentence)
      expect(words).toContain('products.ts:')
      expect(words).toContain('No structure stands for it.')
      expect(words).toContain('No: 2 of 4 experiments do not hold.')
      for (const word of ['Given', 'When', 'Then', 'Observed']) expect(words).toContain(word)
      expect(words).toContain('a row is inserted into products')
      expect(words).toContain('accepted: 1 row')
      const articles = page.getByRole('article')
      expect(await articles.count()).toBe(rule.experiments.length)
      const scripts: string[] = []
      for (const article of await articles.all()) {
        const details = article.locator('details')
        if ((await details.getAttribute('open')) === null) await details.locator('summary').click()
        scripts.push((await article.locator('details pre').textContent()) ?? '')
      }
      const whole = ruleScript(rule, { owner: result.owner! })
      expect(whole.endsWith(scripts.join('\n\n'))).toBe(true)
      // The table of the rule, and none of the others.
      const position = result.tables.indexOf('products')
      expect(read.filter((file) => file.startsWith('data/'))).toEqual([
        'data/index.js',
        `data/a0-t${position}.js`,
      ])
    })
  })

  test('shows a structure with each mutant as a difference of its DDL, and who noticed', async () => {
    await on(to('structure', 'products/unique:tenant_id,slug'), async (page) => {
      await expectAccessible(page)
      const { structures } = proof.proofs[0]!.result
      const structure = structures.find(({ id }) => id === 'products/unique:tenant_id,slug')!
      const words = await page.getByRole('main').innerText()
      expect(words).toContain(structure.definition)
      expect(words).toContain(structure.fingerprint)
      expect(await page.getByRole('article').count()).toBe(structure.mutants.length)
      const article = page.getByRole('article').filter({ hasText: 'tenant_id, slug without tenant_id' })
      expect(await article.locator('del').allInnerTexts()).toEqual(['tenant_id, '])
      expect(await article.locator('ins').count()).toBe(0)
      await article.getByRole('link', { name: /^products\/.+#\d+/u }).click()
      await page.getByRole('heading', { level: 1, name: /products/u }).waitFor()
      const asked = page.locator('.experiment.asked')
      await asked.waitFor()
      expect(await page.evaluate(`document.activeElement.closest('.asked') !== null`)).toBe(true)
    })
  })

  test('counts the mutants of each table, and shows the same over the source of each table', async () => {
    await on(to('mutants'), async (page) => {
      await expectAccessible(page)
      const row = page.getByRole('row').filter({ hasText: 'products' })
      expect(await row.getByRole('cell').count()).toBe(8)
      await page.getByRole('link', { name: 'The same over the source of each table' }).click()
      const app = page.locator('mutation-test-report-app')
      await app.getByText('products.sql').filter({ visible: true }).first().click()
      await app.getByText('products/unique:tenant_id,slug').first().waitFor()
      await page.getByRole('link', { name: 'Back to the report' }).click()
      await page.getByRole('heading', { level: 1 }).waitFor()
    })
  })

  test('draws the tables and says the same in words', async () => {
    await on(to('diagram'), async (page) => {
      await page.locator('[data-state=placed] .box').first().waitFor()
      await expectAccessible(page)
      const { tables, diagram } = proof.proofs[0]!.result
      // One domain first: what no foreign key joins to it is drawn when it is asked for.
      const alone = tables.filter((table) => /^audit_log|_history$/u.test(table))
      const joined = tables.filter((table) => !alone.includes(table))
      expect((await page.locator('.box-title a').allInnerTexts()).toSorted()).toEqual(joined.toSorted())
      expect(await page.locator('.box', { hasText: 'products' }).first().innerText()).toContain('✗ red')
      const references = (diagram ?? []).flatMap((table) => table.references)
      expect(await page.locator('.react-flow__edge').count()).toBe(references.length)
      const words = page.getByRole('region', { name: 'Tables and references' })
      expect(await words.getByRole('row').count()).toBe(joined.length + 1)
      expect(await words.innerText()).toContain('tenant_id, product_id → products')
      const viewport = (): Promise<string> =>
        page.locator('.react-flow__viewport').evaluate((element) => element.getAttribute('style') ?? '')
      const before = await viewport()
      await page.getByRole('region', { name: 'Diagram' }).focus()
      await page.keyboard.press('ArrowRight')
      await expect.poll(viewport).not.toBe(before)
      const download = page.waitForEvent('download')
      await page.getByRole('button', { name: 'Save as SVG' }).click()
      const svg = readFileSync((await (await download).path()) ?? '', 'utf8')
      for (const table of joined) expect(svg).toContain(`>${table}<`)
    })
  })

  test('stops placing when it is asked to, and the words stay', async () => {
    const { page, close } = await openReport(browser, site)
    await page.evaluate(`window.Worker = class { postMessage() {} terminate() { window.ended = true } }`)
    await page.getByRole('link', { name: 'Diagram', exact: true }).click()
    await page.getByRole('progressbar', { name: 'Placing the tables' }).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Cancelled.').waitFor()
    expect(await page.evaluate('window.ended')).toBe(true)
    expect(await page.getByRole('region', { name: 'Tables and references' }).count()).toBe(1)
    await close()
  })

  test('is dark where the system is, and as the reader chooses, also on the next visit', async () => {
    const ground = (page: Page): Promise<string> =>
      page.evaluate('getComputedStyle(document.body).backgroundColor')
    await on('', async (page) => expect(await ground(page)).toBe('rgb(255, 255, 255)'), {
      colorScheme: 'light',
    })
    await on(
      '',
      async (page) => {
        expect(await ground(page)).toBe('rgb(20, 23, 27)')
        await page.getByLabel('Colours').selectOption('light')
        expect(await ground(page)).toBe('rgb(255, 255, 255)')
        await page.reload()
        await page.locator('main h1').waitFor()
        expect(await ground(page)).toBe('rgb(255, 255, 255)')
      },
      { colorScheme: 'dark' },
    )
  })

  test.each([320, 768, 3840])('fits a screen of %i pixels on every page', async (width) => {
    const pages = [
      to('board'),
      to('table', 'products'),
      to('rule', broken),
      to('structure', 'products/policy:tenant_isolation'),
      to('mutants'),
      to('diagram'),
      to(),
    ]
    await on(
      '',
      async (page) => {
        for (const hash of pages) {
          await page.evaluate(`window.location.assign(${JSON.stringify(hash)})`)
          await page.locator(`main.at-${parseAddress(hash).page} h1`).waitFor()
          await expectAccessible(page)
        }
      },
      { viewport: { width, height: 800 } },
    )
  })

  test('is printed whole, without its controls', async () => {
    await on(to('rule', broken), async (page) => {
      await page.emulateMedia({ media: 'print' })
      expect(await page.getByRole('navigation', { name: 'Pages' }).isVisible()).toBe(false)
      expect((await page.pdf()).length).toBeGreaterThan(10_000)
    })
  })

  test('has several architectures to choose from, and says of each what was not looked at', async () => {
    const [one] = proof.proofs
    const { result } = one!
    const part: typeof result = {
      ...result,
      architecture: 'the other / one',
      rules: result.rules.filter(({ table }) => table === 'users').map((rule) => ({ ...rule, red: null })),
      structures: [],
      findings: [],
    }
    const several = join(home, 'several')
    const asked = { command: 'green', only: ['users'] } as const
    await writeSite(several, { proofs: [one!, { ...one!, result: part }], ok: true, asked })
    const { page, close } = await openReport(browser, several)
    await page.getByLabel('Architecture').selectOption('the other / one')
    await page.getByText('What was asked for holds').waitFor()
    const words = await page.getByRole('main').innerText()
    expect(words).toContain('Only a part was looked at: users.')
    expect(words).toContain('not looked at in this run')
    await page.getByRole('link', { name: 'Board', exact: true }).click()
    const row = page.getByRole('row').filter({ hasText: 'tenants' })
    await expect.poll(() => row.getByRole('gridcell', { name: 'not looked at' }).count()).toBeGreaterThan(3)
    expect(await page.getByRole('main').innerText()).toContain('was not looked at in this run')
    await page.getByRole('grid').getByRole('link', { name: 'users', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'users' }).waitFor()
    await expectAccessible(page)
    await close()
  })

  test('a link leads to the top of its page, and going back to where it was left', async () => {
    await on(to('table', 'products'), async (page) => {
      const scrolled = (): Promise<number> => page.evaluate('window.scrollY')
      await page.getByRole('link', { name: 'products/comment:price', exact: true }).click()
      await page.getByRole('heading', { level: 1, name: 'comment price' }).waitFor()
      await expect.poll(scrolled).toBe(0)
      await page.goBack()
      await page.getByRole('heading', { level: 1, name: 'products' }).waitFor()
      await expect.poll(scrolled).toBeGreaterThan(500)
    })
  })

  test('what is not in it is said to be so', async () => {
    await on(to('rule', 'products/check:no_such'), async (page) => {
      expect(await page.locator('h1').innerText()).toBe(
        'There is no rule products/check:no_such in this report',
      )
    })
    await on(to('table', 'no such'), expectAccessible)
  })

  test('a data file that is gone is named', async () => {
    const copy = join(home, 'copy')
    await writeSite(copy, proof)
    rmSync(join(copy, 'data/a0-t0.js'))
    const { page, close } = await openReport(browser, copy, to('table', 'tenants'))
    expect(await page.getByRole('alert').innerText()).toContain('data/a0-t0.js is missing')
    await close(/ERR_FILE_NOT_FOUND|is missing beside/u)
  })
})
