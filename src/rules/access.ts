/**
 * Exactly which privileges stand on a table, each asked of PostgreSQL in one statement. Shared by visibleTo, which
 * declares them, and by isolatedBy, which keeps those that it finds where no rule declares any.
 */
import { viewOf } from '../catalog/place.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { heldAnywhere, heldColumnPrivileges, heldTablePrivileges } from './role-privileges.ts'
import { heldAround, type Surrounding } from './surroundings.ts'

export type AccessSubject = 'table' | 'columns' | 'handed on' | 'public' | 'around'

/** The questions about a role, or about PUBLIC when the role is `public`. */
export const accessQuestions = (
  role: string,
  table: Table,
  major: number,
  around: readonly Surrounding[],
): Readonly<Record<AccessSubject, string>> => ({
  table: heldTablePrivileges(role, table, major),
  columns: heldColumnPrivileges(role, table),
  'handed on': heldAnywhere(role, table, major, ' WITH GRANT OPTION'),
  public: heldAnywhere('public', table, major),
  around: heldAround(around, role === 'public' ? ['public'] : [role, 'public']),
})

/** What this file reads of a grant's facts. */
interface GrantFacts {
  readonly grantee: string | null
  readonly object: {
    readonly kind: string
    readonly id: string
    readonly schema: string
    readonly name: string
  }
  readonly privileges: readonly unknown[]
}

/** Sequences that serial and identity columns get by PostgreSQL's own naming. */
const ownSequences = (table: Table): ReadonlySet<string> =>
  new Set(table.columns.map((c) => `${table.name}_${c.name}_seq`))

/**
 * Grants that a rule about this role and table gives a reason to: the table's own, and those of its schema, of its
 * columns' sequences and of the functions that its structures call. What PUBLIC was refused there goes with them.
 */
export const grantsFor = (catalog: Catalog, table: Table, role: string): readonly string[] => {
  const view = viewOf(catalog, table)
  const used = new Set([...catalog.of(table.id), ...(view ? [view] : [])].flatMap((s) => s.dependsOn))
  const sequences = ownSequences(table)
  const isAround = ({ object }: GrantFacts): boolean =>
    (object.kind === 'schema' && object.name === table.schema) ||
    (object.kind === 'function' && used.has(object.id)) ||
    (object.kind === 'sequence' &&
      (used.has(object.id) || (object.schema === table.schema && sequences.has(object.name))))
  const isClaimed = (structure: Structure): boolean => {
    const facts = structure.facts as GrantFacts
    const grantee = facts.grantee ?? 'public'
    if (structure.table !== null) return structure.table === table.id && grantee === role
    if (facts.object.id === view?.id) return grantee === role
    return isAround(facts) && (grantee === role || grantee === 'public')
  }
  return [...catalog.structures.values()].filter((s) => s.kind === 'grant' && isClaimed(s)).map((s) => s.id)
}
