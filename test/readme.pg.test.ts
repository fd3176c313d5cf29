/** What the README says that a run prints is what a run prints; figures may grow with the example. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { assay } from './support/command-line.ts'
import { withDirectory } from './support/project.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

const examples = fileURLToPath(new URL('../examples', import.meta.url))

/** A directory in which the example stands as it does in a checkout. */
const withCheckout = (work: (cwd: string) => Promise<void>): Promise<void> =>
  withDirectory(async (cwd) => {
    cpSync(examples, join(cwd, 'examples'), { recursive: true })
    await work(cwd)
  })

const blockAfter = (heading: string, language: string): readonly string[] => {
  const from = readme.indexOf(heading)
  expect(from, heading).toBeGreaterThan(0)
  const [, text = ''] =
    new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'mu').exec(readme.slice(from)) ?? []
  return text.split('\n').filter((line) => line.trim() !== '')
}

/** Lines that begin with the same words differ in how they wrap when a figure has another digit. */
const figures = (line: string): string => line.replaceAll(/\d+(?:\.\d+)?/gu, '0')

/** An ellipsis stands for anything. */
const isLike = (shown: string, printed: string): boolean => {
  const pieces = shown.split('…').map((piece) => figures(piece))
  const text = figures(printed)
  if (!text.startsWith(pieces[0]!)) return false
  return pieces.every((piece) => text.includes(piece)) && (pieces.length > 1 || text === pieces[0])
}

/** Each shown line is printed, in that order; what stands between them is left out. */
const expectInOrder = (shown: readonly string[], printed: string): void => {
  let rest = printed.split('\n')
  for (const line of shown) {
    if (line.trim() === '…') continue
    const at = rest.findIndex((candidate) => isLike(line, candidate))
    expect(at, `${line}\n\nis not printed in:\n${rest.join('\n')}`).toBeGreaterThanOrEqual(0)
    rest = rest.slice(at + 1)
  }
}

test('a proof of the example with the CHECK on the price taken out', async () => {
  await withCheckout(async (cwd) => {
    const file = join(cwd, 'examples/commerce/migrations/0002_catalogue.sql')
    const sql = readFileSync(file, 'utf8')
    const without = sql.replace(' constraint products_price_not_negative check (price >= 0)', '')
    expect(without).not.toBe(sql)
    writeFileSync(file, without)
    const { code, stdout } = await assay(['prove', 'examples/commerce'], { cwd })
    expect(code).toBe(1)
    expectInOrder(blockAfter('## What a run prints', 'text'), stdout)
  })
})

test('the experiments of a rule', async () => {
  await withCheckout(async (cwd) => {
    const { stdout } = await assay(['explain', 'products/check:price_not_negative', 'examples/commerce'], {
      cwd,
    })
    expectInOrder(blockAfter('### See the experiments of a rule', 'sql'), stdout)
  })
})
