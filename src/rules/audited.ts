/**
 * audited: every insert, update and delete leaves one entry per row in the log. What was there and what is there are
 * compared with the entries, for every kind of write; then the application's role tries what it has no right to.
 */
import type { AuditedRule } from '../architecture/kinds/audited.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import { functionId } from '../catalog/uses.ts'
import { auditLogNames } from './audit-log/names.ts'
import { auditedAskers } from './audited/askers.ts'
import { auditedDesign, auditedNames, auditedTable } from './audited/design.ts'
import { auditedWrites } from './audited/writes.ts'
import { standOnBaseRow } from './draft.ts'
import { removableRow } from './removable-row.ts'
import type { RuleKind } from './rule-kind.ts'
import { noun } from './sentence.ts'

/** What this file reads of a trigger's facts. */
interface TriggerFacts {
  readonly function: { readonly schema: string; readonly name: string; readonly args: readonly string[] }
}

/** A trigger that writes to the log, or that refuses in its name. */
const belongsTo = (rule: AuditedRule, trigger: Structure, catalog: Catalog): boolean => {
  const { function: called } = trigger.facts as TriggerFacts
  const names = auditLogNames(rule.log)
  const own = auditedNames(rule).function
  const isNamed = [own, names.guard].some(
    (name) => name.schema === called.schema && name.name === called.name,
  )
  const body = catalog.structures.get(functionId(called, called.args))?.definition ?? ''
  return isNamed || [names.statements, names.rows, names.seal].some((name) => body.includes(name.name))
}

const claimsOf = (rule: AuditedRule, catalog: Catalog): readonly string[] => {
  const triggers = catalog.of(rule.table, 'trigger').filter((trigger) => belongsTo(rule, trigger, catalog))
  const functions = triggers.map((trigger) => {
    const { function: called } = trigger.facts as TriggerFacts
    return functionId(called, called.args)
  })
  const grants = functions.flatMap((id) => catalog.dependents(id).filter((s) => s.kind === 'grant'))
  return [...new Set([...triggers.map((t) => t.id), ...functions, ...grants.map((g) => g.id)])]
}

export const audited: RuleKind<AuditedRule> = {
  kind: 'audited',
  designPlace: 20,
  heedsTriggers: true,
  sentence: (rule) =>
    rule.personal.length === 0
      ? `every change of ${noun(rule.table)} leaves its entry in ${noun(rule.log)}`
      : `every change of ${noun(rule.table)} leaves its entry in ${noun(rule.log)}, personal values apart`,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const { draft, world, base } = ground
    const table = auditedTable(rule, context.architecture)
    const [b, c] = [await context.rows.base(context.table, 'b'), await context.rows.base(context.table, 'c')]
    const leaving = {
      a: await removableRow(context, world, base),
      b: b && (await removableRow(context, world, b)),
    }
    const parts = { context, world, table, a: base, b, c, leaving, names: auditedNames(rule) }
    const writes = await auditedWrites(parts)
    for (const { title, why } of writes.refused) draft.unsolved(`${title}: PostgreSQL refuses the write`, why)
    const asked = await auditedAskers(parts)
    const mend = auditedDesign(rule, context.architecture).join('\n')
    for (const one of [...writes.cases, ...asked]) draft.add({ ...one, mend })
    return draft.written()
  },
  design: auditedDesign,
  claims: (rule, { catalog }) => claimsOf(rule, catalog),
}
