/**
 * Triggers that the worlds of experiments disable, because no row gets past them, and CHECKs that say false: one finding
 * for each, so that nobody takes the proof of its table for a proof of it.
 */
import type { Finding, RuleResult, StructureResult } from './result.ts'

/** By structure id: what PostgreSQL answered, and the rules that are proven without the trigger. */
interface SeenAside {
  readonly why: string
  readonly rules: Set<string>
}

const asidesOf = (rules: readonly RuleResult[]): ReadonlyMap<string, SeenAside> => {
  const found = new Map<string, SeenAside>()
  for (const rule of rules)
    for (const { experiment } of rule.experiments)
      for (const { structure, why } of experiment.world.asides ?? []) {
        const seen = found.get(structure) ?? { why, rules: new Set() }
        seen.rules.add(rule.id)
        found.set(structure, seen)
      }
  return found
}

/** How it is told of one kind of structure. */
interface Telling {
  readonly word: string
  readonly code: string
  readonly severity: Finding['severity']
  readonly how: string
  readonly mend: (table: string) => string
}

const ofTriggers: Telling = {
  word: 'trigger',
  code: 'trigger.set-aside',
  severity: 'warning',
  how: 'with it disabled',
  mend: (table) =>
    `state a row that it takes, and what stands before it, with t.accepts(…) on table ${table}, or drop it in a migration`,
}

const tellings: Readonly<Record<string, Telling>> = {
  trigger: ofTriggers,
  rule: {
    ...ofTriggers,
    word: 'rewrite rule',
    mend: () =>
      'leave it where it is meant: COPY goes past it, and so rows come in; else drop it in a migration',
  },
  check: {
    word: 'CHECK',
    code: 'check.set-aside',
    severity: 'note',
    how: 'without it',
    mend: () =>
      'leave it where the table is kept empty on purpose, as a parent of others is; else drop it in a migration',
  },
}

/** `1 rule is`, `12 rules are`. */
const counted = (n: number): string => (n === 1 ? '1 rule is' : `${n} rules are`)

/** A function whose parts are missing here may have them elsewhere. */
const isMissing = (why: string): boolean => /does not exist \(SQLSTATE (?:42|3F)/u.test(why)

export const asideFindings = (
  rules: readonly RuleResult[],
  structures: readonly StructureResult[],
): readonly Finding[] =>
  [...asidesOf(rules)].map(([id, { why, rules: without }]) => {
    const structure = structures.find((s) => s.id === id)
    const kind = /\/(?<kind>trigger|rule|check):/u.exec(id)?.groups?.['kind'] ?? 'trigger'
    const { word, code, severity, how, mend } = tellings[kind] ?? ofTriggers
    const table = structure?.table ?? id.slice(0, id.indexOf(`/${kind}:`))
    const name = structure?.name ?? id.slice(id.indexOf(':') + 1)
    const isUnproven = structure !== undefined && structure.rules.length === 0
    return {
      code,
      severity: isUnproven ? 'error' : severity,
      structure: id,
      summary: `${table}: no row gets past ${word} ${name}: ${why}`,
      reason: why,
      why: `${counted(without.size)} proven ${how}${isUnproven ? `; no rule proves the ${word} itself` : ''}`,
      fix: isMissing(why)
        ? 'put what its function needs into a file of SQL, with functions of the same names and arguments, and give it as schema.before'
        : mend(table),
    }
  })

/** Their own finding tells that no rule asks for them. */
export const isSetAside = (rules: readonly RuleResult[]): ((structure: string) => boolean) => {
  const found = asidesOf(rules)
  return (structure) => found.has(structure)
}
