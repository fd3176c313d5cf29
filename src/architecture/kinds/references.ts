/** Every row points to an existing row of another table (or of its own), or to none. */
import { idPart, parseRelationName, relationId, type RelationName } from '../../ground/names.ts'
import {
  deferrableOf,
  oneOf,
  refuseEmpty,
  refuseUnknownKeys,
  type DeferrableOption,
} from '../rule-options.ts'
import { declarationFault, type ReferenceFact, type RulePlace, type RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'
import type { TableKey } from '../table-key.ts'

export type ReferentialAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'

export interface ReferencesRule extends DeclaredRule {
  readonly kind: 'references'
  /** `columns` of the base are the referencing ones, in order. */
  /** Relation id of the referenced table. */
  readonly target: string
  /** Referenced columns; empty: the target's primary key. */
  readonly targetColumns: readonly string[]
  readonly onDelete: ReferentialAction
  readonly onUpdate: ReferentialAction
  readonly match: 'simple' | 'full'
  readonly deferrable: 'no' | 'immediate' | 'deferred'
  /** The last column is a period, which rows of the target have to cover (PostgreSQL 18). */
  readonly isOverPeriod?: true
  /** Which of its columns SET NULL or SET DEFAULT sets on delete; absent: those that may be empty, or all. */
  readonly onDeleteSets?: readonly string[]
}

export interface ReferencesOptions<C extends string = string, K extends string = string> {
  /** Referenced columns, in the order of the referencing ones; left out: the primary key. */
  readonly columns?: C | readonly C[]
  readonly onDelete?: ReferentialAction
  readonly onUpdate?: ReferentialAction
  readonly match?: 'simple' | 'full'
  readonly deferrable?: DeferrableOption
  /** The column that is a period, the last one: rows of the target that are alike in the others have to cover it (PostgreSQL 18). */
  readonly period?: K
  /**
   * Which of its columns ON DELETE SET NULL empties, or SET DEFAULT sets (PostgreSQL 15 and later). Left out: SET NULL
   * empties those that may be empty, SET DEFAULT sets all.
   */
  readonly onDeleteSets?: K | readonly K[]
}

export interface ReferencesMethod<K extends string> {
  /**
   * Every row points to an existing row of that table, or to none where a column is null. The table is named by
   * string, so that tables may refer to themselves and to each other; `architecture()` checks that it is there.
   *
   * @example
   * t.references('tenant_id', 'tenants', { onDelete: 'cascade' })
   * // foreign key ("tenant_id") references "tenants" on delete cascade
   * t.references(['tenant_id', 'product_id'], 'products', { columns: ['tenant_id', 'id'] })
   * // foreign key ("tenant_id", "product_id") references "products" ("tenant_id", "id")
   * t.references(['tenant_id', 'product_id'], 'products', { onDelete: 'set null', onDeleteSets: 'product_id' })
   * // foreign key ("tenant_id", "product_id") references "products" on delete set null ("product_id")
   * t.references(['room', 'during'], 'rooms', { columns: ['id', 'open'], period: 'during' })
   * // foreign key ("room", period "during") references "rooms" ("id", period "open")
   */
  references<const T extends string | RelationName, const C extends string = never>(
    columns: K | readonly K[],
    table: T,
    options?: ReferencesOptions<C, K>,
  ): RuleSet<never, never, never, ReferenceFact<TableKey<T>, C>>
}

const actions = ['no action', 'restrict', 'cascade', 'set null', 'set default'] as const
const optionNames = ['columns', 'onDelete', 'onUpdate', 'match', 'deferrable', 'onDeleteSets', 'period']
const toList = (names: string | readonly string[] | undefined): readonly string[] =>
  typeof names === 'string' ? [names] : (names ?? [])

export const makeReferencesRules = (
  place: RulePlace,
  columns: string | readonly string[],
  table: string | RelationName,
  options: ReferencesOptions = {},
): readonly ReferencesRule[] => {
  refuseUnknownKeys(place, 'references', options, optionNames)
  const referencing = toList(columns)
  refuseEmpty(place, 'references', referencing, 'column')
  const sets = options.onDeleteSets === undefined ? undefined : toList(options.onDeleteSets)
  const isIdle = sets !== undefined && options.onDelete !== 'set null' && options.onDelete !== 'set default'
  if (isIdle || (sets ?? []).some((column) => !referencing.includes(column)))
    place.refuse(
      declarationFault(
        place,
        'nothing-to-set',
        `${place.table}: onDeleteSets names ${(sets ?? []).join(', ')}, which no ON DELETE of this foreign key sets.`,
        isIdle
          ? "Say { onDelete: 'set null' } or 'set default', or take onDeleteSets away."
          : `Name some of ${referencing.join(', ')}.`,
      ),
    )
  const { period } = options
  if (period !== undefined && (referencing.at(-1) !== period || referencing.length < 2))
    place.refuse(
      declarationFault(
        place,
        'references-period',
        `${place.table}: the period ${period} is not the last of the referencing columns ${referencing.join(', ')}.`,
        `Name at least one other column, and the period last: t.references(['room', '${period}'], …, { period: '${period}' }).`,
      ),
    )
  const target = relationId(typeof table === 'string' ? parseRelationName(table) : table)
  return [
    {
      kind: 'references',
      id: `${place.table}/references:${referencing.map(idPart).join(',')}->${target}`,
      table: place.table,
      columns: referencing,
      at: place.at,
      target,
      targetColumns: toList(options.columns),
      onDelete: oneOf(place, "references' onDelete", options.onDelete, actions),
      onUpdate: oneOf(place, "references' onUpdate", options.onUpdate, actions),
      match: oneOf(place, "references' match", options.match, ['simple', 'full']),
      deferrable: deferrableOf(place, 'references', options.deferrable),
      ...(period === undefined ? {} : { isOverPeriod: true as const }),
      ...(sets === undefined ? {} : { onDeleteSets: sets }),
    },
  ]
}
