/**
 * Functions that nothing in the proof can run: those of event triggers, which only a superuser makes, and those of triggers
 * that are all disabled, or gone. They are kept word for word, and a finding names each.
 */
import type { FunctionFacts } from '../../catalog/function.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { TriggerFacts } from '../../catalog/trigger/statement.ts'
import type { Finding } from '../../prove/result.ts'

type FunctionStructure = Structure<FunctionFacts>

const isFunction = (structure: Structure): structure is FunctionStructure => structure.kind === 'function'

const triggersOf = (catalog: Catalog, id: string): readonly Structure<TriggerFacts>[] =>
  [...catalog.structures.values()].filter(
    (s): s is Structure<TriggerFacts> => s.kind === 'trigger' && s.dependsOn.includes(id),
  )

/** Why nothing runs it; null where something may. */
const whyNeverRun = (catalog: Catalog, { id, facts }: FunctionStructure): string | null => {
  if (facts.isEventTrigger)
    return 'event triggers alone call it, and only a superuser makes those: here nothing does'
  if (!facts.isTrigger) return null
  const triggers = triggersOf(catalog, id)
  if (triggers.some((trigger) => trigger.facts.enabled !== 'D')) return null
  return triggers.length === 0
    ? 'only a trigger can call it, and there is none'
    : `only triggers call it, and each is disabled: ${triggers.map((trigger) => trigger.id).join(', ')}`
}

/** In the order of the catalog. */
export const neverRun = (catalog: Catalog): readonly FunctionStructure[] =>
  [...catalog.structures.values()].filter(isFunction).filter((one) => whyNeverRun(catalog, one) !== null)

/** `claims`: what the printed rules state. */
export const neverRunFindings = (catalog: Catalog, claims: readonly string[]): readonly Finding[] => {
  const claimed = new Set(claims)
  return neverRun(catalog).flatMap((one): Finding[] => {
    const { id } = one
    if (!claimed.has(id)) return []
    return [
      {
        code: 'adopt.never-run',
        severity: 'note',
        structure: id,
        summary: `${id}: nothing runs it in the proof, so that only its text is kept`,
        reason: 'a function that nothing runs is kept word for word',
        why: whyNeverRun(catalog, one)!,
        fix: one.facts.isEventTrigger
          ? 'leave it to the platform that makes the event trigger, or drop it in a migration where there is none'
          : 'drop it in a migration, or make or enable the trigger that it is for',
      },
    ]
  })
}
