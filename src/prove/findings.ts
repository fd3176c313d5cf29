/** What a person has to look at after a proof, each with why it matters and the exact mend. */
import type { DeclaredTable } from '../architecture/architecture.ts'
import { shellCommand } from '../ground/shell-word.ts'
import { asideFindings, isSetAside } from './aside-findings.ts'
import { missingFindings, undeclaredTables } from './missing-findings.ts'
import type { ExperimentResult, Finding, MutantResult, RuleResult, StructureResult } from './result.ts'
import { unshownFinding } from './unshown.ts'

const place = (rule: RuleResult): Pick<Finding, 'where'> => (rule.at ? { where: rule.at } : {})

/** `products: price_not_negative: price >= 0: …` */
const about = (rule: RuleResult, what: string): string => `${rule.table}: ${rule.sentence}: ${what}`

const explain = (id: string): string => shellCommand('npx', 'assay', 'explain', id)

const designMend = (rule: RuleResult): string => {
  if (rule.design.length === 0)
    return `see its experiments, and change the database or the rule:\n${explain(rule.id)}`
  // What is there and is not what it should be has to give way to the design.
  const how =
    rule.claims.length === 0 ? 'add to a migration:' : `replace ${rule.claims.join(', ')} in a migration by:`
  const first = (rule.replaces ?? []).map((sql) => `${sql.replace(/;\s*$/u, '')};`)
  return [how, ...first, ...rule.design].join('\n')
}

/** Nobody can notice what happens to a structure whose rule does not hold yet: the rule's finding comes first. */
const waitsForGreen = (s: StructureResult, m: MutantResult, rule: RuleResult): boolean =>
  (m.verdict === 'survived' || m.verdict === 'unsolved') &&
  s.rules.includes(rule.id) &&
  rule.experiments.some((e) => !e.holds)

/** Mutants that are unsolved for the reason that a rule of their structure already gives. */
const waitsForAnswer = (s: StructureResult, m: MutantResult, rule: RuleResult): boolean =>
  m.verdict === 'unsolved' && s.rules.includes(rule.id) && rule.unsolved.some((u) => u.summary === m.why)

const alsoWaiting = (
  structures: readonly StructureResult[],
  waits: (s: StructureResult, m: MutantResult) => boolean,
): string => {
  const n = structures.reduce((sum, s) => sum + s.mutants.filter((m) => waits(s, m)).length, 0)
  return n === 0 ? '' : `; ${n} mutant${n === 1 ? ' waits' : 's wait'} for it`
}

/** Experiments that fail for one reason are one thing to do. */
const byMend = (failing: readonly ExperimentResult[]): ReadonlyMap<string, readonly ExperimentResult[]> => {
  const groups = new Map<string, ExperimentResult[]>()
  for (const e of failing) {
    const mend = e.experiment.mend ?? ''
    groups.set(mend, [...(groups.get(mend) ?? []), e])
  }
  return groups
}

const greenFindings = (rule: RuleResult, structures: readonly StructureResult[]): readonly Finding[] => {
  if (rule.green || rule.missing) return []
  const failing = rule.experiments.filter((e) => !e.holds)
  if (failing.length === 0) {
    // Its unsolved findings tell already.
    if (rule.unsolved.length > 0) return []
    const reason = 'no experiment could be written for it'
    return [
      {
        code: 'rule.red',
        severity: 'error',
        rule: rule.id,
        summary: about(rule, reason),
        reason,
        why: 'a rule without an experiment is not proven',
        fix: designMend(rule),
        ...place(rule),
      },
    ]
  }
  return [...byMend(failing)].map(([mend, cases], i): Finding => {
    const [first] = cases
    const waiting = i > 0 ? '' : alsoWaiting(structures, (s, m) => waitsForGreen(s, m, rule))
    const more = cases.length > 1 ? ` (and ${cases.length - 1} more)` : ''
    return {
      code: first!.experiment.code ?? (mend === '' ? 'rule.red' : 'rule.hole'),
      severity: 'error',
      rule: rule.id,
      summary: about(rule, `${first!.experiment.title}: ${first!.difference}${more}`),
      why: `the rule is declared, and the database does not keep it${waiting}`,
      fix: mend === '' ? designMend(rule) : mend,
      ...place(rule),
    }
  })
}

const redFindings = (rule: RuleResult): readonly Finding[] =>
  rule.green && rule.red && !rule.red.proven
    ? [
        {
          code: 'rule.not-red',
          severity: 'error',
          rule: rule.id,
          summary: about(rule, rule.red.why),
          reason: rule.red.why,
          why: 'a test that cannot fail proves nothing: the rule holds with and without what it claims',
          fix: 'remove the rule if nothing needs it, or name the structure that keeps it with { by: […] }',
          ...place(rule),
        },
      ]
    : []

