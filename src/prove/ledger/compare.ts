/**
 * What a change asks less of: the ledger of a base commit beside the one of now. Every weakening is a finding of its
 * own, so that nobody, human or agent, gets green by asking for less without a reviewer seeing it.
 */
import { shellCommand } from '../../ground/shell-word.ts'
import { inOrder, type Ledger, type LedgerHead, type LedgerMutant } from './page.ts'
import type { LedgerRule, LedgerStructure } from './page.ts'
import { comparePlans } from './plans.ts'
import type { Finding } from '../result.ts'

const ruleFinding = (
  rule: LedgerRule,
  code: string,
  text: Pick<Finding, 'summary' | 'why' | 'fix'>,
): Finding => ({ code: `ledger.${code}`, severity: 'error', rule: rule.id, ...text })

const structureFinding = (
  structure: LedgerStructure,
  code: string,
  text: Pick<Finding, 'summary' | 'why' | 'fix'>,
  severity: Finding['severity'] = 'error',
): Finding => ({ code: `ledger.${code}`, severity, structure: structure.id, ...text })

const deliberate = 'if it is meant, a reviewer has to agree to it by name.'

const ruleLost = (rule: LedgerRule): Finding =>
  ruleFinding(rule, 'rule-removed', {
    summary: `${rule.id} is required no longer: “${rule.sentence}”.`,
    why: 'What no rule asks for, no run proves, and the next migration may drop it unseen.',
    fix: `Declare the rule again; ${deliberate}`,
  })

const compareRule = (before: LedgerRule, after: LedgerRule): Finding[] => {
  const findings: Finding[] = []
  const add = (code: string, summary: string, why: string, fix: string): void => {
    findings.push(ruleFinding(after, code, { summary, why, fix }))
  }
  if (before.sentence !== after.sentence)
    add(
      'rule-changed',
      `${after.id} says another thing: “${before.sentence}” became “${after.sentence}”.`,
      'A rule under its old name that asks for less is a rule removed.',
      `Restore the rule as it was; ${deliberate}`,
    )
  else if (before.declared !== null && before.declared !== after.declared)
    add(
      'rule-changed',
      `${after.id} is declared differently under the same sentence: “${after.sentence}”.`,
      'Its row, statement, condition or proof was changed, which its sentence does not show.',
      `Compare its declaration with the base commit’s; ${deliberate}`,
    )
  if (before.green && !after.green)
    add(
      'green-lost',
      `${after.id} was green and is not.`,
      'Its experiments do not hold any more.',
      `Mend what this names:\n${shellCommand('npx', 'assay', 'prove', '--only', after.id)}`,
    )
  if (before.red.proven && !after.red.proven)
    add(
      'red-lost',
      `${after.id} was red without its structures (${before.red.experiment ?? before.red.why}) and is not.`,
      `A test that cannot fail proves nothing: ${after.red.why}.`,
      `See what still passes without them:\n${shellCommand('npx', 'assay', 'red', '--only', after.id)}`,
    )
  for (const claim of before.claims.filter((id) => !after.claims.includes(id)))
    add(
      'claim-removed',
      `${after.id} claims ${claim} no longer.`,
      'The structure has one reason less to exist.',
      `Restore the claim; ${deliberate}`,
    )
  const known = new Set(before.unsolved.map((u) => u.summary))
  for (const unsolved of after.unsolved.filter((u) => !known.has(u.summary)))
    add(
      'unsolved-added',
      `${after.id}: ${unsolved.summary}.`,
      `A part of the rule was found out before and is not now (tried: ${unsolved.tried}).`,
      'Give the rule what it needs to be solved, or split the constraint that hinders it.',
    )
  return [...findings, ...comparePlans(before, after)]
}

const structureLost = (structure: LedgerStructure): Finding =>
  structureFinding(structure, 'structure-gone', {
    summary: `${structure.id} is gone: ${structure.definition}`,
    why: 'It was proven to be needed, and the database does not have it any more.',
    fix: `Bring it back with a migration; ${deliberate}`,
  })

const excused = (after: LedgerStructure, mutant: LedgerMutant, was: LedgerMutant | undefined): Finding[] => {
  if (was?.verdict === mutant.verdict && was.why === mutant.why) return []
  const same = was?.verdict === mutant.verdict
  return [
    structureFinding(
      after,
      same ? 'mutant-reason-changed' : 'mutant-excused',
      {
        summary: same
          ? `${mutant.id} is still ${mutant.verdict}, for another reason: “${was.why}” became “${mutant.why}”.`
          : `${mutant.id} was ${was?.verdict ?? 'killed'} and is ${mutant.verdict}: ${mutant.why}.`,
        why: 'A mutant that no experiment kills is a change to the database that nobody would notice.',
        fix: `Restore the rule or the row that killed it; ${deliberate}`,
      },
      was && was.verdict !== 'redundant' ? 'warning' : 'error',
    ),
  ]
}

