/** `assay/vitest`: every rule of a project is a test of the user's own suite. */
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { Subject } from './proof-plan.ts'
import { longestMilliseconds, makeProofSuite, type ProofsOptions } from './proof-suite.ts'

export type { ProofsOptions } from './proof-suite.ts'

/** What of vitest's own tasks is looked at: with `-t` most are not run. */
interface Task {
  readonly name: string
  readonly mode: string
  readonly tasks?: readonly Task[]
}

/** Names of the tests that will run, below the names of their suites. */
const running = (task: Task, path: readonly string[] = []): readonly string[] =>
  task.mode !== 'run' && task.mode !== 'queued'
    ? []
    : task.tasks === undefined
      ? [JSON.stringify([...path, task.name])]
      : task.tasks.flatMap((child) => running(child, [...path, task.name]))

const isSuite = (value: unknown): value is Task =>
  typeof value === 'object' && value !== null && 'tasks' in value && Array.isArray(value.tasks)

/**
 * Makes a test of every rule: `describe(architecture) > describe(table) > test(sentence)`. The server is started
 * once, when the first test is about to run, and gone after the last. With `-t` only what is asked for is proven.
 *
 * @example
 * import { proofs } from 'assay/vitest'
 *
 * proofs()
 *
 * @example
 * import { proofs } from 'assay/vitest'
 *
 * proofs({ directory: 'packages/data', mutate: true })
 */
export const proofs = (options: ProofsOptions = {}): void => {
  const suite = makeProofSuite(options)
  afterAll(() => suite.stop(), longestMilliseconds)
  for (const architecture of suite.architectures) {
    describe(architecture.name, () => {
      const subjects = new Map<string, Subject>()
      const define = (path: readonly string[], name: string, subject: Subject): void => {
        subjects.set(JSON.stringify([...path, name]), subject)
        test(name, () => suite.verify(architecture, subject))
      }
      // The suite is the first argument of vitest 3 and the second one of vitest 4, which reads the parameters' names.
      beforeAll(async function () {
        const own = [...arguments].find(isSuite)
        const paths = own === undefined ? null : running(own)
        const wanted = paths?.flatMap((path) => subjects.get(path) ?? [])
        const isPart = wanted !== undefined && wanted.length < subjects.size
        await suite.prove(architecture, isPart ? wanted : null)
      }, longestMilliseconds)
      for (const { table, tests } of architecture.tables) {
        describe(table, () => {
          for (const { name, subject } of tests) define([architecture.name, table], name, subject)
        })
      }
      for (const { name, subject } of architecture.tests) define([architecture.name], name, subject)
    })
  }
}
