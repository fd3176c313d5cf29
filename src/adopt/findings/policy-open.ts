/**
 * Policies that let a role have every row of a table whose column tells rows apart elsewhere for this very role: it is
 * held to its own tenant there, and not here. A role that no policy holds back (a service's) is none of these.
 */
import type { Catalog } from '../../catalog/structure.ts'
import { ident } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import { hasWords, wordsOf } from './name-words.ts'
import { commonest, conditionOf, typeOf, type Sibling } from './policy-siblings.ts'
import { commandsOf, policySql, rolesSql, type Command, type Policy } from './table-policies.ts'

export interface OpenGround {
  readonly catalog: Catalog
  readonly siblings: readonly Sibling[]
  /** The policy passes for every row, and nothing narrows what this role may do by it. */
  readonly isOpen: (command: Command, role: string | null) => boolean
}

/** Whose rows nobody else is shown; what a person has written, others may often read. */
const tenants = 'tenant,organization,organisation,org,account,company,workspace,team,client,merchant,mandant'
  .split(',')
  .map((word) => [word])

const isTenantKey = (column: string): boolean => tenants.some((word) => hasWords(wordsOf(column), word))

/** What this role is told apart by elsewhere, by a column that this table has too. */
const heldBy = (
  policy: Policy,
  role: string | null,
  { catalog, siblings }: OpenGround,
): readonly Sibling[] => {
  const table = catalog.tables.get(policy.table ?? '')
  if (!table) return []
  return siblings.filter(
    ({ policy: other, table: sibling, comparison: { column, narrows } }) =>
      other !== policy &&
      narrows &&
      other.facts.roles.includes(role) &&
      typeOf(table, column) !== undefined &&
      typeOf(table, column) === typeOf(sibling, column),
  )
}

/** Another policy of the table holds the role to its own rows, in vain. */
const isInVain = (policy: Policy, command: Command, { policy: other }: Sibling): boolean =>
  other.table === policy.table && other.facts.permissive && commandsOf(other).includes(command)

const withCondition = (policy: Policy, roles: readonly (string | null)[], condition: string): string => {
  const { name, relation, command } = policy.facts
  const parts = [
    ...(command === 'insert' ? [] : [`using (${condition})`]),
    ...(command === 'select' || command === 'delete' ? [] : [`with check (${condition})`]),
  ]
  return `create policy ${ident(name)} on ${relation} as permissive for ${command} to ${rolesSql(roles)} ${parts.join(' ')};`
}

/** The roles that are held take the condition of their siblings; the others keep what they have. */
const mendOf = (policy: Policy, held: readonly (string | null)[], like: Sibling): string => {
  const drop = `drop ${policySql(policy)};`
  const condition = conditionOf(like.policy, like.comparison)
  const others = policy.facts.roles.filter((role) => !held.includes(role))
  if (condition === null || like.table.id === policy.table)
    return others.length === 0
      ? `drop it:\n${drop}`
      : `take the role out of it:\nalter ${policySql(policy)} to ${rolesSql(others)};`
  const again = withCondition(policy, held, condition)
  if (others.length === 0) return `write the condition that its siblings have:\n${drop}\n${again}`
  const beside = again.replace(ident(policy.facts.name), () => ident(`${policy.facts.name} of its own`))
  return `write the condition that its siblings have:\nalter ${policySql(policy)} to ${rolesSql(others)};\n${beside}`
}

export const openToHeldRoles = (policy: Policy, ground: OpenGround): readonly Finding[] => {
  const found = policy.facts.roles.flatMap((role) => {
    const siblings = heldBy(policy, role, ground)
    const commands = commandsOf(policy).filter((command) => {
      if (!ground.isOpen(command, role)) return false
      if (command !== 'select') return true
      return siblings.some((one) => isInVain(policy, command, one) || isTenantKey(one.comparison.column))
    })
    return siblings.length === 0 || commands.length === 0 ? [] : [{ role, siblings, commands }]
  })
  const [first] = found
  if (!first) return []
  const like = commonest(found.flatMap(({ siblings }) => siblings))!
  const { column } = like.comparison
  const who = found.map(({ role }) => role ?? 'everybody').join(', ')
  const commands = commandsOf(policy).filter((one) => found.some((role) => role.commands.includes(one)))
  const isSure = commands.some(
    (command) =>
      command !== 'select' || found.some((r) => r.siblings.some((s) => isInVain(policy, command, s))),
  )
  return [
    {
      code: 'adopt.policy-always-passes',
      severity: isSure ? 'warning' : 'note',
      structure: policy.id,
      summary: `${policy.table}: policy ${policy.name} lets ${who} ${commands.join(', ')} every row, whatever its ${column}`,
      reason: 'a policy lets a role have every row that is held to its own elsewhere',
      why: `policy ${like.policy.name} of ${like.table.id} holds ${who} to its own ${column}; here the condition is true for every row, and no restrictive policy narrows it`,
      fix: mendOf(
        policy,
        found.map(({ role }) => role),
        like,
      ),
    },
  ]
}
