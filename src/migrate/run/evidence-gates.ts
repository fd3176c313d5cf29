/** What the repository has proven of the migrations that would run: tested, on this schema, and covered by the ledger. */
import { shellCommand } from '../../ground/shell-word.ts'
import type { Ledger } from '../../prove/ledger/page.ts'
import { passOf, type TestedFile, type TestedMigration } from '../files/tested.ts'
import { writtenForNewer } from '../files/written-for.ts'
import type { ClosedGate } from './gate.ts'
import type { PlannedMigration } from './plan-run.ts'

export interface Evidence {
  readonly tested: TestedFile
  readonly ledger: Ledger
  /** Of the server. */
  readonly major: number
  /** historyFingerprint of the database as it stands. */
  readonly fingerprint: string
  /** After this run everything stands that the directory has. */
  readonly isWhole: boolean
  /** Ids of what stands only while a change of shape lasts, of tables with all that they have: no ledger covers it. Absent: none. */
  readonly temporary?: readonly string[]
}

interface Untested {
  readonly name: string
  readonly found: string
  /** It has passed on another major version. */
  readonly isElsewhere: boolean
}

const whyUntested = (
  { migration: { name, hash } }: PlannedMigration,
  { tested, major }: Evidence,
): Untested => {
  const others = tested.passes.filter((one) => one.name === name)
  const elsewhere = others.find((one) => one.hash === hash)
  const broken = tested.problems.find(({ summary }) => summary.includes(`block of migration ${name} `))
  if (broken !== undefined) return { name, found: broken.summary, isElsewhere: false }
  if (elsewhere !== undefined)
    return {
      name,
      found: `a pass on PostgreSQL ${elsewhere.major}, and this server is ${major}`,
      isElsewhere: true,
    }
  const found = others.length > 0 ? 'a pass of another text: it was edited since' : 'no pass in the ledger'
  return { name, found, isElsewhere: false }
}

const named = (names: readonly string[]): string =>
  names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '')

/** One gate for all that lack a pass for the same reason. */
const untestedGates = (
  untested: readonly Untested[],
  plan: readonly PlannedMigration[],
  major: number,
): readonly ClosedGate[] =>
  [...new Set(untested.map(({ found }) => found))].map((found) => {
    const alike = untested.filter((one) => one.found === found)
    const names = alike.map(({ name }) => name)
    const isElsewhere = alike.some((one) => one.isElsewhere)
    const older = writtenForNewer(
      plan.map(({ migration }) => migration).filter(({ name }) => names.includes(name)),
      major,
    )
    const test = shellCommand('assay', 'migrate', 'test', ...(names.length > 5 ? [] : names))
    const command = isElsewhere || older !== null ? `${test} --url …` : test
    return {
      gate: 'untested',
      code: 'migrate.untested',
      migrations: names,
      summary: `${named(names)} ${names.length === 1 ? 'has' : 'have'} not passed \`assay migrate test\`${isElsewhere ? ` on PostgreSQL ${major}` : ''}.`,
      found,
      why: 'nobody knows whether it goes through, keeps the rows, and goes back',
      mend: `${
        isElsewhere || older !== null
          ? `Test on a server of this version, and commit what that records:\n${command}`
          : `Test, and commit what that records:\n${command}`
      }${older === null ? '' : `\n${older}`}`,
      next: [command],
    }
  })

const drift = (name: string, expected: string, found: string): ClosedGate => ({
  gate: 'drift',
  code: 'migrate.drift',
  migrations: [name],
  summary: `The database is not the one that ${name} was tested on.`,
  found: `its schema has the fingerprint ${found}, and the test began at ${expected}`,
  why: 'something was changed by hand, or migrations are missing that came before it',
  mend: 'See what differs, and take it in or out:\nassay drift --url …',
  next: ['assay drift --url …'],
})

/** What the migrations leave, by id: the last word counts. */
const resultOf = (passes: readonly TestedMigration[]): ReadonlyMap<string, string | null> =>
  new Map(passes.flatMap(({ changes }) => changes.map(({ id, fingerprint }) => [id, fingerprint] as const)))

