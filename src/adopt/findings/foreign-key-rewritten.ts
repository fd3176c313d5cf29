/**
 * A rewrite rule between a foreign key and its rows. PostgreSQL carries ON DELETE and ON UPDATE out by statements on the
 * referencing table, and these are rewritten like any other.
 */
import type { ReferencesFacts } from '../../catalog/foreign-key.ts'
import { referencesOf } from '../../catalog/references.ts'
import type { RewriteRuleFacts } from '../../catalog/rewrite-rule.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import type { FindingKind } from './finding-kind.ts'

const acting: ReadonlySet<string> = new Set(['cascade', 'set null', 'set default'])

interface Action {
  /** `on delete cascade`. */
  readonly words: string
  /** What PostgreSQL does to the referencing table for it. */
  readonly event: RewriteRuleFacts['event']
  readonly parentsVerb: 'delete' | 'update'
}

const actionsOf = ({ onDelete, onUpdate }: ReferencesFacts): readonly Action[] => [
  ...(acting.has(onDelete)
    ? [
        {
          words: `on delete ${onDelete}`,
          event: onDelete === 'cascade' ? ('delete' as const) : ('update' as const),
          parentsVerb: 'delete' as const,
        },
      ]
    : []),
  ...(acting.has(onUpdate)
    ? [{ words: `on update ${onUpdate}`, event: 'update' as const, parentsVerb: 'update' as const }]
    : []),
]

/** The rule's own condition may let the row through; where it does not, nothing is done to it. */
const whyOf = (target: string, { words, event, parentsVerb }: Action, isConditional: boolean): string =>
  `PostgreSQL carries ${words} out by ${event === 'delete' ? 'a DELETE' : 'an UPDATE'} of this table, which the rule rewrites: ` +
  `a row of ${target} that is referenced ${
    isConditional && event === 'delete'
      ? 'goes, and rows that the rule keeps go on pointing to it'
      : `cannot be ${parentsVerb}d (XX000)`
  }`

const findings = (catalog: Catalog, table: Table): readonly Finding[] => {
  const rules = (catalog.of(table.id, 'rule') as readonly Structure<RewriteRuleFacts>[]).filter(
    ({ facts }) => facts.isInstead && /[OA]/u.test(facts.enabled),
  )
  return referencesOf(catalog, table.id)
    .filter(({ facts }) => !facts.notEnforced)
    .flatMap(({ id, facts }) =>
      actionsOf(facts).flatMap((action) =>
        rules
          .filter((rule) => rule.facts.event === action.event)
          .map((rule): Finding => ({
            code: 'adopt.foreign-key-rewritten',
            severity: 'warning',
            structure: id,
            summary: `${table.id}: foreign key ${facts.name} says ${action.words}, and rewrite rule ${rule.name} does something else instead`,
            reason: 'a rewrite rule does something else than the action of a foreign key',
            why: whyOf(facts.target, action, rule.facts.hasWhere),
            fix: `drop the rule, and forbid by privileges, policies or a trigger what it was to forbid:\ndrop rule if exists ${ident(rule.name)} on ${rule.facts.relation};`,
          })),
      ),
    )
}

export const foreignKeyRewritten: FindingKind = {
  codes: ['adopt.foreign-key-rewritten'],
  find: async ({ catalog }) => [...catalog.tables.values()].flatMap((table) => findings(catalog, table)),
}
