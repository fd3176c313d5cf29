/**
 * Whether the committed ledger still fits the architecture and the migrations: what `assay check` asks. Needs no
 * experiment, only the declaration and a catalog read with its fingerprints.
 */
import type { SourcePlace } from '../../ground/errors.ts'
import { shellCommand } from '../../ground/shell-word.ts'
import type { Ledger, LedgerRule, LedgerStructure } from './page.ts'
import type { Finding } from '../result.ts'

/** What is declared and what the migrations make, now. */
export interface LedgerNow {
  readonly rules: readonly {
    readonly id: string
    readonly table: string
    readonly sentence: string
    readonly claims: readonly string[]
    /** declarationDigest(rule); absent: not compared. */
    readonly declared?: string
    /** Where it is declared; absent or null: not known. */
    readonly at?: SourcePlace | null
  }[]
  readonly structures: readonly {
    readonly id: string
    readonly table: string | null
    readonly fingerprint: string
    readonly definition?: string
  }[]
  /** Absent: not compared. */
  readonly server?: {
    readonly major: number
    readonly locale: string
    readonly extensions: readonly string[]
  }
}

const prove = 'Run `npx assay prove` and commit the ledger that it writes.'

type Subject =
  | { readonly rule: string; readonly where?: SourcePlace }
  | { readonly structure: string }

const finding = (code: string, subject: Subject, summary: string, why: string, fix = prove): Finding => ({
  code: `ledger.${code}`,
  severity: 'error',
  ...subject,
  summary,
  why,
  fix,
})

const setDifference = (a: readonly string[], b: readonly string[]): string[] =>
  a.filter((x) => !b.includes(x))

const checkRule = (now: LedgerNow['rules'][number], recorded: LedgerRule | undefined): Finding[] => {
  const subject = { rule: now.id, ...(now.at ? { where: now.at } : {}) }
  if (!recorded)
    return [
      finding(
        'rule-unproven',
        subject,
        `${now.id} is declared and was never proven: “${now.sentence}”.`,
        'The ledger has no entry of it.',
      ),
    ]
  const found: Finding[] = []
  if (recorded.sentence !== now.sentence)
    found.push(
      finding(
        'rule-changed',
        subject,
        `${now.id} was proven as “${recorded.sentence}” and now says “${now.sentence}”.`,
        'What it says now was never proven.',
      ),
    )
  else if (now.declared !== undefined && recorded.declared !== now.declared)
    found.push(
      finding(
        'rule-changed',
        subject,
        `${now.id} is declared differently than when it was proven.`,
        'Its row, statement, condition or proof changed under the same sentence.',
      ),
    )
  const more = setDifference(now.claims, recorded.claims)
  const less = setDifference(recorded.claims, now.claims)
  if (more.length + less.length > 0)
    found.push(
      finding(
        'claims-changed',
        subject,
        `${now.id} ${[more.length > 0 ? `now claims ${more.join(', ')}` : '', less.length > 0 ? `no longer claims ${less.join(', ')}` : ''].filter(Boolean).join(' and ')}.`,
        'The structures that it stands on are not the ones that it was proven with.',
      ),
    )
  if (!recorded.green)
    found.push(
      finding(
        'not-green',
        subject,
        `${now.id} was recorded as not green.`,
        'Its experiments did not hold in the run that wrote the ledger.',
      ),
    )
  if (!recorded.red.proven)
    found.push(
      finding(
        'not-red',
        subject,
        `${now.id} was recorded as not red: ${recorded.red.why}.`,
        'A rule that holds without its structures proves nothing about them.',
      ),
    )
  for (const unsolved of recorded.unsolved)
    found.push(
      finding(
        'unsolved',
        subject,
        `${now.id}: ${unsolved.summary}.`,
        `Assay could not find out (tried: ${unsolved.tried}).`,
      ),
    )
  return found
}

