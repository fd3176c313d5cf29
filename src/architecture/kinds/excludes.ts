/** No two rows (that satisfy `where`) conflict under all operators at once. */
import { structureId } from '../../ground/names.ts'
import { keyColumns, keySql, toKeyPart } from '../key-part.ts'
import { deferrableOf, refuseEmpty, refuseUnknownKeys, type DeferrableOption } from '../rule-options.ts'
import type { RulePlace, RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'
import { columnsOf, rulesSql, sqlOf, textOf, type SqlExpression, type SqlText } from '../sql-expression.ts'

export interface ExcludesRule extends DeclaredRule {
  readonly kind: 'excludes'
  readonly elements: readonly {
    readonly column: string | null
    readonly expression: string
    readonly operator: string
  }[]
  /** Index method, gist by default. */
  readonly using: string
  readonly where: string | null
  readonly deferrable: 'no' | 'immediate' | 'deferred'
}

export interface ExcludesOptions {
  /** Index method, `gist` by default. */
  readonly using?: string
  readonly where?: SqlText
  readonly deferrable?: DeferrableOption
}

export interface ExcludesMethod<K extends string> {
  /**
   * No two rows conflict under all of these operators at once. Expressions are given as pairs.
   *
   * @example
   * t.excludes({ room: '=', during: '&&' })
   * // exclude using gist ("room" with =, "during" with &&)
   * t.excludes([['room', '='], [t.sql`tstzrange(${'starts'}, ${'ends'})`, '&&']], { where: 'not cancelled' })
   * // exclude using gist ("room" with =, tstzrange("starts", "ends") with &&) where (not cancelled)
   */
  excludes<C extends K>(
    elements:
      { readonly [P in C]: string } | readonly (readonly [key: K | SqlExpression, operator: string])[],
    options?: ExcludesOptions,
  ): RuleSet
}

type Elements = Readonly<Record<string, string | undefined>> | readonly (readonly [SqlText, string])[]

const isPairs = (elements: Elements): elements is readonly (readonly [SqlText, string])[] =>
  Array.isArray(elements)

export const makeExcludesRules = (
  place: RulePlace,
  elements: Elements,
  options: ExcludesOptions = {},
): readonly ExcludesRule[] => {
  refuseUnknownKeys(place, 'excludes', options, ['using', 'where', 'deferrable'])
  const pairs: readonly (readonly [SqlText, string])[] = isPairs(elements)
    ? elements
    : Object.entries(elements).flatMap(([key, operator]) => (operator === undefined ? [] : [[key, operator]]))
  refuseEmpty(place, 'excludes', pairs, 'column')
  const { where } = options
  const details = [
    ...pairs.map(([key]) => textOf(key)),
    ...(where === undefined ? [] : [`where ${textOf(where)}`]),
  ]
  return [
    {
      kind: 'excludes',
      id: structureId(place.table, 'excludes', ...details),
      table: place.table,
      columns: [...pairs.flatMap(([key]) => keyColumns(place, key)), ...columnsOf(where)],
      at: place.at,
      elements: pairs.map(([key, operator]) => ({ ...toKeyPart(place, key), operator })),
      using: options.using ?? 'gist',
      where: where === undefined ? null : sqlOf(where),
      deferrable: deferrableOf(place, 'excludes', options.deferrable),
      sql: [...pairs.flatMap(([key]) => keySql(place, key)), ...rulesSql('columns', { where })],
    },
  ]
}
