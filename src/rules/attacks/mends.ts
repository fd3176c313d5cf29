/**
 * The exact SQL that closes a hole in this table's policies, or opens what shuts everybody out: found by asking
 * each policy about each tenant's row on behalf of the other.
 */
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { IsolationDesign } from '../isolated-by/design.ts'
import { askedOfNewRow, askedOfOldRow, concerns, type Command, type Policy } from './policies.ts'

/** What a policy answers about the tenants' rows. */
export interface PolicyVerdict {
  readonly policy: Policy
  readonly old: PartVerdict
  readonly new: PartVerdict
}

export interface PartVerdict {
  /** True of either tenant's own row. */
  readonly own: boolean
  /** True of another tenant's row, for either tenant. */
  readonly other: boolean
  /** True of any row, or broken, where the tenant is the empty string. */
  readonly nobody: boolean
}

export interface Mends {
  /** For an attack that got through with a statement that these commands' policies bind, the likeliest first. */
  readonly hole: (...commands: readonly Command[]) => string
  /** For a control that failed: a tenant cannot do this with its own rows. */
  readonly shutOut: (...commands: readonly Command[]) => string
  /** For policies that break, or let somebody in, where no tenant is set. */
  readonly nobody: (...commands: readonly Command[]) => string
  /** For what the table's owner can do. */
  readonly owner: (...commands: readonly Command[]) => string
  /** Where the role owns the table, or inherits from its owner: no policy and no REVOKE binds an owner for good. */
  readonly ownership: string
  /** SQL that is true of the tenant's own rows, or a plain hint where no setting carries the tenant. */
  readonly predicate: string
}

export interface MendFacts {
  readonly table: Table
  readonly role: string
  /** The identity's role is a superuser or has BYPASSRLS. */
  readonly bypasses: boolean
  readonly isOwner: boolean
  readonly design: IsolationDesign
  readonly verdicts: readonly PolicyVerdict[]
}

type Part = 'using' | 'with check'

/** The parts of a policy that a command looks at. */
const partsFor = (policy: Policy, command: Command): readonly Part[] => {
  const usable: readonly Part[] =
    policy.command === 'insert'
      ? ['with check']
      : policy.command === 'select' || policy.command === 'delete'
        ? ['using']
        : ['using', 'with check']
  const asked: readonly Part[] =
    command === 'insert' ? ['with check'] : command === 'update' ? ['using', 'with check'] : ['using']
  return asked.filter((part) => usable.includes(part))
}

/** Where WITH CHECK is left out USING stands for it: mending USING mends both. */
const written = (policy: Policy, parts: readonly Part[]): readonly Part[] =>
  policy.check === null && policy.using !== null ? [...new Set(parts.map((): Part => 'using'))] : parts

const partsOf = (policy: Policy): readonly Part[] => [
  ...(policy.using === null ? [] : (['using'] as const)),
  ...(policy.check === null ? [] : (['with check'] as const)),
]

const textOf = (policy: Policy, part: Part): string | null =>
  part === 'using' ? askedOfOldRow(policy) : askedOfNewRow(policy)

const valueOf = (verdict: PolicyVerdict, part: Part, whose: keyof PartVerdict): boolean =>
  part === 'using' ? verdict.old[whose] : verdict.new[whose]

const isTrivial = (sql: string | null): boolean => sql === null || /^\(*true\)*$/iu.test(sql)

export const makeMends = (facts: MendFacts): Mends => {
  const { table, role, design, verdicts } = facts
  const on = `on ${qualified(table)}`
  const predicate = design.predicate ?? `${ident('the tenant column')} = the tenant of the session`
  const policy =
    design.policy ?? `-- no setting of the identity carries the tenant: let identity.settings set one first`
  const all = [design.enable, design.force, policy].join('\n')
  const permissive = (command: Command): readonly PolicyVerdict[] =>
    verdicts.filter((v) => v.policy.permissive && concerns(v.policy, command))

  const alter = (v: PolicyVerdict, parts: readonly Part[], narrowed: boolean): string => {
    const clauses = parts.map((part) => {
      const text = textOf(v.policy, part)
      return `${part} (${narrowed && !isTrivial(text) ? `(${text}) and ${predicate}` : predicate})`
    })
    return `alter policy ${ident(v.policy.name)} ${on} ${clauses.join(' ')};`
  }

  const create = (command: Command): string => {
    if (design.predicate === null || verdicts.length === 0) return policy
    const clauses =
      command === 'insert' ? ['with check'] : command === 'update' ? ['using', 'with check'] : ['using']
    const name = ident(`${design.policyName}_${command}`)
    return `create policy ${name} ${on} for ${command} ${clauses.map((c) => `${c} (${predicate})`).join(' ')};`
  }

  /** Each permissive policy whose part is true where it must not be, mended in that part alone. */
  const leaks = (command: Command, whose: 'other' | 'nobody'): readonly string[] =>
    permissive(command).flatMap((v) => {
      const parts = partsFor(v.policy, command).filter((part) => valueOf(v, part, whose))
      return parts.length === 0 ? [] : [alter(v, written(v.policy, parts), whose === 'other')]
    })

  const closed = (command: Command): readonly string[] => {
    if (permissive(command).length === 0) return [create(command)]
    return verdicts
      .filter((v) => concerns(v.policy, command))
      .flatMap((v) => {
        const parts = partsFor(v.policy, command).filter((part) => !valueOf(v, part, 'own'))
        return parts.length === 0 ? [] : [alter(v, written(v.policy, parts), false)]
      })
  }

  const first = (found: readonly (readonly string[])[]): string | null =>
    found.find((lines) => lines.length > 0)?.join('\n') ?? null

  /** What no policy can help against; null when row-level security is in force for the role. */
  const disarmed = (): string | null => {
    if (facts.bypasses) return `alter role ${ident(role)} nosuperuser nobypassrls;`
    if (table.rowSecurity) return facts.isOwner && !table.forceRowSecurity ? design.force : null
    const rest = [...(table.forceRowSecurity ? [] : [design.force]), ...(verdicts.length > 0 ? [] : [policy])]
    return [design.enable, ...rest].join('\n')
  }

  const hole = (...commands: readonly Command[]): string =>
    disarmed() ??
    first(commands.map((c) => leaks(c, 'other'))) ??
    first(commands.map((c) => (permissive(c).length === 0 ? [create(c)] : []))) ??
    all

  const app = ident(`${role}_app`)
  const ownership =
    role === table.owner
      ? `-- let the application ask as a role that owns nothing:\ncreate role ${app}; grant select, insert, update, delete ${on} to ${app};`
      : `revoke ${ident(table.owner)} from ${ident(role)};`

  return {
    predicate,
    ownership,
    hole,
    shutOut: (...commands) => first(commands.map(closed)) ?? all,
    nobody: (...commands) =>
      disarmed() ??
      first(commands.map((c) => leaks(c, 'other'))) ??
      first(commands.map((c) => leaks(c, 'nobody'))) ??
      // What breaks on NULL alone names its setting without missing_ok: every policy is written anew.
      (verdicts
        .filter((v) => v.policy.applies)
        .map((v) => alter(v, partsOf(v.policy), false))
        .join('\n') ||
        policy),
    owner: (...commands) => (table.rowSecurity && !table.forceRowSecurity ? design.force : hole(...commands)),
  }
}
