/** `t.visibleTo('app', ['select', 'insert'])`: what the role may do with the table, by whatever grant. */
import type { GrantFacts } from '../../../catalog/grant.ts'
import type { Structure } from '../../../catalog/structure.ts'
import type { Table } from '../../../catalog/table.ts'
import { grantsFor } from '../../../rules/access.ts'
import { privilegesOf } from '../../../rules/role-privileges.ts'
import { array, atom, call, entry, object, type Code } from '../code.ts'
import { text } from '../literals.ts'
import type { PrintKind } from '../print-kind.ts'

/** What the role may do: on the whole table, or with these columns. */
const heldOf = (
  facts: GrantFacts,
  table: Table,
  major: number,
): readonly (readonly [string, true | readonly string[]])[] =>
  privilegesOf(major).flatMap((privilege): (readonly [string, true | readonly string[]])[] => {
    const granted = facts.privileges.filter((p) => p.privilege === privilege)
    if (facts.otherwise[privilege] !== undefined || granted.some((p) => p.columns === null))
      return [[privilege, true]]
    const named = new Set(granted.flatMap((p) => p.columns ?? []))
    return named.size === 0 ? [] : [[privilege, table.columns.map((c) => c.name).filter((c) => named.has(c))]]
  })

const privilegesCode = (held: ReturnType<typeof heldOf>): readonly Code[] => {
  const [first] = held
  if (first === undefined) return []
  if (held.some(([, columns]) => columns !== true))
    return [
      object(
        held.map(([privilege, columns]) =>
          entry(privilege, columns === true ? atom('true') : array(columns.map(text))),
        ),
      ),
    ]
  return [held.length === 1 ? text(first[0]) : array(held.map(([privilege]) => text(privilege)))]
}

export const printVisibleTo: PrintKind = (table, { catalog }) => {
  const grants = catalog.of(table.id, 'grant') as readonly Structure<GrantFacts>[]
  const isStated = ({ facts }: Structure<GrantFacts>): boolean => facts.privileges.every((p) => !p.grantable)
  return {
    rules: grants.filter(isStated).map(({ facts }) => {
      const role = facts.grantee ?? 'public'
      const code = call('t.visibleTo', text(role), ...privilegesCode(heldOf(facts, table, catalog.major)))
      return { code, claims: grantsFor(catalog, table, role) }
    }),
    left: grants
      .filter((grant) => !isStated(grant))
      .map(({ id }) => ({
        structure: id,
        why: 't.visibleTo cannot state a right to grant on (WITH GRANT OPTION) yet',
      })),
  }
}
