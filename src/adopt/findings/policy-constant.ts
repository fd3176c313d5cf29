/** Policies whose condition is the same for every row: those that let nothing through, and writes that everybody may do. */
import type { Finding } from '../../prove/result.ts'
import type { FindingGround, FindingKind } from './finding-kind.ts'
import { openToHeldRoles } from './policy-open.ts'
import { isNarrowed, passes, refuses, type Constants } from './policy-passes.ts'
import { siblingsOf } from './policy-siblings.ts'
import { rowConstants } from '../../rows/idle/row-constants.ts'
import { commandsOf, guardedTables, policySql, type Command, type Policy } from './table-policies.ts'

const readConstantsOf = async ({ copy, catalog }: FindingGround): Promise<ReadonlyMap<Policy, Constants>> => {
  const guarded = guardedTables(catalog)
  const answers = await rowConstants(
    copy,
    guarded.map(({ table, policies }) => ({
      table,
      expressions: policies.flatMap(({ facts }) => [
        facts.using ?? 'null::boolean',
        facts.withCheck ?? facts.using ?? 'null::boolean',
      ]),
    })),
  )
  return new Map(
    guarded.flatMap(({ policies }, t) =>
      policies.map((policy, i) => {
        const [using = null, check = null] = (answers[t] ?? []).slice(2 * i)
        const { facts } = policy
        return [
          policy,
          {
            using: facts.using === null ? null : using,
            check: facts.withCheck === null && facts.using === null ? null : check,
          },
        ] as const
      }),
    ),
  )
}

const alwaysPasses = (policy: Policy, commands: readonly Command[]): Finding => ({
  code: 'adopt.policy-always-passes',
  severity: 'warning',
  structure: policy.id,
  summary: `${policy.table}: policy ${policy.name} lets everybody ${commands.join(', ')} every row`,
  reason: 'a policy lets everybody write every row',
  why: 'it is permissive, for PUBLIC, its condition is true for every row, and no restrictive policy narrows it: row-level security keeps nobody with the privilege from these writes',
  fix: `drop it, and write one with the condition that is meant:\ndrop ${policySql(policy)};`,
})

const neverPasses = (policy: Policy, { using, check }: Constants): Finding => {
  const isNull = using === 'null' || check === 'null'
  return {
    code: 'adopt.policy-never-passes',
    severity: isNull ? 'warning' : 'note',
    structure: policy.id,
    summary: `${policy.table}: policy ${policy.name} never lets a row through: its condition is ${isNull ? 'null' : 'false'} for every row`,
    reason: 'a permissive policy never lets a row through',
    why: isNull
      ? 'EXPLAIN VERBOSE folds it to null (a comparison with null is never true), and a policy lets through only what is true'
      : 'a permissive policy can only add rows, and this one adds none; without any policy nothing passes either',
    fix: `drop it, or write the condition that is meant (IS NULL compares with null):\ndrop ${policySql(policy)};`,
  }
}

export const policyConstant: FindingKind = {
  codes: ['adopt.policy-always-passes', 'adopt.policy-never-passes'],
  find: async (ground) => {
    const constants = await readConstantsOf(ground)
    const { catalog } = ground
    const siblings = siblingsOf(catalog)
    return [...constants].flatMap(([policy, own]): readonly Finding[] => {
      const { facts } = policy
      if (!facts.permissive || !catalog.tables.get(policy.table ?? '')?.rowSecurity) return []
      const commands = commandsOf(policy)
      if (commands.every((command) => refuses(command, own))) return [neverPasses(policy, own)]
      const always = commands.filter((command) => passes(command, own))
      const isOpen = (command: Command, role: string | null): boolean =>
        always.includes(command) && !isNarrowed(policy, command, role, catalog, constants)
      const writes = facts.roles.includes(null)
        ? always.filter((command) => command !== 'select' && isOpen(command, null))
        : []
      if (writes.length > 0) return [alwaysPasses(policy, writes)]
      return openToHeldRoles(policy, { catalog, siblings, isOpen })
    })
  },
}
