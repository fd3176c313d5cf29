/**
 * auditLog: what stands in an audit log stays as it is. Its owner too may not change it; whoever has no right on it
 * reads nothing; personal values go by one function, which leaves its own entry; its chains bear concurrent writers.
 */
import type { AuditLogRule } from '../architecture/kinds/audit-log.ts'
import type { AuditedRule } from '../architecture/kinds/audited.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import { relationObjectId } from '../catalog/uses.ts'
import { qualified } from '../postgres/quote.ts'
import { auditLogDesign } from './audit-log/design.ts'
import { auditLogNames, auditLogSql } from './audit-log/names.ts'
import { attacksOnLog } from './audit-log/attacks.ts'
import { erasureCases, readingCases } from './audit-log/reading.ts'
import { brokenLinks } from './audited/checks.ts'
import { standOnBaseRow, type Case } from './draft.ts'
import type { World } from './experiment.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { noun } from './sentence.ts'

const sentences: Readonly<Record<AuditLogRule['part'], (table: string) => string>> = {
  statements: (table) => `what stands in ${table} is never changed, and its chains bear concurrent writers`,
  rows: (table) => `what stands in ${table} is never changed, and is read through one view`,
  personal: (table) => `what stands in ${table} is never changed, only erased, and that leaves an entry`,
}

const partFunctions: Readonly<
  Record<AuditLogRule['part'], readonly ('open' | 'seal' | 'guard' | 'erased' | 'erase')[]>
> = {
  statements: ['open', 'seal', 'guard'],
  rows: ['guard'],
  personal: ['guard', 'erased', 'erase'],
}

const isFunction = (
  structure: Structure,
  name: { readonly schema: string; readonly name: string },
): boolean => {
  const facts = structure.facts as { readonly schema: string; readonly name: string }
  return structure.kind === 'function' && facts.schema === name.schema && facts.name === name.name
}

const claimsOf = (rule: AuditLogRule, catalog: Catalog): readonly string[] => {
  const names = auditLogNames(rule.log)
  const functions = [...catalog.structures.values()].filter((s) =>
    partFunctions[rule.part].some((name) => isFunction(s, names[name])),
  )
  const view = rule.part === 'rows' ? catalog.structures.get(relationObjectId('view', names.view)) : undefined
  const roots = [...functions, ...(view ? [view] : [])]
  const grants = roots.flatMap((root) => catalog.dependents(root.id).filter((s) => s.kind === 'grant'))
  const triggers = catalog
    .of(rule.table, 'trigger')
    .filter((trigger) => trigger.dependsOn.some((id) => functions.some((f) => f.id === id)))
  // Values are stored as they are: compressing costs more than writing them.
  const settings = rule.part === 'rows' ? catalog.of(rule.table, 'tableSettings') : []
  return [...new Set([...triggers, ...roots, ...grants, ...settings].map((s) => s.id))]
}

/** Two sessions that write at once to a table that this log audits, and commit: neither waits, every chain is whole. */
const concurrent = async (
  rule: AuditLogRule,
  context: RuleContext,
): Promise<{ readonly world: World; readonly one: Case } | null> => {
  const audited = context.architecture.tables.filter((table) =>
    table.rules.some((r) => r.kind === 'audited' && (r as AuditedRule).log === rule.log),
  )
  for (const { id } of audited) {
    const table = context.catalog.tables.get(id)
    if (!table) continue
    const { problem, ...world } = await context.rows.world(table)
    const [a, b] = [await context.rows.base(table, 'a'), await context.rows.base(table, 'b')]
    if (problem !== null || a === null || b === null) continue
    const [first, second] = [a, b].map((row) => context.rows.insert(table, row))
    const gone = `delete from ${qualified(table)} where`
    return {
      world,
      one: {
        title: `two sessions write ${noun(id)} at once, one of them with an old snapshot: both get through, every chain is whole`,
        when: [],
        then: { kind: 'rows', rows: [] },
        interleaving: {
          steps: [
            { session: 1, sql: 'begin isolation level read committed' },
            { session: 2, sql: 'begin isolation level repeatable read' },
            { session: 2, sql: `select count(*) from ${qualified(table)}` },
            { session: 1, sql: first! },
            { session: 1, sql: 'commit' },
            // Its snapshot does not see the head of the lane that the first has written to.
            { session: 2, sql: second! },
            { session: 2, sql: 'commit' },
            { session: 1, sql: 'begin isolation level read committed' },
            { session: 2, sql: 'begin isolation level read committed' },
            { session: 1, sql: `${gone} ${context.rows.where(table, a)}` },
            { session: 2, sql: `${gone} ${context.rows.where(table, b)}` },
            { session: 1, sql: 'commit' },
            { session: 2, sql: 'commit' },
          ],
          violations: `${brokenLinks(rule.log)}
union all select 0, count(*) from ${auditLogSql(rule.log).statements} having count(*) < 4 or max(lane) > 1`,
        },
      },
    }
  }
  return null
}

export const auditLog: RuleKind<AuditLogRule> = {
  kind: 'auditLog',
  heedsTriggers: true,
  sentence: (rule) => sentences[rule.part](noun(rule.table)),
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const { draft, base } = ground
    const mend = designOf(rule, context.architecture).join('\n')
    const cases = [
      ...attacksOnLog(rule, context, base),
      ...(rule.part === 'rows' ? readingCases(rule, context) : []),
      ...(rule.part === 'personal' ? erasureCases(rule, context, base) : []),
    ]
    for (const one of cases) draft.add({ ...one, mend })
    const written = draft.written()
    const two = rule.part === 'statements' ? await concurrent(rule, context) : null
    if (two === null) return written
    const id = `${rule.id}#${written.experiments.length + 1}`
    const last = { ...two.one, id, rule: rule.id, world: two.world, given: [], mend }
    return { ...written, experiments: [...written.experiments, last] }
  },
  design: (rule, architecture) => designOf(rule, architecture),
  claims: (rule, { catalog }) => claimsOf(rule, catalog),
}

function designOf(rule: AuditLogRule, architecture: RuleContext['architecture']): readonly string[] {
  if (rule.part === 'statements') return auditLogDesign.statements(rule.log, architecture)
  return rule.part === 'rows'
    ? auditLogDesign.rows(rule.log, rule.readers)
    : auditLogDesign.personal(rule.log, rule.eraser)
}
