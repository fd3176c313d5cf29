/**
 * What the README says that a run prints is what a run prints; figures may grow with the example. The whole proof that it
 * shows is looked at in report-site.pg.test.ts, which has made it.
 */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { assay } from './support/command-line.ts'
import { withDirectory } from './support/project.ts'
import { blockAfter, expectInOrder } from './support/readme-blocks.ts'

const examples = fileURLToPath(new URL('../examples', import.meta.url))

/** A directory in which the example stands as it does in a checkout. */
const withCheckout = (work: (cwd: string) => Promise<void>): Promise<void> =>
  withDirectory(async (cwd) => {
    cpSync(examples, join(cwd, 'examples'), { recursive: true })
    await work(cwd)
  })

test('the experiments of a rule', async () => {
  await withCheckout(async (cwd) => {
    const { stdout } = await assay(['explain', 'products/check:price_not_negative', 'examples/commerce'], {
      cwd,
    })
    expectInOrder(blockAfter('### See the experiments of a rule', 'sql'), stdout)
  })
})
