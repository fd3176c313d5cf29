/** A database whose every name and text tries to be something else, proven, reported and opened: it stays text. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { architecture, table } from 'assay'
import type { Architecture } from '../src/architecture/architecture.ts'
import { ident, literal } from '../src/postgres/quote.ts'
import { startServer } from '../src/postgres/start.ts'
import { prove } from '../src/prove/prove.ts'
import type { ProveResult } from '../src/prove/result.ts'
import { writeSite } from '../src/report/write-site.ts'
import { addressOf, parseAddress } from '../src/site/address.ts'
import { shownText } from '../src/site/shown-text.ts'
import { expectAccessible, openBrowser, openReport, whyNoBrowser } from './support/browser.ts'

const script = `</script><img src=x onerror="window.pwned=1">`
const proto = '__proto__'
const turned = `a/b#c?d\u202e'"\`\${1}\u2028`
const long = 'é'.repeat(31) + 'x'

const names = [script, proto, turned, long]

const declared = architecture(`<b>shop</b> & "co"`, {
  tables: Object.fromEntries(
    names.map((name) => [
      name,
      table(
        { schema: 'public', name },
        { id: 'bigint', [turned]: 'text' } as never,
        ((t: never) => {
          const rules = t as {
            required(...c: string[]): unknown
            primaryKey(...c: string[]): unknown
            says(s: unknown): unknown
          }
          return [rules.primaryKey('id'), rules.required(turned), rules.says(script)]
        }) as never,
      ),
    ]),
  ) as never,
}) as never as Architecture

const migration = names
  .map(
    (name) =>
      `create table ${ident(name)} (id bigint primary key, ${ident(turned)} text not null); comment on table ${ident(name)} is ${literal(script)};`,
  )
  .join('\n')

const home = mkdtempSync(join(tmpdir(), 'assay-report-hostile-'))
const site = join(home, 'report')
let browser: Browser
let result: ProveResult

describe.skipIf(whyNoBrowser !== '')('the report of hostile names', () => {
  beforeAll(async () => {
    const server = await startServer({})
    try {
      const template = await server.createDatabase('hostile')
      const owner = await server.connect(template, 'owner')
      await owner.query(migration)
      await owner.end()
      await server.admitRoles()
      const steps = ['green', 'red', 'mutate'] as const
      result = await prove({ architecture: declared, server, template, steps, only: [], startSeconds: 0 })
    } finally {
      await server.stop()
    }
    const ledger = { directory: home, whole: false, written: [], removed: [] }
    await writeSite(site, { proofs: [{ result, ledger }], ok: true })
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(home, { recursive: true })
  })

  test('shows each page as text, reachable by its links, and runs nothing of it', async () => {
    const { page, close } = await openReport(browser, site)
    const structures = result.structures.filter(({ kind }) => kind === 'comment')
    expect(structures.length).toBe(names.length)
    const addresses = [
      addressOf(declared.name, 'board'),
      addressOf(declared.name, 'diagram'),
      addressOf(declared.name, 'mutants'),
      ...result.tables.map((id) => addressOf(declared.name, 'table', id)),
      ...result.rules.map(({ id }) => addressOf(declared.name, 'rule', id)),
      ...structures.map(({ id }) => addressOf(declared.name, 'structure', id)),
    ]
    for (const address of addresses) {
      await page.evaluate(`window.location.assign(${JSON.stringify(address)})`)
      await page.locator(`main.at-${parseAddress(address).page} h1`).waitFor()
      expect(await page.locator('main h1').innerText(), address).not.toMatch(/There is no|cannot be shown/u)
      await page.evaluate(`for (const one of document.querySelectorAll('main details')) one.open = true`)
      await page.evaluate('new Promise(requestAnimationFrame)')
      expect(await page.locator('main img, main b').count()).toBe(0)
      expect(await page.evaluate('window.pwned')).toBeUndefined()
      expect(await page.locator('body').innerText()).not.toMatch(/[\u2028\u202e]/u)
    }
    await page.evaluate(`window.location.assign(${JSON.stringify(addressOf(declared.name, 'board'))})`)
    const rows = page.getByRole('grid').getByRole('rowheader')
    await expect.poll(() => rows.allInnerTexts()).toEqual(result.tables.map(shownText))
    await expectAccessible(page)
    await close()
  })

  test('draws them, with their references', async () => {
    const { page, close } = await openReport(browser, site, addressOf(declared.name, 'diagram'))
    await page.locator('[data-state=placed] .box').first().waitFor()
    const drawn = await page.locator('.box-title a').allInnerTexts()
    expect(drawn.toSorted()).toEqual(result.tables.map(shownText).toSorted())
    await close()
  })

  test('gives mutation-testing-elements the same, as text', async () => {
    const { page, close } = await openReport(browser, site, '', { file: 'mutants-0.html' })
    const app = page.locator('mutation-test-report-app')
    await app.getByText('__proto__.sql').filter({ visible: true }).first().waitFor()
    expect(await page.evaluate('window.pwned')).toBeUndefined()
    await close()
  })
})
