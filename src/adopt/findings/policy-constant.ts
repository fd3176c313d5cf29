/** Policies whose condition is the same for every row: those that let nothing through, and writes that everybody may do. */
import type { Catalog } from '../../catalog/structure.ts'
import type { Finding } from '../../prove/result.ts'
import type { FindingGround, FindingKind } from './finding-kind.ts'
import { rowConstants, type RowConstant } from './row-constants.ts'
import { commandsOf, guardedTables, policySql, type Command, type Policy } from './table-policies.ts'

interface Constants {
  /** For rows that are there; null: it depends on the row, or there is no such condition. */
  readonly using: RowConstant | null
  /** For rows that are written: USING where WITH CHECK is left out. */
  readonly check: RowConstant | null
}

const asksOldRows = (command: Command): boolean => command !== 'insert'
const asksNewRows = (command: Command): boolean => command === 'insert' || command === 'update'

const passes = (command: Command, { using, check }: Constants): boolean =>
  (!asksOldRows(command) || using === 'true') && (!asksNewRows(command) || check === 'true')

const isNo = (constant: RowConstant | null): boolean => constant === 'false' || constant === 'null'

const refuses = (command: Command, { using, check }: Constants): boolean =>
  (asksOldRows(command) && isNo(using)) || (asksNewRows(command) && isNo(check))

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

/** A restrictive policy that asks something for the same command and everybody keeps the writes in. */
const isNarrowed = (
  policy: Policy,
  command: Command,
  catalog: Catalog,
  constants: ReadonlyMap<Policy, Constants>,
): boolean => {
  const beside = catalog.of(policy.table ?? '', 'policy') as readonly Policy[]
  return beside.some((other) => {
    const own = constants.get(other)
    const isForAll = other.facts.roles.includes(null)
    return (
      !other.facts.permissive &&
      isForAll &&
      commandsOf(other).includes(command) &&
      own !== undefined &&
      !passes(command, own)
    )
  })
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
    return [...constants].flatMap(([policy, own]): Finding[] => {
      const { facts } = policy
      if (!facts.permissive || !ground.catalog.tables.get(policy.table ?? '')?.rowSecurity) return []
      const commands = commandsOf(policy)
      if (commands.every((command) => refuses(command, own))) return [neverPasses(policy, own)]
      if (!facts.roles.includes(null)) return []
      const open = commands.filter(
        (command) =>
          command !== 'select' &&
          passes(command, own) &&
          !isNarrowed(policy, command, ground.catalog, constants),
      )
      return open.length === 0 ? [] : [alwaysPasses(policy, open)]
    })
  },
}