const compareStructure = (before: LedgerStructure, after: LedgerStructure): Finding[] => {
  const findings: Finding[] = []
  const was = new Map(before.others.map((m) => [m.id, m]))
  const lost = before.rules.filter((id) => !after.rules.includes(id))
  if (before.rules.length > 0 && after.rules.length === 0)
    findings.push(
      structureFinding(after, 'structure-unclaimed', {
        summary: `${after.id} is claimed by no rule; ${before.rules.join(', ')} claimed it.`,
        why: 'A structure that no rule claims is unproven: whoever drops it hears nothing.',
        fix: `Declare the rule that needs it again, or drop the structure; ${deliberate}`,
      }),
    )
  else if (before.proven && !after.proven && lost.length === 0)
    findings.push(
      structureFinding(after, 'structure-unproven', {
        summary: `${after.id} was proven and is not.`,
        why: 'Not every rule that claims it is green with it and red without it.',
        fix: 'Run `npx assay prove` and mend what it names.',
      }),
    )
  findings.push(...after.others.flatMap((mutant) => excused(after, mutant, was.get(mutant.id))))
  const newlyExcused = after.others.filter((m) => !was.has(m.id)).length
  const newlyKilled = before.others.filter((m) => !after.others.some((o) => o.id === m.id)).length
  if (after.killed.count + newlyExcused < before.killed.count)
    findings.push(
      structureFinding(
        after,
        'mutants-fewer',
        {
          summary: `${after.id}: ${before.killed.count} mutants were killed, ${after.killed.count} are now.`,
          why: 'Fewer ways to break it were tried, or the record was shortened.',
          fix:
            before.definition === after.definition
              ? 'Run `npx assay mutate` again; the same structure has the same mutants.'
              : `Compare both definitions; ${deliberate}`,
        },
        before.definition === after.definition ? 'error' : 'warning',
      ),
    )
  else if (
    before.fingerprint === after.fingerprint &&
    before.killed.digest !== after.killed.digest &&
    newlyExcused === 0 &&
    newlyKilled === 0
  )
    findings.push(
      structureFinding(
        after,
        'mutants-exchanged',
        {
          summary: `${after.id}: other mutants were killed than before, though the structure is the same.`,
          why: 'An unchanged structure has the same mutants under the same version of Assay.',
          fix: 'Run `npx assay mutate` again and commit what it writes.',
        },
        'warning',
      ),
    )
  if (before.fingerprint !== after.fingerprint && lost.length === 0)
    findings.push(
      structureFinding(
        after,
        'structure-changed',
        {
          summary:
            before.definition === after.definition
              ? `${after.id} is the same, but something it depends on has changed.`
              : `${after.id} changed: “${before.definition}” became “${after.definition}”.`,
          why: 'The rules that claim it say what they said, so a reviewer would not see it in them.',
          fix: 'Read the migration that changes it and judge whether its rules still say enough.',
        },
        'note',
      ),
    )
  return findings
}

const compareHeads = (before: LedgerHead | null, after: LedgerHead | null): Finding[] => {
  if (!before) return []
  if (!after)
    return [
      {
        code: 'ledger.removed',
        severity: 'error',
        summary: 'The ledger is gone.',
        why: 'Without it nothing is recorded as proven.',
        fix: 'Run `npx assay prove` and commit the ledger that it writes.',
      },
    ]
  const changed = (what: string, was: string, is: string): Finding[] =>
    was === is
      ? []
      : [
          {
            code: 'ledger.server-changed',
            severity: 'warning',
            summary: `The ${what} of the proof changed: ${was || 'none'} became ${is || 'none'}.`,
            why: 'Plans, collations and printed definitions differ between servers, and so may what is proven.',
            fix: 'Prove on the server that production has; if it is meant, a reviewer has to agree to it.',
          },
        ]
  return [
    ...changed('architecture', before.architecture, after.architecture),
    ...changed('PostgreSQL major version', String(before.major), String(after.major)),
    ...changed('locale', before.locale, after.locale),
    ...changed('extensions', before.extensions.join(', '), after.extensions.join(', ')),
    ...changed('exported statistics', before.statistics ?? '', after.statistics ?? ''),
  ]
}

const baseProblems = ({ problems }: Ledger): Finding[] =>
  problems.map((problem) => ({
    ...problem,
    code: 'ledger.base-malformed',
    severity: 'warning',
    why: 'This part of the base commit’s ledger cannot be compared with.',
    fix: 'Compare with a commit whose ledger is whole: --against REF.',
  }))

/**
 * Every weakening from `before` (the base commit's ledger) to `after`, by table. What is wrong with `after` by itself
 * (malformed pages, blocks edited by hand) is checkLedger's to say.
 */
export const compareLedgers = (before: Ledger, after: Ledger): Finding[] => {
  // By id over all pages: a rule or structure that moved to another page is not lost.
  const rules = new Map(after.pages.flatMap((p) => p.rules).map((r) => [r.id, r]))
  const structures = new Map(after.pages.flatMap((p) => p.structures).map((s) => [s.id, s]))
  const pages = before.pages.toSorted((a, b) => inOrder(a.table ?? '', b.table ?? ''))
  return [
    ...baseProblems(before),
    ...compareHeads(before.head, after.head),
    ...pages.flatMap((page) => [
      ...page.rules.flatMap((rule) => {
        const now = rules.get(rule.id)
        return now ? compareRule(rule, now) : [ruleLost(rule)]
      }),
      ...page.structures.flatMap((structure) => {
        const now = structures.get(structure.id)
        return now ? compareStructure(structure, now) : [structureLost(structure)]
      }),
    ]),
  ]
}