const checkStructure = (
  now: LedgerNow['structures'][number],
  recorded: LedgerStructure | undefined,
  isComparable: boolean,
): Finding[] => {
  const subject = { structure: now.id }
  if (!recorded)
    return [
      finding(
        'structure-unrecorded',
        subject,
        `${now.id} is in the migrations and not in the ledger.`,
        'Nobody has proven what it is good for.',
      ),
    ]
  const found: Finding[] = []
  if (isComparable && recorded.fingerprint !== now.fingerprint) {
    const same = now.definition === undefined || now.definition === recorded.definition
    found.push(
      finding(
        'structure-changed',
        subject,
        same
          ? `${now.id}, or something it depends on, is not what was proven.`
          : `${now.id} was proven as “${recorded.definition}” and now is “${now.definition}”.`,
        'Its fingerprint differs from the one that was green.',
      ),
    )
  }
  if (recorded.rules.length === 0)
    found.push(
      finding(
        'structure-unproven',
        subject,
        `${now.id} is claimed by no rule.`,
        'Whoever drops it hears nothing.',
        'Declare the rule that needs it, or drop it by a migration.',
      ),
    )
  for (const { id, verdict, why } of recorded.others)
    if (verdict === 'survived' || verdict === 'unsolved')
      found.push(
        finding(
          `mutant-${verdict}`,
          subject,
          `${id} ${verdict === 'survived' ? 'survived' : 'is unsolved'}: ${why}.`,
          'Breaking the structure in this way goes unnoticed.',
          `Add the experiment that tells it apart; see it with:\n${shellCommand('npx', 'assay', 'mutate', '--only', now.id)}`,
        ),
      )
  return found
}

/** What the ledger does not cover any more. [] means: proven, as recorded. */
export const checkLedger = (ledger: Ledger, now: LedgerNow): Finding[] => {
  if (!ledger.head && ledger.problems.length === 0 && ledger.pages.length === 0)
    return [
      {
        code: 'ledger.missing',
        severity: 'error',
        summary: 'There is no ledger yet.',
        why: 'The ledger is the committed record of what was proven.',
        fix: prove,
      },
    ]
  const rules = new Map(ledger.pages.flatMap((p) => p.rules).map((r) => [r.id, r]))
  const structures = new Map(ledger.pages.flatMap((p) => p.structures).map((s) => [s.id, s]))
  // Another major version prints definitions in another way: one finding says so, not one per structure.
  const isComparable = !now.server || !ledger.head || now.server.major === ledger.head.major
  const declared = new Set(now.rules.map((r) => r.id))
  const present = new Set(now.structures.map((s) => s.id))
  return [
    ...ledger.problems,
    ...checkHead(ledger, now),
    ...now.rules.flatMap((rule) => checkRule(rule, rules.get(rule.id))),
    ...[...rules.values()]
      .filter((r) => !declared.has(r.id))
      .map((r) =>
        finding(
          'rule-undeclared',
          { rule: r.id },
          `${r.id} stands in the ledger and is declared no longer: “${r.sentence}”.`,
          'The ledger tells of a rule that nobody asks for any more.',
          'Declare the rule again, or run `npx assay prove` and let a reviewer see that it goes.',
        ),
      ),
    ...now.structures.flatMap((structure) =>
      checkStructure(structure, structures.get(structure.id), isComparable),
    ),
    ...[...structures.values()]
      .filter((s) => !present.has(s.id))
      .map((s) =>
        finding(
          'structure-gone',
          { structure: s.id },
          `${s.id} stands in the ledger and the migrations do not make it: ${s.definition}`,
          'A structure that was proven to be needed is gone.',
          'Bring it back with a migration, or take its rule away and run `npx assay prove`.',
        ),
      ),
  ]
}

const checkHead = ({ head, problems }: Ledger, { server }: LedgerNow): Finding[] => {
  if (!head)
    return problems.some((p) => p.where?.file.endsWith('head.txt'))
      ? []
      : [
          {
            code: 'ledger.malformed',
            severity: 'error',
            summary: 'The ledger has pages and no head.txt.',
            why: 'It cannot be told on which server it was proven.',
            fix: prove,
          },
        ]
  if (!server) return []
  const differs = (what: string, was: string, is: string): Finding[] =>
    was === is
      ? []
      : [
          {
            code: 'ledger.server-changed',
            severity: 'error',
            summary: `The ledger was proven with ${what} ${was || 'none'}, and here it is ${is || 'none'}.`,
            why: 'Printed definitions, collations and plans differ between servers: fingerprints cannot be compared.',
            fix: 'Check on a server like the one of the ledger, or run `npx assay prove` here and commit the ledger.',
          },
        ]
  return [
    ...differs('PostgreSQL', String(head.major), String(server.major)),
    ...differs('locale', head.locale, server.locale),
    ...differs('extensions', head.extensions.join(', '), server.extensions.toSorted().join(', ')),
  ]
}