const unsolvedFindings = (rule: RuleResult, structures: readonly StructureResult[]): readonly Finding[] =>
  rule.unsolved.map((u) => {
    const waiting = alsoWaiting(structures, (s, m) => m.why === u.summary && waitsForAnswer(s, m, rule))
    return {
      code: 'rule.unsolved',
      severity: 'error' as const,
      rule: rule.id,
      summary: about(rule, u.summary),
      reason: u.summary,
      why: `Assay could not find out (tried: ${u.tried})${waiting}`,
      fix: u.mend ?? `give a row that shows it with t.accepts(…) or t.rejects(…) on table ${rule.table}`,
      ...place(rule),
    }
  })

const unprovenFinding = (s: StructureResult): readonly Finding[] =>
  s.rules.length > 0
    ? []
    : [
        {
          code: 'structure.unproven',
          severity: 'error',
          structure: s.id,
          summary: `${s.table ?? 'database'}: ${s.kind} ${s.name} exists, and no rule asks for it`,
          why: `no data structure exists until a test proves that it works; it is: ${s.definition}`,
          fix:
            s.declaredBy === null
              ? 'declare the rule that needs it, or drop it in a migration'
              : `declare the rule that needs it, or drop it in a migration; its declaration:\n${s.declaredBy}`,
        },
      ]

const bare = (ddl: readonly string[]): string => ddl.map((sql) => sql.replace(/;\s*$/u, '')).join(';')

/** A mutant that is just what a red rule asks for: the rule's own finding tells it already. */
const isMendOf = (mutant: MutantResult, rule: RuleResult): boolean =>
  !rule.green && rule.design.length > 0 && bare(rule.design) === bare(mutant.ddl)

const mutantFinding = (
  s: StructureResult,
  m: MutantResult,
  rules: readonly RuleResult[],
): readonly Finding[] => {
  if (m.verdict !== 'survived' && m.verdict !== 'unsolved') return []
  const isTold = (rule: RuleResult): boolean =>
    waitsForGreen(s, m, rule) || waitsForAnswer(s, m, rule) || isMendOf(m, rule)
  if (rules.some(isTold)) return []
  const change = m.ddl.map((sql) => `${sql.replace(/;\s*$/u, '')};`).join('\n')
  const survived = m.verdict === 'survived'
  return [
    {
      code: `mutant.${m.verdict}`,
      severity: 'error',
      structure: s.id,
      summary: `${s.table ?? 'database'}: ${survived ? 'nobody notices when' : 'it is not known who notices when'} ${m.summary}`,
      reason: m.summary,
      why: survived ? `breaking ${s.id} in this way goes unnoticed: ${m.why}` : m.why,
      fix: `${
        survived
          ? 'add a rule, or a t.accepts(…), t.rejects(…) or t.proves(…), that this change would break:'
          : 'show the case with t.accepts(…), t.rejects(…) or t.proves(…); the change was:'
      }\n${change}`,
    },
  ]
}

const noteFindings = (rule: RuleResult): readonly Finding[] =>
  (rule.notes ?? []).map((note) => ({
    code: note.code ?? 'rule.note',
    severity: note.severity ?? ('note' as const),
    rule: rule.id,
    summary: `${rule.table}: ${note.summary}`,
    why: note.why ?? 'it does not break the rule; somebody may not want it so',
    fix: note.mend,
    ...place(rule),
  }))

/** Findings in the order of the architecture: rules, then structures. */
export const findingsOf = (
  rules: readonly RuleResult[],
  structures: readonly StructureResult[],
  tables: readonly DeclaredTable[],
): readonly Finding[] => {
  const undeclared = undeclaredTables(structures, tables)
  const missing = missingFindings(rules, tables, [...undeclared.ids])
  const isAside = isSetAside(rules)
  return [
    ...rules.flatMap((rule) => [
      ...[missing.get(rule) ?? []].flat(),
      ...greenFindings(rule, structures),
      ...unsolvedFindings(rule, structures),
      ...redFindings(rule),
      ...noteFindings(rule),
    ]),
    ...structures.flatMap((s) => {
      const own = [undeclared.findings.get(s) ?? []].flat()
      if (s.table !== null && undeclared.ids.has(s.table) && s.rules.length === 0) return own
      // An unproven structure's mutants survive for want of a rule; one finding is enough.
      if (s.rules.length === 0) return isAside(s.id) ? [] : unprovenFinding(s)
      const told = s.mutants.flatMap((m) => mutantFinding(s, m, rules))
      return unshownFinding(s, told) ?? told
    }),
    ...asideFindings(rules, structures),
  ]
}
