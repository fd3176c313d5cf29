/** A role may do exactly this with a table, and nothing else. */
import { structureId } from '../../ground/names.ts'
import { oneOf, refuseUnknownKeys } from '../rule-options.ts'
import { declarationFault, type RulePlace, type RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'

export type TablePrivilege =
  | 'select'
  | 'insert'
  | 'update'
  | 'delete'
  | 'truncate'
  | 'references'
  | 'trigger'
  /** VACUUM, ANALYZE, CLUSTER, REINDEX and LOCK: PostgreSQL 17 and later, and nothing before. */
  | 'maintain'

export interface VisibleToRule extends DeclaredRule {
  readonly kind: 'visibleTo'
  readonly role: string
  /** true: the whole table; a list: these columns only (select, insert, update, references). */
  readonly privileges: Readonly<Partial<Record<TablePrivilege, true | readonly string[]>>>
  /** Those of them that the role may grant to others; absent: none. */
  readonly grantable?: readonly TablePrivilege[]
}

export interface VisibleToOptions {
  /** What of it the role may grant to others (WITH GRANT OPTION). */
  readonly grantable?: TablePrivilege | readonly TablePrivilege[]
}

/** Privileges that PostgreSQL also grants by column. */
export type ColumnPrivilege = 'select' | 'insert' | 'update' | 'references'

type Privileges<K extends string> = {
  readonly [P in TablePrivilege]?: P extends ColumnPrivilege ? true | readonly K[] : true
}

export interface VisibleToMethod<K extends string> {
  /**
   * The role may do exactly this with the table, and nothing else; with no privilege named: nothing at all.
   * `'public'` is every role.
   *
   * @example
   * t.visibleTo('app', ['select', 'insert'])           // grant select, insert on … to "app"
   * t.visibleTo('report', { select: ['id', 'name'] })  // grant select ("id", "name") on … to "report"
   * t.visibleTo('anonymous')                           // revoke all on … from "anonymous"
   * t.visibleTo('chief', 'select', { grantable: 'select' })
   * // grant select on … to "chief" with grant option
   */
  visibleTo(
    role: string,
    privileges?: TablePrivilege | readonly TablePrivilege[] | Privileges<K>,
    options?: VisibleToOptions,
  ): RuleSet
}

/** As PostgreSQL spells them; MAINTAIN is of 17 and later. */
export const tablePrivileges = [
  'select',
  'insert',
  'update',
  'delete',
  'truncate',
  'references',
  'trigger',
  'maintain',
] as const
const byColumn: readonly string[] = ['select', 'insert', 'update', 'references']

type GivenPrivileges =
  string | readonly string[] | Readonly<Record<string, true | readonly string[] | undefined>>

const isList = (given: GivenPrivileges): given is string | readonly string[] =>
  typeof given === 'string' || Array.isArray(given)

export const makeVisibleToRules = (
  place: RulePlace,
  role: string,
  given: GivenPrivileges = [],
  options: VisibleToOptions = {},
): readonly VisibleToRule[] => {
  refuseUnknownKeys(place, 'visibleTo', options, ['grantable'])
  const privileges: Partial<Record<TablePrivilege, true | readonly string[]>> = {}
  if (isList(given)) {
    for (const privilege of [given].flat())
      privileges[oneOf(place, 'visibleTo', privilege, tablePrivileges)] = true
  } else {
    refuseUnknownKeys(place, 'visibleTo', given, tablePrivileges)
    for (const privilege of tablePrivileges) {
      const columns = given[privilege]
      if (columns === undefined) continue
      if (columns !== true && !byColumn.includes(privilege))
        place.refuse(
          declarationFault(
            place,
            'no-column-privilege',
            `${place.table}: ${privilege} cannot be granted by column.`,
            `Write { ${privilege}: true }, or take it away.`,
          ),
        )
      privileges[privilege] = columns
    }
  }
  const grantable = [options.grantable ?? []]
    .flat()
    .map((privilege) => oneOf(place, "visibleTo's grantable", privilege, tablePrivileges))
  for (const privilege of grantable.filter((one) => privileges[one] === undefined))
    place.refuse(
      declarationFault(
        place,
        'grants-what-it-has-not',
        `${place.table}: ${role} shall grant ${privilege} to others and does not have it.`,
        `Give it ${privilege}, or take that out of grantable.`,
      ),
    )
  return [
    {
      kind: 'visibleTo',
      id: structureId(place.table, 'visibleTo', role),
      table: place.table,
      columns: [
        ...new Set(Object.values(privileges).flatMap((columns) => (columns === true ? [] : columns))),
      ],
      at: place.at,
      role,
      privileges,
      ...(grantable.length === 0 ? {} : { grantable }),
    },
  ]
}
