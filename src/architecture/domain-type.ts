/** A column type that narrows another one by checks of its own. */
import type { ColumnCheck, ReadValue, WriteValue } from './column-type.ts'
import { declaredAt } from './declared-at.ts'
import { makeDomainRule } from './kinds/domain.ts'
import { standingDomain } from './objects/types.ts'
import { refuseUnknownKeys } from './rule-options.ts'
import { typeText, type TypeName, type UserType } from './user-type.ts'

export interface DomainOptions<Required extends boolean = boolean> {
  /** SQL over VALUE: one, several, or several by name. */
  readonly checks?: string | readonly string[] | Readonly<Record<string, string>>
  /** The domain itself refuses null. */
  readonly required?: Required
  /** SQL: what a column gets that is left out and has no default of its own. */
  readonly default?: string
}

const toChecks = (
  checks: DomainOptions['checks'],
): readonly { readonly name: string | null; readonly expression: string }[] => {
  if (checks === undefined) return []
  if (typeof checks === 'string') return [{ name: null, expression: checks }]
  return Object.entries(checks).map(([name, expression]) => ({
    name: Array.isArray(checks) ? null : name,
    expression,
  }))
}

/**
 * A PostgreSQL domain that the schema makes. Columns of it are read and written as its base type, and each of
 * them gets a rule that it takes exactly the domain's values.
 *
 * @example
 * const email = domainType('email', 'text', { checks: { email_format: `value ~ '^[^@ ]+@[^@ ]+$'` } })
 * // create domain email as text constraint email_format check (value ~ '^[^@ ]+@[^@ ]+$')
 */
export const domainType = <const Base extends string | UserType, const Required extends boolean = false>(
  name: TypeName,
  base: ColumnCheck<Base>,
  options: DomainOptions<Required> = {},
): UserType<ReadValue<Base>, WriteValue<Base>, Required> => {
  const at = declaredAt(domainType)
  const type = typeText(name)
  const declaredBase = base as string | UserType
  const domain = {
    type,
    base: typeof declaredBase === 'string' ? declaredBase : declaredBase.type,
    checks: toChecks(options.checks),
    required: options.required === true,
    ...(options.default === undefined ? {} : { default: options.default }),
  }
  return {
    type,
    standing: () => standingDomain(name, domain, at),
    // A domain over one that refuses null refuses it too.
    refusesNull: (options.required ??
      (typeof declaredBase !== 'string' && declaredBase.refusesNull)) as Required,
    columnRules: (place, column) => {
      refuseUnknownKeys(place, `domainType "${type}"`, options, ['checks', 'required', 'default'])
      return [makeDomainRule(place, column, domain)]
    },
  }
}
