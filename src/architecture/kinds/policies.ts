/** The policies of row-level security, of any shape: who sees and writes which rows, per role and per command. */
import { structureId } from '../../ground/names.ts'
import { oneOf, refuseUnknownKeys } from '../rule-options.ts'
import { declarationFault, type RulePlace, type RuleSet } from '../rule-set.ts'
import type { DeclaredRule, RuleSql } from '../rule.ts'
import { columnsOf, sqlOf, type SqlText } from '../sql-expression.ts'

const commands = ['all', 'select', 'insert', 'update', 'delete'] as const
const kinds = ['permissive', 'restrictive'] as const

export type PolicyCommand = (typeof commands)[number]

export interface DeclaredPolicy {
  readonly name: string
  readonly permissive: boolean
  readonly command: PolicyCommand
  /** In the order of the declaration; null is PUBLIC. */
  readonly roles: readonly (string | null)[]
  readonly using: string | null
  readonly withCheck: string | null
}

export interface PoliciesRule extends DeclaredRule {
  readonly kind: 'policies'
  readonly policies: readonly DeclaredPolicy[]
  /** False: they stand there asleep. */
  readonly enabled: boolean
  readonly forced: boolean
}

export interface PolicyOptions {
  /** `permissive` by default: it adds rows. `restrictive`: it takes rows away from what the others permit. */
  readonly as?: 'permissive' | 'restrictive'
  /** `all` by default. */
  readonly for?: PolicyCommand
  /** Roles; `public` by default. */
  readonly to?: string | readonly string[]
  /** Which rows that exist are seen, updated or deleted. */
  readonly using?: SqlText
  /** Which rows may be written; left out: as `using` says. */
  readonly check?: SqlText
}

export interface PoliciesOptions {
  /** They bind the table's owner too; `false` by default. */
  readonly forced?: boolean
  /** `true` by default; `false`: row-level security is off and no policy is asked. */
  readonly enabled?: boolean
}

export interface PoliciesMethod {
  /**
   * Row-level security with exactly these policies, by their names; `{}` shuts everybody out but the owner.
   *
   * @example
   * t.policies({
   *   owner_reads: { for: 'select', to: 'app', using: 'user_id = current_user_id()' },
   *   not_deleted: { as: 'restrictive', using: 'deleted_at is null' },
   * }, { forced: true })
   * // alter table … enable row level security; alter table … force row level security;
   * // create policy "owner_reads" on … for select to "app" using (user_id = current_user_id());
   * // create policy "not_deleted" on … as restrictive for all to public using (deleted_at is null)
   */
  policies(policies: Readonly<Record<string, PolicyOptions>>, options?: PoliciesOptions): RuleSet
}

const refuse = (place: RulePlace, code: string, summary: string, mend: string): void =>
  place.refuse(declarationFault(place, code, `${place.table}: ${summary}`, mend))

const rolesOf = (place: RulePlace, name: string, to: PolicyOptions['to']): readonly (string | null)[] => {
  const named = to === undefined ? ['public'] : typeof to === 'string' ? [to] : to
  if (named.length === 0)
    refuse(
      place,
      'empty-rule',
      `the policy ${name} is for no role.`,
      "Name a role in `to`, or leave it out: then it is for 'public'.",
    )
  return [...new Set(named)].map((role) => (role.toLowerCase() === 'public' ? null : role))
}

/** PostgreSQL takes USING for rows that exist and WITH CHECK for rows that are written. */
const refuseMisplaced = (
  place: RulePlace,
  name: string,
  command: PolicyCommand,
  given: PolicyOptions,
): void => {
  if (command === 'insert' && given.using !== undefined)
    refuse(
      place,
      'policy-using',
      `the policy ${name} is for insert and has a using: there is no row yet that it could look at.`,
      'Write it as `check`.',
    )
  if ((command === 'select' || command === 'delete') && given.check !== undefined)
    refuse(
      place,
      'policy-check',
      `the policy ${name} is for ${command} and has a check: no row is written.`,
      'Write it as `using`.',
    )
}

const toPolicy = (place: RulePlace, name: string, given: PolicyOptions): DeclaredPolicy => {
  const call = `policies' ${name}`
  refuseUnknownKeys(place, call, given, ['as', 'for', 'to', 'using', 'check'])
  const command = oneOf(place, `${call} for`, given.for, commands)
  refuseMisplaced(place, name, command, given)
  return {
    name,
    permissive: oneOf(place, `${call} as`, given.as, kinds) === 'permissive',
    command,
    roles: rolesOf(place, name, given.to),
    using: given.using === undefined ? null : sqlOf(given.using),
    withCheck: given.check === undefined ? null : sqlOf(given.check),
  }
}

const sqlIn = (policies: readonly DeclaredPolicy[]): readonly RuleSql[] =>
  policies.flatMap(({ name, using, withCheck }) =>
    [
      { part: `using of the policy ${name}`, text: using },
      { part: `check of the policy ${name}`, text: withCheck },
    ].flatMap(({ part, text }) => (text === null ? [] : [{ part, text, names: 'columns' as const }])),
  )

export const makePoliciesRules = (
  place: RulePlace,
  given: Readonly<Record<string, PolicyOptions>>,
  options: PoliciesOptions = {},
): readonly PoliciesRule[] => {
  refuseUnknownKeys(place, 'policies', options, ['forced', 'enabled'])
  const policies = Object.entries(given).map(([name, policy]) => toPolicy(place, name, policy))
  return [
    {
      kind: 'policies',
      id: structureId(place.table, 'policies'),
      table: place.table,
      columns: [...new Set(Object.values(given).flatMap((p) => columnsOf(p.using, p.check)))],
      at: place.at,
      policies,
      enabled: options.enabled ?? true,
      forced: options.forced ?? false,
      sql: sqlIn(policies),
    },
  ]
}