const uncoveredBy = (
  ledger: Ledger,
  passes: readonly TestedMigration[],
  temporary: readonly string[],
): string | null => {
  if (ledger.problems.length > 0) return `${ledger.problems[0]?.summary ?? 'it cannot be read'}`
  if (ledger.head === null) return 'there is no ledger'
  const recorded = new Map(ledger.pages.flatMap((page) => page.structures).map((one) => [one.id, one]))
  const isTemporary = (id: string): boolean => temporary.some((one) => id === one || id.startsWith(`${one}/`))
  const result = [...resultOf(passes)].filter(([id]) => !isTemporary(id))
  const of = (wrong: (id: string, fingerprint: string | null) => boolean): readonly string[] =>
    result.filter(([id, fingerprint]) => wrong(id, fingerprint)).map(([id]) => id)
  const absent = of((id, fingerprint) => fingerprint !== null && !recorded.has(id))
  if (absent.length > 0) return `not in the ledger: ${named(absent)}`
  const stale = of((id, fingerprint) => fingerprint === null && recorded.has(id))
  if (stale.length > 0) return `dropped, and in the ledger still: ${named(stale)}`
  const isSameMajor = passes.every(({ major }) => major === ledger.head?.major)
  const other = of(
    (id, fingerprint) => isSameMajor && fingerprint !== null && recorded.get(id)?.fingerprint !== fingerprint,
  )
  if (other.length > 0) return `proven otherwise: ${named(other)}`
  const unproven = of((id, fingerprint) => fingerprint !== null && recorded.get(id)?.proven !== true)
  return unproven.length > 0 ? `in the ledger, and not proven: ${named(unproven)}` : null
}

const uncovered = (found: string): ClosedGate => ({
  gate: 'uncovered',
  code: 'migrate.uncovered',
  migrations: null,
  summary: 'The ledger does not cover what these migrations make.',
  found,
  why: 'no data structure is built that no test asked for',
  mend: 'Prove the project and commit its ledger:\nassay prove',
  next: ['assay prove'],
})

const loses = ({ migration }: PlannedMigration): readonly ClosedGate[] => {
  const lost = migration.directives.loses.filter(({ direction }) => direction === 'down')
  if (lost.length === 0) return []
  return [
    {
      gate: 'loses',
      code: 'migrate.loses',
      migrations: [migration.name],
      summary: `Taking ${migration.name} back loses ${lost.map(({ what }) => what).join(', ')}.`,
      found: lost
        .map(({ what, because }) => (because === null ? what : `${what}, because ${because}`))
        .join('; '),
      why: 'what was written there since it ran is gone afterwards',
      mend: 'Keep a copy of it, or change things back with a new migration that keeps it.',
    },
  ]
}

/** What is not proven of a run, in its order. */
export const evidenceGates = (
  plan: readonly PlannedMigration[],
  evidence: Evidence,
): readonly ClosedGate[] => {
  const { tested, ledger, major, fingerprint, isWhole } = evidence
  const versioned = plan.filter(({ migration }) => migration.kind !== 'repeatable')
  const passes = versioned.map(({ migration }) => passOf(tested.passes, migration, major))
  const gates: ClosedGate[] = []
  const untested: Untested[] = []
  let expected: string | null = null
  for (const [index, planned] of versioned.entries()) {
    const pass = passes[index] ?? null
    if (planned.direction === 'down') gates.push(...loses(planned))
    if (pass === null) {
      untested.push(whyUntested(planned, evidence))
      expected = null
      continue
    }
    const isUp = planned.direction === 'up'
    const from = isUp ? pass.before : pass.after
    const now = index === 0 ? fingerprint : expected
    // One that stopped half way stands between two fingerprints.
    if (now !== null && now !== from && planned.because !== 'unfinished')
      gates.push(drift(planned.migration.name, from, now))
    expected = isUp ? pass.after : pass.before
  }
  const repeatable = plan.filter(({ migration }) => migration.kind === 'repeatable')
  for (const planned of repeatable) {
    const pass = passOf(tested.passes, planned.migration, major)
    passes.push(pass)
    if (pass === null) untested.push(whyUntested(planned, evidence))
  }
  gates.unshift(...untestedGates(untested, plan, major))
  const isUp = versioned.length > 0 && versioned.every(({ direction }) => direction === 'up')
  const known = passes.flatMap((pass) => pass ?? [])
  if (isUp && isWhole && known.length === passes.length) {
    const found = uncoveredBy(ledger, known, evidence.temporary ?? [])
    if (found !== null) gates.push(uncovered(found))
  }
  return gates
}

/** The fingerprint that a migration is to leave; null where no test says it. */
export const expectedAfter = (
  { migration, direction }: PlannedMigration,
  { tested, major }: Evidence,
): string | null => {
  const pass = passOf(tested.passes, migration, major)
  return pass === null ? null : direction === 'up' ? pass.after : pass.before
}
