/** What a person has to look at after a proof, each with why it matters and the exact mend. */
import type { Finding, MutantResult, RuleResult, StructureResult } from './result.ts'

const place = (rule: RuleResult): Pick<Finding, 'where'> => (rule.at ? { where: rule.at } : {})

const designOf = (rule: RuleResult): string =>
  rule.design.length > 0 ? rule.design.join(' ') : `look at \`assay explain '${rule.id}'\``

const greenFindings = (rule: RuleResult): readonly Finding[] => {
  if (rule.green) return []
  const failing = rule.experiments.filter((e) => !e.holds)
  if (failing.length === 0) {
    if (rule.unsolved.length > 0) return []
    const why = rule.red?.why ?? 'no experiment could be written for it'
    return [
      {
        code: 'rule.red',
        severity: 'error',
        rule: rule.id,
        summary: `${rule.table}: ${rule.sentence}: ${why}`,
        why: 'the rule is declared, and the database does not have what it asks for',
        fix: `add to a migration: ${designOf(rule)}`,
        ...place(rule),
      },
    ]
  }
  // One finding per mend: experiments that fail for one reason are one thing to do.
  const byMend = new Map<string, typeof failing>()
  for (const e of failing) {
    const mend = e.experiment.mend ?? ''
    byMend.set(mend, [...(byMend.get(mend) ?? []), e])
  }
  return [...byMend].map(([mend, cases]): Finding => {
    const [first] = cases
    const more = cases.length > 1 ? ` (and ${cases.length - 1} more)` : ''
    return {
      code: mend === '' ? 'rule.red' : 'rule.hole',
      severity: 'error',
      rule: rule.id,
      summary: `${rule.table}: ${rule.sentence}: ${first!.experiment.title}: ${first!.difference}${more}`,
      why: 'the rule is declared, and the database does not keep it',
      fix: mend === '' ? `add to a migration: ${designOf(rule)}` : mend,
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
          summary: `${rule.table}: ${rule.sentence}: ${rule.red.why}`,
          why: 'a test that cannot fail proves nothing: the rule holds with and without what it claims',
          fix: 'remove the rule if nothing needs it, or name the structure that keeps it with { by: […] }',
          ...place(rule),
        },
      ]
    : []

const unsolvedFindings = (rule: RuleResult): readonly Finding[] =>
  rule.unsolved.map((u) => ({
    code: 'rule.unsolved',
    severity: 'error' as const,
    rule: rule.id,
    summary: `${rule.table}: ${rule.sentence}: ${u.summary}`,
    why: `tried: ${u.tried}`,
    fix: `give a row that shows it with t.accepts(…) or t.rejects(…) on table ${rule.table}`,
    ...place(rule),
  }))

const ruleToDeclare = (s: StructureResult): string =>
  s.declaredBy ?? `declare the rule that needs it, or drop it in a migration (${s.definition})`

const unprovenFinding = (s: StructureResult): readonly Finding[] =>
  s.rules.length > 0
    ? []
    : [
        {
          code: 'structure.unproven',
          severity: 'error',
          structure: s.id,
          summary: `${s.table ?? 'database'}: ${s.kind} ${s.name} exists, and no rule asks for it`,
          why: 'no data structure exists until a test proves that it works',
          fix: ruleToDeclare(s),
        },
      ]

const mutantFinding = (s: StructureResult, m: MutantResult): readonly Finding[] => {
  if (m.verdict !== 'survived' && m.verdict !== 'unsolved') return []
  return [
    {
      code: `mutant.${m.verdict}`,
      severity: 'error',
      structure: s.id,
      summary: `${s.table ?? 'database'}: nobody notices when ${m.summary}`,
      why: m.why,
      fix:
        m.verdict === 'survived'
          ? `add a rule that tells it apart; the change was: ${m.ddl.join('; ')}`
          : `show the case with t.accepts(…), t.rejects(…) or t.proves(…); the change was: ${m.ddl.join('; ')}`,
    },
  ]
}

/** Findings in the order of the architecture: rules, then structures. */
export const findingsOf = (
  rules: readonly RuleResult[],
  structures: readonly StructureResult[],
): readonly Finding[] => [
  ...rules.flatMap((rule) => [...greenFindings(rule), ...unsolvedFindings(rule), ...redFindings(rule)]),
  ...structures.flatMap((s) => [
    ...unprovenFinding(s),
    // An unproven structure's mutants survive for want of a rule; one finding is enough.
    ...(s.rules.length === 0 ? [] : s.mutants.flatMap((m) => mutantFinding(s, m))),
  ]),
]
