/** The proofs of a project as tests, whatever runs them: what there is, how it is proven, and what became of each. */
import { resolve } from 'node:path'
import { AssayErrors } from '../ground/errors.ts'
import { checkExpressions } from '../project/check-expressions.ts'
import { openMigrated, type OpenMigrated } from '../project/migrated.ts'
import { findingsFor } from '../project/prove-project.ts'
import { prove, type Step } from '../prove/prove.ts'
import type { ProveResult } from '../prove/result.ts'
import { faultError, outcomeOf } from './proof-outcome.ts'
import { planProofs, type PlannedArchitecture, type ProofPlan, type Subject } from './proof-plan.ts'

export interface ProofsOptions {
  /** Where `assay.config.ts` is looked for, upwards; the working directory by default. */
  readonly directory?: string
  /** An existing server (PostgreSQL 14 to 18) instead of the embedded one. */
  readonly url?: string
  /** Show that every rule fails without its structure; true by default. */
  readonly red?: boolean
  /** Break every structure, with a test for each; false by default, because it takes longest. */
  readonly mutate?: boolean
}

export interface ProofSuite {
  readonly architectures: readonly PlannedArchitecture[]
  /** Proves these once, or everything (null). Throws ProofError for what keeps the project from being proven. */
  prove(architecture: PlannedArchitecture, subjects: readonly Subject[] | null): Promise<void>
  /** Throws ProofError when it is not proven. Needs `prove` before it. */
  verify(architecture: PlannedArchitecture, subject: Subject): void
  /** The server is gone afterwards. */
  stop(): Promise<void>
}

/** As long as a server takes to start and everything takes to be proven, on a slow machine. */
export const longestMilliseconds = 30 * 60_000

const stepsOf = ({ red = true, mutate = false }: ProofsOptions): readonly Step[] => [
  'green',
  ...(red ? (['red'] as const) : []),
  ...(mutate ? (['mutate'] as const) : []),
]

/** Ids to prove; none: everything. */
const idsOf = (subjects: readonly Subject[] | null): readonly string[] => {
  if (subjects === null || subjects.some(({ kind }) => kind === 'all-asked-for')) return []
  return subjects.flatMap((subject) =>
    subject.kind === 'others' ? [subject.table] : 'id' in subject ? [subject.id] : [],
  )
}

const keyOf = (subject: Subject): string => JSON.stringify(subject)

const planned = (options: ProofsOptions): ProofPlan => {
  try {
    return planProofs(resolve(options.directory ?? '.'), options.mutate === true)
  } catch (cause) {
    throw faultError(cause)
  }
}

/** Throws ProofError for a configuration that is not there or not right. */
export const makeProofSuite = (options: ProofsOptions): ProofSuite => {
  const { project, architectures } = planned(options)
  let opened: Promise<OpenMigrated> | null = null
  const proven = new Map<PlannedArchitecture, Map<string, ProveResult>>()

  const open = async (): Promise<OpenMigrated> => {
    const faults = await Promise.all(project.architectures.map((part) => checkExpressions(part.architecture)))
    if (faults.flat().length > 0) throw new AssayErrors(faults.flat())
    return openMigrated(project, options.url === undefined ? {} : { url: options.url })
  }

  return {
    architectures,
    async prove(architecture, subjects) {
      try {
        const { all } = await (opened ??= open())
        const { server, template, part } = all[architectures.indexOf(architecture)]!
        const result = await prove({
          architecture: part.architecture,
          server,
          template,
          steps: stepsOf(options),
          only: idsOf(subjects),
          startSeconds: 0,
        })
        const findings = findingsFor('prove', result)
        const results = proven.get(architecture) ?? new Map<string, ProveResult>()
        const everything = [architecture, ...architecture.tables].flatMap(({ tests }) => tests)
        for (const subject of subjects ?? everything.map((test) => test.subject))
          results.set(keyOf(subject), { ...result, findings })
        proven.set(architecture, results)
      } catch (cause) {
        throw faultError(cause)
      }
    },
    verify(architecture, subject) {
      const result = proven.get(architecture)?.get(keyOf(subject))
      if (result === undefined) throw faultError(new Error('its proof did not run'))
      const error = outcomeOf(subject, result, architecture.tables)
      if (error !== null) throw error
    },
    async stop() {
      const open = opened
      opened = null
      // What kept it from opening has been told by the tests.
      await open?.then(
        (server) => server.close(),
        () => undefined,
      )
    },
  }
}
