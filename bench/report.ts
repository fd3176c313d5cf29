/** The report of 300 tables: what it takes to write it, and to open its pages in Chromium from disk until they stand. */
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser } from 'playwright-core'
import { writeSite } from '../src/report/write-site.ts'
import { addressOf } from '../src/site/address.ts'
import { enlarge, proveTen } from './support/enlarge.ts'
import { figure, median, timed, type Bench, type BenchLine } from './support/line.ts'

export const title = 'The report of 300 tables in Chromium'

const tables = 300
const rounds = 5
const executablePath = '/usr/bin/chromium'

/** Page and what stands when it is done. */
const pages = [
  ['overview', '', 'main .figures'],
  ['board', addressOf(`${tables} tables`, 'board'), '[role=grid] tbody tr'],
  ['diagram, one domain', addressOf(`${tables} tables`, 'diagram'), '[data-state=placed] .box'],
  [
    'diagram, all tables',
    addressOf(`${tables} tables`, 'diagram', undefined, { show: 'all' }),
    '[data-state=placed] .box',
  ],
  ['rule', addressOf(`${tables} tables`, 'rule', 't0123/primaryKey:id'), '.experiment pre'],
] as const

/** In a browser context of its own each time: nothing is cached. */
const open = async (browser: Browser, address: string, done: string): Promise<number> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  try {
    const page = await context.newPage()
    return await timed(async () => {
      await page.goto(address)
      await page.locator(done).first().waitFor()
    })
  } finally {
    await context.close()
  }
}

const sizeOf = async (directory: string): Promise<number> => {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true })
  const sizes = await Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name))),
  )
  return sizes.reduce((sum, { size }) => sum + size, 0)
}

export const bench: Bench = async (say) => {
  if (!existsSync(executablePath)) {
    say(`report: there is no ${executablePath}`)
    return []
  }
  const home = await mkdtemp(join(tmpdir(), 'assay-bench-report-'))
  const lines: BenchLine[] = []
  try {
    const proof = enlarge(await proveTen(), tables)
    const site = join(home, 'report')
    const writing = await timed(() => writeSite(site, proof))
    const megabytes = `${figure((await sizeOf(site)) / 2 ** 20)} MB`
    lines.push({ measure: 'writing it: ms', value: figure(writing), reference: megabytes })
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    const browser = await chromium.launch({ executablePath, args })
    try {
      const index = pathToFileURL(join(site, 'index.html')).href
      const blank = []
      for (let n = 0; n < rounds; n++) blank.push(await open(browser, 'data:text/html,<p>x</p>', 'p'))
      for (const [name, hash, done] of pages) {
        const times = []
        for (let n = 0; n < rounds; n++) times.push(await open(browser, `${index}${hash}`, done))
        say(`report: ${name} ${times.map(figure).join(' ')}`)
        lines.push({
          measure: `${name}: ms until it stands`,
          value: figure(median(times)),
          reference: `${figure(median(blank))} for an empty page`,
        })
      }
    } finally {
      await browser.close()
    }
    return lines
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}
