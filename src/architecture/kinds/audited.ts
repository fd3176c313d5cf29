/** Every insert, update and delete leaves one entry in an audit log, in the same transaction. */
import { structureId } from '../../ground/names.ts'
import { parseRelationName, relationId } from '../../ground/names.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import { declarationFault, type RulePlace, type RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface AuditedRule extends DeclaredRule {
  readonly kind: 'audited'
  /** Relation id of the log. */
  readonly log: string
  /** Columns whose values are kept apart from the entries, so that one person's can be erased. */
  readonly personal: readonly string[]
  /** Columns that say whose personal values these are. */
  readonly person: readonly string[]
}

interface AuditedOptions<K extends string> {
  /** The name given to `auditLog()`; `'audit_log'` when left out. */
  readonly log?: string
  /** Columns with personal values: the entries hold a salted hash of them, the values stand apart and can be erased. */
  readonly personal?: readonly K[]
  /** Columns that say whose they are; needed with `personal`. */
  readonly person?: readonly K[]
}

export interface AuditedMethod<K extends string> {
  /**
   * Every insert, update and delete leaves one entry per row in the audit log: role and application identity, time,
   * operation, key, what changed from what to what; in the same transaction. TRUNCATE is refused: it would leave
   * none. Generated columns are left out, since they follow from the others. Who may disable triggers (the table's
   * owner, by DDL) is bound by nothing; what was written before stays verifiable.
   *
   * @example
   * t.audited()
   * t.audited({ log: 'audit_log', personal: ['email', 'name'], person: ['id'] })
   * // create trigger … after insert on … referencing new table as new_rows for each statement execute function …
   */
  audited(options?: AuditedOptions<K>): RuleSet
}

export const makeAuditedRules = (
  place: RulePlace,
  options: AuditedOptions<string> = {},
): readonly AuditedRule[] => {
  refuseUnknownKeys(place, 'audited', options, ['log', 'personal', 'person'])
  const { log = 'audit_log', personal = [], person = [] } = options
  if (personal.length > 0 !== person.length > 0)
    place.refuse(
      declarationFault(
        place,
        'audited-person',
        personal.length > 0
          ? `${place.table}: audited keeps personal values and does not say whose they are.`
          : `${place.table}: audited says whose personal values it keeps, and names none.`,
        `Give both, such as { personal: ['email'], person: ['id'] }, or neither.`,
        'The values of one person can only be erased when each of them says whose it is.',
      ),
    )
  const id = relationId(parseRelationName(log))
  return [
    {
      kind: 'audited',
      // A relation id as it is, like the target of a reference.
      id: `${structureId(place.table, 'audited')}:${id}`,
      table: place.table,
      columns: [...new Set([...personal, ...person])],
      at: place.at,
      log: id,
      personal,
      person,
    },
  ]
}
