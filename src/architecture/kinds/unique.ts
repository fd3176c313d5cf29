/** No two rows (that satisfy `where`) agree on all keys. */
import { structureId } from '../../ground/names.ts'
import { deferrableOf, lastOptions, refuseEmpty, type DeferrableOption } from '../rule-options.ts'
import { declarationFault, type RulePlace, type RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'
import {
  columnsOf,
  isSqlExpression,
  rulesSql,
  sqlOf,
  textOf,
  type SqlExpression,
  type SqlText,
} from '../sql-expression.ts'
import { keyColumns, keySql, toKeyPart } from '../key-part.ts'

export interface UniqueRule extends DeclaredRule {
  readonly kind: 'unique'
  /** Key parts in order: a column's name, or an SQL expression such as `lower(email)`. */
  readonly keys: readonly { readonly column: string | null; readonly expression: string }[]
  readonly where: string | null
  readonly nullsNotDistinct: boolean
  readonly deferrable: 'no' | 'immediate' | 'deferred'
  /** The last key is this column, a period in which rows must not overlap; absent: the key is a plain one. */
  readonly withoutOverlaps?: string
}

/** A column, a function of a column such as `lower(email)`, or any expression: `` t.sql`${'a'} || ${'b'}` ``. */
type UniqueKey<K extends string> = K | `${string}(${K})` | SqlExpression

export interface UniqueOptions<K extends string = string> {
  /** Only rows that satisfy this are compared: a partial unique index. */
  readonly where?: SqlText
  /** Two nulls count as equal (PostgreSQL 15 and later). */
  readonly nullsNotDistinct?: boolean
  readonly deferrable?: DeferrableOption
  /**
   * The last part of the key: a range in which rows that agree in all else never overlap. PostgreSQL keeps it by
   * WITHOUT OVERLAPS since 18, and by an exclusion constraint before.
   */
  readonly withoutOverlaps?: K
}

export interface UniqueMethod<K extends string> {
  /**
   * No two rows agree on all of these keys. Options stand last.
   *
   * @example
   * t.unique('tenant_id', 'slug')                          // unique ("tenant_id", "slug")
   * t.unique('email', { where: 'deleted_at is null' })     // create unique index … ("email") where deleted_at is null
   * t.unique('lower(email)')                               // create unique index … (lower("email"))
   * t.unique(t.sql`coalesce(${'nick'}, ${'name'})`)        // create unique index … (coalesce("nick", "name"))
   * t.unique('code', { nullsNotDistinct: true })           // unique nulls not distinct ("code")
   * t.unique('room', { withoutOverlaps: 'during' })        // unique ("room", "during" without overlaps)
   */
  unique(...keys: readonly (UniqueKey<K> | UniqueOptions<K>)[]): RuleSet
}

const isKey = (given: SqlText | UniqueOptions): given is SqlText =>
  typeof given === 'string' || isSqlExpression(given)

export const makeUniqueRules = (
  place: RulePlace,
  ...given: readonly (SqlText | UniqueOptions)[]
): readonly UniqueRule[] => {
  const named = given.filter(isKey)
  const known = ['where', 'nullsNotDistinct', 'deferrable', 'withoutOverlaps']
  const options = lastOptions<SqlText, UniqueOptions>(place, 'unique', given, isKey, known)
  refuseEmpty(place, 'unique', named, 'column')
  const { where, nullsNotDistinct = false, deferrable }: UniqueOptions = options ?? {}
  const withoutOverlaps = options?.withoutOverlaps
  const keys = withoutOverlaps === undefined ? named : [...named, withoutOverlaps]
  if (
    withoutOverlaps !== undefined &&
    (where !== undefined || nullsNotDistinct || keys.some((key) => toKeyPart(place, key).column === null))
  )
    place.refuse(
      declarationFault(
        place,
        'overlaps-index',
        `${place.table}: a unique rule without overlaps is over plain columns of all rows, and nulls are distinct in it.`,
        'Take the other options away, or declare it with t.excludes.',
        'PostgreSQL knows WITHOUT OVERLAPS in constraints only.',
      ),
    )
  if (deferrable && (where !== undefined || keys.some((key) => toKeyPart(place, key).column === null)))
    place.refuse(
      declarationFault(
        place,
        'deferrable-index',
        `${place.table}: a unique rule with where or an expression cannot be deferrable.`,
        'Take deferrable away, or make the rule over plain columns of all rows.',
        'PostgreSQL keeps such a rule by an index, and only constraints can be deferred.',
      ),
    )
  const details = [...keys.map(textOf), ...(where === undefined ? [] : [`where ${textOf(where)}`])]
  return [
    {
      kind: 'unique',
      id: structureId(place.table, 'unique', ...details),
      table: place.table,
      columns: [...keys.flatMap((key) => keyColumns(place, key)), ...columnsOf(where)],
      at: place.at,
      keys: keys.map((key) => toKeyPart(place, key)),
      where: where === undefined ? null : sqlOf(where),
      nullsNotDistinct,
      deferrable: deferrableOf(place, 'unique', deferrable),
      ...(withoutOverlaps === undefined ? {} : { withoutOverlaps }),
      sql: [...keys.flatMap((key) => keySql(place, key)), ...rulesSql('columns', { where })],
    },
  ]
}
