/**
 * policies: row-level security of any shape. The cells of a matrix (role and settings, rows of every kind, what is
 * done) are expected to come out as the declared expressions say when PostgreSQL evaluates them itself for that role
 * over the row as a value, without asking the table's policies.
 */
import type { PoliciesRule } from '../architecture/kinds/policies.ts'
import { loadParser } from '../postgres/parse.ts'
import { standOnBaseRow } from './draft.ts'
import { columnsIn } from './expression-columns.ts'
import { policiesDdl } from './policies/design.ts'
import { isRefused, readCanonical, type Refused } from './policies/canonical.ts'
import { grantsFor, worldOfPolicies } from './policies/ground.ts'
import { expressionsOf } from './policies/policy-set.ts'
import { readReading } from './policies/reading.ts'
import { readRoles } from './policies/roles.ts'
import { policiesOf, standingSet } from './policies/variants.ts'
import { writeCells } from './policies/write-cells.ts'
import type { Case } from './draft.ts'
import type { RuleKind } from './rule-kind.ts'
import { listed, noun } from './sentence.ts'

/** Names in the sentence; more are counted. */
const mostNamed = 4

const sentenceOf = (rule: PoliciesRule): string => {
  const names = rule.policies.map((p) => p.name.replaceAll('_', ' '))
  const told =
    names.length > mostNamed
      ? [...names.slice(0, mostNamed), `${names.length - mostNamed} more policies`]
      : names
  const rows = noun(rule.table)
  const bound = rule.forced ? ', which bind the owner too' : ''
  if (!rule.enabled)
    return `row-level security of ${rows} is off${told.length > 0 ? `, and ${listed(told)} asleep` : ''}`
  if (told.length === 0) return `nobody sees or writes ${rows}${rule.forced ? '' : ' but their owner'}`
  return `who sees and writes ${rows} is said by ${listed(told)}${bound}`
}

/** PostgreSQL does not take a declared policy: said by an experiment that makes it under another name. */
const takenCase = (rule: PoliciesRule, { policy, fault }: Refused): Case => {
  const declared = rule.policies.filter((p) => p.name === policy).map((p) => ({ ...p, name: 'assay policy' }))
  const [create = ''] = policiesDdl({ ...rule, enabled: false, forced: false, policies: declared })
  return {
    title: `PostgreSQL takes the declared policy ${policy}`,
    when: [create.replace(/;$/u, '')],
    then: { kind: 'accepted' },
    mend: `correct the declaration of the policy ${policy}, or make what it names: ${fault.message}`,
  }
}

export const policies: RuleKind<PoliciesRule> = {
  kind: 'policies',
  sentence: sentenceOf,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    await loadParser()
    const { db, table, catalog, architecture } = context
    const canonical = await readCanonical(db, table, rule)
    if (isRefused(canonical)) {
      ground.draft.add(takenCase(rule, canonical))
      return ground.draft.written()
    }
    const named = [...canonical, ...standingSet(catalog, table).policies]
    const reading = readReading(catalog, expressionsOf(canonical))
    const beside = reading.tables.flatMap((t) => standingSet(catalog, t.table).policies)
    const roles = await readRoles(db, table, named, architecture.identity?.role ?? null, beside)
    const itself = reading.tables.find((t) => t.table.id === table.id)
    const texts = [...expressionsOf(canonical), ...(itself?.conditions ?? [])]
    const columns = await Promise.all(texts.map((sql) => columnsIn(table, sql)))
    const grants = await grantsFor(context, roles.asked, reading)
    return writeCells({
      rule,
      context,
      ground,
      declared: { policies: canonical, enabled: rule.enabled, forced: rule.forced },
      reading,
      roles,
      world: worldOfPolicies(table, ground.world, grants),
      grants,
      looked: [...new Set([...columns.flat(), ...(itself?.columns ?? [])])],
    })
  },
  design: (rule) => policiesDdl(rule),
  claims: (rule, { catalog, table }) => [
    ...catalog.of(table.id, 'rowSecurity').map((s) => s.id),
    ...policiesOf(catalog, table.id)
      .filter((s) => rule.policies.some((p) => p.name === s.name))
      .map((s) => s.id),
  ],
}
