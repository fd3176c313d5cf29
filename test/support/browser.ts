/** A headless Chromium for the tests of pages opened from disk, and what every page must keep to. */
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { expect } from 'vitest'

const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)

/** Empty when it can be tested; a reason to skip otherwise. With ASSAY_TEST_ALL=1 nothing is skipped. */
export const whyNoBrowser =
  executable !== undefined || process.env['ASSAY_TEST_ALL'] === '1' ? '' : 'needs a Chromium'

export const openBrowser = async (): Promise<Browser> => {
  if (executable === undefined) throw new Error('ASSAY_TEST_ALL=1 and there is no Chromium')
  // Root has no sandbox of its own to make.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath: executable, args })
}

export interface OpenPage {
  readonly page: Page
  /** Files that were read, by name inside the report. */
  readonly read: readonly string[]
  /** `expected`: complaints that are meant to be there. */
  readonly close: (expected?: RegExp) => Promise<void>
}

/** A busy machine needs some; what is not there by then is not coming. */
const patience = 30_000

/** Opens a page of a report; what is complained about, or asked of anything but the report's files, is a failure. */
export const openReport = async (
  browser: Browser,
  directory: string,
  hash = '',
  options: BrowserContextOptions & { readonly file?: string } = {},
): Promise<OpenPage> => {
  const { file = 'index.html', ...more } = options
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...more })
  context.setDefaultTimeout(patience)
  const page = await context.newPage()
  const base = `${pathToFileURL(directory).href}/`
  const complaints: string[] = []
  const read: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  context.on('request', (request) => {
    const address = request.url()
    if (address.startsWith(base)) read.push(address.slice(base.length).replace(/[#?].*$/su, ''))
    else if (!/^(?:blob|data):/u.test(address)) complaints.push(`asked for ${address}`)
  })
  await page.goto(`${base}${file}${hash}`)
  if (file === 'index.html') await page.locator('main h1').waitFor()
  return {
    page,
    read,
    close: async (expected) => {
      await context.close()
      expect(complaints.filter((complaint) => expected?.test(complaint) !== true)).toEqual([])
    },
  }
}

interface TreeNode {
  readonly ignored: boolean
  readonly role?: { readonly value: string }
  readonly name?: { readonly value: string }
}

const controls = new Set([
  'button',
  'link',
  'combobox',
  'searchbox',
  'textbox',
  'checkbox',
  'listbox',
  'region',
])

/** What assistive technology is told: every control has a name, headings go down by one, landmarks are there once. */
export const expectAccessible = async (page: Page): Promise<void> => {
  const session = await page.context().newCDPSession(page)
  const { nodes } = (await session.send('Accessibility.getFullAXTree')) as { nodes: readonly TreeNode[] }
  await session.detach()
  const seen = nodes.filter(({ ignored }) => !ignored)
  const named = seen.filter(({ role }) => controls.has(role?.value ?? ''))
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter(({ name }) => (name?.value ?? '').trim() === '')).toEqual([])
  const levels = await page
    .locator('h1, h2, h3, h4, h5, h6')
    .evaluateAll((headings) => headings.map((heading) => Number(heading.tagName.slice(1))))
  expect(levels.filter((level) => level === 1)).toEqual([1])
  expect(levels[0]).toBe(1)
  for (const [i, level] of levels.entries())
    expect(level - (levels[i - 1] ?? 0), `heading ${i}`).toBeLessThan(2)
  for (const role of ['banner', 'main', 'contentinfo'] as const)
    expect(await page.getByRole(role).count()).toBe(1)
  const sideways = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  // Room that is kept for a scroll bar counts as less than nothing.
  expect(sideways).toBeLessThanOrEqual(0)
  const twice = await page
    .locator('[id]')
    .evaluateAll((all) => all.map(({ id }) => id).filter((id, i, ids) => ids.indexOf(id) !== i))
  expect(twice).toEqual([])
}
