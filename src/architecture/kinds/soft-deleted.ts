/** Rows that are hidden when they are deleted, kept for a while, and then removed for good. */
import { parseRelationName, structureId, type RelationName } from '../../ground/names.ts'
import { literal } from '../../postgres/quote.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import { declarationFault, type RulePlace, type RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export interface SoftDeletedRule extends DeclaredRule {
  readonly kind: 'softDeleted'
  readonly column: string
  /** An interval of PostgreSQL. */
  readonly grace: string
  /** null: named by the table. */
  readonly purge: RelationName | null
  /** null: named by the table; or, through a view, an UPDATE of it. */
  readonly delete: RelationName | null
  /** The view that shows the living; null: the table itself, by row-level security. */
  readonly through: RelationName | null
  /** Empty: the role of the architecture's identity. */
  readonly hiddenFrom: readonly string[]
}

export interface SoftDeletedOptions {
  /** How long a deleted row can still be brought back: `'30 days'`. Before that nobody removes it for good. */
  readonly grace: string
  /** The function that removes what is older, without an argument or with the time to look from; left out: `TABLE_purge`. */
  readonly purge?: string
  /**
   * The function by which the application deletes, called with the primary key; left out: `TABLE_soft_delete`, or with
   * `through` a plain UPDATE of the view. A row that a policy hides cannot be hidden by a plain UPDATE: PostgreSQL
   * refuses to write what the writer may not see.
   */
  readonly delete?: string
  /** The view that shows the living rows, while the table shows all; left out: the table itself does, by a policy. */
  readonly through?: string
  /** Roles that see living rows alone; left out: the role of the architecture's identity. */
  readonly hiddenFrom?: string | readonly string[]
}

export interface SoftDeletedMethod<K extends string> {
  /**
   * A row whose column is set is deleted: the application does not see it any more, its unique keys are free again
   * (declare them `{ where: 'deleted_at is null' }`), for the grace period it can be brought back and nobody removes
   * it for good, the owner and TRUNCATE included; after that a function does. The application sets no other time of
   * deletion than its own.
   *
   * @example
   * t.softDeleted('deleted_at', { grace: '30 days' })
   * // create policy … as restrictive for select to "app" using ("deleted_at" is null)
   * // create function … update … set "deleted_at" = now() where current of …  -- by which the application deletes
   * // create trigger … before delete on …    -- refuses what is living, or deleted less than 30 days ago
   * // create function … delete from … where "deleted_at" <= now() - interval '30 days'
   */
  softDeleted(column: K, options: SoftDeletedOptions): RuleSet
}

const optionNames = ['grace', 'purge', 'delete', 'through', 'hiddenFrom']

const nameOf = (place: RulePlace, given: string | undefined): RelationName | null => {
  if (given === undefined) return null
  if (given.includes('.')) return parseRelationName(given)
  // What belongs to a table stands in its schema.
  return { schema: schemaOf(place), name: given }
}

const schemaOf = ({ table }: RulePlace): string => {
  const quoted = /^"((?:[^"]|"")*)"\./u.exec(table)
  if (quoted) return quoted[1]!.replaceAll('""', '"')
  return /^([^".]+)\./u.exec(table)?.[1] ?? 'public'
}

export const makeSoftDeletedRules = (
  place: RulePlace,
  column: string,
  options: SoftDeletedOptions,
): readonly SoftDeletedRule[] => {
  refuseUnknownKeys(place, 'softDeleted', options, optionNames)
  // A config that nobody type-checked may leave it out.
  const given: Partial<SoftDeletedOptions> | undefined = options
  const grace = given?.grace
  if (typeof grace !== 'string' || grace.trim() === '')
    place.refuse(
      declarationFault(
        place,
        'no-grace',
        `${place.table}: softDeleted does not say how long a deleted row is kept.`,
        "Give an interval of PostgreSQL: { grace: '30 days' }.",
      ),
    )
  return [
    {
      kind: 'softDeleted',
      id: structureId(place.table, 'softDeleted', column),
      table: place.table,
      columns: [column],
      at: place.at,
      column,
      grace: grace ?? '0',
      purge: nameOf(place, given?.purge),
      delete: nameOf(place, given?.delete),
      through: nameOf(place, given?.through),
      hiddenFrom: [given?.hiddenFrom ?? []].flat(),
      sql: [{ part: 'grace', text: `interval ${literal(grace ?? '0')}`, names: 'nothing' }],
    },
  ]
}
