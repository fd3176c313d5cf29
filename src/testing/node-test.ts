/** `assay/node-test`: every rule of a project is a test of the user's own suite. */
import { after, describe, test } from 'node:test'
import type { PlannedArchitecture, PlannedTest } from './proof-plan.ts'
import { makeProofSuite, type ProofsOptions } from './proof-suite.ts'

export type { ProofsOptions } from './proof-suite.ts'

/** Whether this process runs tests of some names only: then a table is proven when its first test is run. */
const isFiltered = (): boolean =>
  process.execArgv.some((option) => /^--(?:test-name-pattern|test-skip-pattern|test-only)\b/u.test(option))

/**
 * Makes a test of every rule: `describe(architecture) > describe(table) > test(sentence)`. The server is started
 * once, by the first test that runs, and gone after the last. With `--test-name-pattern` only the tables of the
 * tests that match are proven.
 *
 * @example
 * import { proofs } from 'assay/node-test'
 *
 * proofs()
 *
 * @example
 * import { proofs } from 'assay/node-test'
 *
 * proofs({ directory: 'packages/data', red: false })
 */
export const proofs = (options: ProofsOptions = {}): void => {
  const suite = makeProofSuite(options)
  const byTable = isFiltered()
  const proving = new Map<unknown, Promise<void>>()
  /** The whole architecture at once, or of a filtered run the tests that stand together. */
  const once = (architecture: PlannedArchitecture, together: readonly PlannedTest[]): Promise<void> => {
    const key = byTable ? together : architecture
    const subjects = byTable ? together.map(({ subject }) => subject) : null
    const work = proving.get(key) ?? suite.prove(architecture, subjects)
    proving.set(key, work)
    return work
  }
  const define = (architecture: PlannedArchitecture, together: readonly PlannedTest[]): void => {
    for (const { name, subject } of together) {
      void test(name, async () => {
        await once(architecture, together)
        suite.verify(architecture, subject)
      })
    }
  }
  after(() => suite.stop())
  for (const architecture of suite.architectures) {
    void describe(architecture.name, () => {
      for (const { table, tests } of architecture.tables)
        void describe(table, () => define(architecture, tests))
      define(architecture, architecture.tests)
    })
  }
}
