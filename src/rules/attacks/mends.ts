/**
 * The exact SQL that closes a hole in this table's policies, or opens what shuts everybody out: found by asking
 * each policy about each tenant's row on behalf of the other.
 */
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { IsolationDesign } from '../isolated-by-design.ts'
import { askedOfNewRow, askedOfOldRow, concerns, type Command, type Policy } from './policies.ts'

/** What a policy answers about a row: null when it has no such part, or breaks. */
export interface PolicyVerdict {
  readonly policy: Policy
  /** Whether it is true of the asker's own row, and of the other tenant's, for either tenant. */
  readonly old: { readonly own: boolean; readonly other: boolean }
  readonly new: { readonly own: boolean; readonly other: boolean }
}

export interface Mends {
  /** For an attack that got through with this command. */
  hole(command: Command): string
  /** For a control that failed: a tenant cannot do this with its own rows. */
  shutOut(command: Command): string
  /** For policies that break where no tenant is set. */
  breaks(): string
  readonly force: string
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

const textOf = (policy: Policy, part: Part): string | null =>
  part === 'using' ? askedOfOldRow(policy) : askedOfNewRow(policy)

const valueOf = (verdict: PolicyVerdict, part: Part, whose: 'own' | 'other'): boolean =>
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

  return {
    predicate,
    force: design.force,
    hole(command) {
      if (facts.bypasses) return `alter role ${ident(role)} nosuperuser nobypassrls;`
      if (!table.rowSecurity) {
        const rest = [
          ...(table.forceRowSecurity ? [] : [design.force]),
          ...(verdicts.length > 0 ? [] : [policy]),
        ]
        return [design.enable, ...rest].join('\n')
      }
      if (facts.isOwner && !table.forceRowSecurity) return design.force
      const leaky = permissive(command).flatMap((v) => {
        const parts = partsFor(v.policy, command).filter((part) => valueOf(v, part, 'other'))
        // Where WITH CHECK is left out USING stands for it; mending USING mends both.
        const both = parts.length === 2 && v.policy.check === null
        return parts.length === 0 ? [] : [alter(v, both ? ['using'] : parts, true)]
      })
      return leaky.length > 0 ? leaky.join('\n') : all
    },
    shutOut(command) {
      if (permissive(command).length === 0) return create(command)
      const closed = verdicts
        .filter((v) => concerns(v.policy, command))
        .flatMap((v) => {
          const parts = partsFor(v.policy, command).filter((part) => !valueOf(v, part, 'own'))
          const both = parts.length === 2 && v.policy.check === null
          return parts.length === 0 ? [] : [alter(v, both ? ['using'] : parts, false)]
        })
      return closed.length > 0 ? closed.join('\n') : all
    },
    breaks() {
      const named = verdicts.filter((v) => v.policy.applies).map((v) => alter(v, partsOf(v.policy), false))
      return named.length > 0 ? named.join('\n') : policy
    },
  }
}

const partsOf = (policy: Policy): readonly Part[] => [
  ...(policy.using === null ? [] : (['using'] as const)),
  ...(policy.check === null ? [] : (['with check'] as const)),
]
