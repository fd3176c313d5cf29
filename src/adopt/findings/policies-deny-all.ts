/** Restrictive policies alone: they narrow what a permissive one lets through, and there is none. */
import { structureId } from '../../ground/names.ts'
import { ident } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import type { FindingKind } from './finding-kind.ts'
import { guardedTables, policySql, rolesSql, type Policy } from './table-policies.ts'

/** The first policy as a permissive one. */
const mendOf = (policy: Policy): string => {
  const { name, relation, command, roles, using, withCheck } = policy.facts
  const conditions = [
    ...(using === null ? [] : [` using (${using})`]),
    ...(withCheck === null ? [] : [` with check (${withCheck})`]),
  ].join('')
  return `drop ${policySql(policy)};\ncreate policy ${ident(name)} on ${relation} as permissive for ${command} to ${rolesSql(roles)}${conditions};`
}

export const policiesDenyAll: FindingKind = {
  codes: ['adopt.policies-deny-all'],
  find: async ({ catalog }) =>
    guardedTables(catalog).flatMap(({ table, policies }): Finding[] => {
      const [first] = policies
      if (!table.rowSecurity || first === undefined || policies.some(({ facts }) => facts.permissive))
        return []
      return [
        {
          code: 'adopt.policies-deny-all',
          severity: 'warning',
          structure: structureId(table.id, 'rowSecurity'),
          summary: `${table.id}: all of its policies (${policies.map(({ name }) => name).join(', ')}) are restrictive, so nobody sees or writes a row`,
          reason: 'a table has restrictive policies only',
          why: 'a row passes when at least one permissive policy and every restrictive one say yes: without a permissive one nothing passes',
          fix: `make one of them permissive:\n${mendOf(first)}`,
        },
      ]
    }),
}
