/** Which tests a project's proofs are: known from the declaration, and the ledger, before any server is started. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findConfig } from '../project/find-config.ts'
import { loadConfigNow } from '../project/load-config-now.ts'
import { parseConfig } from '../project/parse-config.ts'
import type { Project, ProjectArchitecture } from '../project/project.ts'
import { parseLedger } from '../prove/ledger/parse.ts'
import { pageFile } from '../prove/ledger/path.ts'
import { kindOf } from '../rules/kinds.ts'

export type Subject =
  | { readonly kind: 'rule'; readonly id: string }
  | { readonly kind: 'structure'; readonly id: string }
  /** Structures of a table that have no test of their own yet. */
  | { readonly kind: 'others'; readonly table: string }
  /** Structures of the whole database, and whether a rule asks for each of them. */
  | { readonly kind: 'all-asked-for' }

export interface PlannedTest {
  readonly name: string
  readonly subject: Subject
}

export interface PlannedTable {
  readonly table: string
  readonly tests: readonly PlannedTest[]
}

export interface PlannedArchitecture {
  readonly name: string
  readonly tables: readonly PlannedTable[]
  /** Of no table. */
  readonly tests: readonly PlannedTest[]
}

export interface ProofPlan {
  readonly project: Project
  readonly architectures: readonly PlannedArchitecture[]
}

/** What the ledger knows of a table; none where it cannot be read: then `others` speaks for all. */
const recordedStructures = (ledger: string, table: string): readonly string[] => {
  const file = pageFile(table)
  try {
    const text = readFileSync(join(ledger, file), 'utf8')
    const pages = parseLedger(new Map([[file, text]]), ledger).pages
    return pages.filter((page) => page.table === table).flatMap((page) => page.structures.map((s) => s.id))
  } catch {
    return []
  }
}

/** Two sentences may be alike: then the id tells them apart. */
const withOwnNames = (tests: readonly PlannedTest[]): readonly PlannedTest[] =>
  tests.map((test) => {
    const isAlone = tests.filter((other) => other.name === test.name).length === 1
    return isAlone || !('id' in test.subject) ? test : { ...test, name: `${test.name} (${test.subject.id})` }
  })

const mutantTests = (table: string, ledger: string): readonly PlannedTest[] => [
  ...recordedStructures(ledger, table).map((id): PlannedTest => ({
    name: `nothing of ${id} can be broken unnoticed`,
    subject: { kind: 'structure', id },
  })),
  { name: `nothing else of ${table} can be broken unnoticed`, subject: { kind: 'others', table } },
]

const planArchitecture = (
  { architecture, ledger }: ProjectArchitecture,
  mutate: boolean,
): PlannedArchitecture => ({
  name: architecture.name,
  tables: architecture.tables.map(({ id, rules }) => ({
    table: id,
    tests: withOwnNames([
      ...rules.map((rule): PlannedTest => ({
        name: kindOf(rule).sentence(rule),
        subject: { kind: 'rule', id: rule.id },
      })),
      ...(mutate ? mutantTests(id, ledger) : []),
    ]),
  })),
  tests: [{ name: 'a rule asks for every structure of the database', subject: { kind: 'all-asked-for' } }],
})

/** Throws AssayError or AssayErrors for a config that is not there or not right. */
export const planProofs = (directory: string, mutate: boolean): ProofPlan => {
  const file = findConfig(directory)
  const project = parseConfig(file, loadConfigNow(file))
  return { project, architectures: project.architectures.map((part) => planArchitecture(part, mutate)) }
}
