/** softDeleted: a deleted row is hidden, kept for its grace, replaceable, and then removed for good. */
import type { IsolatedByRule } from '../architecture/kinds/isolated-by.ts'
import type { SoftDeletedRule } from '../architecture/kinds/soft-deleted.ts'
import type { Catalog } from '../catalog/structure.ts'
import { relationObjectId } from '../catalog/uses.ts'
import { structureId } from '../ground/names.ts'
import { qualified } from '../postgres/quote.ts'
import { tryOut, isTaken } from './attacks/trial.ts'
import { rulesOf } from './declared.ts'
import { standOnBaseRow } from './draft.ts'
import { allBelow } from './partition/family.ts'
import type { RuleKind } from './rule-kind.ts'
import { noun } from './sentence.ts'
import { addDeleteCases } from './soft-deleted/delete.ts'
import { deleteOf, purgeOf, softDeletionDdl } from './soft-deleted/design.ts'
import { addGraceCases } from './soft-deleted/grace.ts'
import { addHiddenCases } from './soft-deleted/hidden.ts'
import { addPurgeCases } from './soft-deleted/purge.ts'
import { functionsNamed, readStage, type SoftStage } from './soft-deleted/stage.ts'
import { addUniques } from './soft-deleted/unique.ts'
import { heldAround } from './surroundings.ts'
import { canRefuse, onEvents, setsColumn, speaksOf, triggersOf } from './trigger-functions.ts'

/** Who may call the functions: kept as it is, so that a grant that widens does not go unseen. */
const addCallers = async ({ rule, context, ground, applicants }: SoftStage): Promise<void> => {
  const functions = [deleteOf(rule), purgeOf(rule)].flatMap((name) => functionsNamed(context, name))
  if (functions.length === 0) return
  const names = functions.map(({ facts }) => {
    const { schema, name, args } = facts
    return `${qualified({ schema, name })}(${args.join(', ')})`
  })
  const around = names.map((name) => ({ kind: 'function', name }) as const)
  const when = [heldAround(around, [...applicants.map(({ asker }) => asker.role), 'public']).trim()]
  const answer = await tryOut(context.db, { statements: [] }, { when })
  if (!isTaken(answer)) return
  ground.draft.add({
    title: `${functions.map((f) => f.facts.name).join(' and ')} may be called by whom they may be called now`,
    when,
    then: { kind: 'rows', rows: answer.rows },
  })
}

const claimsOf = (rule: SoftDeletedRule, catalog: Catalog, isIsolated: boolean): readonly string[] => {
  const tables = [rule.table, ...allBelow(catalog, rule.table).map((t) => t.id)]
  const policies = tables.flatMap((table) =>
    catalog
      .of(table, 'policy')
      .filter((p) => !isIsolated || p.dependsOn.includes(structureId(table, 'column', rule.column))),
  )
  const security = policies.length === 0 ? [] : tables.flatMap((table) => catalog.of(table, 'rowSecurity'))
  const triggers = tables.flatMap((table) => triggersOf(catalog, table))
  const guards = [
    ...onEvents(triggers, 'delete').filter(
      (one) => canRefuse(one) && speaksOf(one.function?.body ?? '', rule.column),
    ),
    ...onEvents(triggers, 'truncate').filter(canRefuse),
    ...onEvents(triggers, 'update').filter((one) => setsColumn(one, rule.column)),
  ].map(({ trigger }) => trigger)
  const functions = [deleteOf(rule), purgeOf(rule)].flatMap((name) => functionsNamed({ catalog }, name))
  const view =
    rule.through === null ? undefined : catalog.structures.get(relationObjectId('view', rule.through))
  const objects = [...functions, ...(view ? [view] : [])]
  const grants = [...catalog.structures.values()].filter(
    (s) => s.kind === 'grant' && objects.some((o) => s.dependsOn.includes(o.id)),
  )
  return [...new Set([...security, ...policies, ...guards, ...objects, ...grants].map((s) => s.id))]
}

export const softDeleted: RuleKind<SoftDeletedRule> = {
  kind: 'softDeleted',
  heedsTriggers: true,
  sentence: (rule) =>
    `${noun(rule.table)} whose ${rule.column} is set are hidden, free their keys, and are kept ${rule.grace} before they are purged`,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const stage = await readStage(rule, context, ground)
    if (!stage) return ground.draft.written()
    await addHiddenCases(stage)
    await addDeleteCases(stage)
    await addUniques(stage)
    const notes = await addGraceCases(stage)
    await addPurgeCases(stage)
    await addCallers(stage)
    return { ...ground.draft.written(), ...(notes.length > 0 ? { notes } : {}) }
  },
  design: softDeletionDdl,
  claims: (rule, { catalog, architecture }) =>
    claimsOf(rule, catalog, rulesOf<IsolatedByRule>(architecture, rule.table, 'isolatedBy').length > 0),
}
