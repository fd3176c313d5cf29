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
    const inherited = Object.keys(facts.columnsOtherwise?.[privilege] ?? {})
    const named = new Set([...granted.flatMap((p) => p.columns ?? []), ...inherited])
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

/** Privileges that the role may grant to others; null where it may so for the table and not for columns, or the other way. */
const grantableOf = ({ privileges }: Pick<GrantFacts, 'privileges'>): readonly string[] | null => {
  const named = [...new Set(privileges.filter((p) => p.grantable).map((p) => p.privilege))]
  const isMixed = privileges.some((p) => !p.grantable && named.includes(p.privilege))
  return isMixed ? null : named
}

export const grantableCode = (facts: Pick<GrantFacts, 'privileges'>): readonly Code[] => {
  const [first, ...more] = grantableOf(facts) ?? []
  if (first === undefined) return []
  const named = more.length === 0 ? text(first) : array([first, ...more].map(text))
  return [object([entry('grantable', named)])]
}

/** What visibleTo can say: the role gets there, and may hand on all of a privilege or nothing of it. */
export const isPlainGrant = (facts: Pick<GrantFacts, 'privileges' | 'reaches'>): boolean =>
  facts.reaches && grantableOf(facts) !== null

export const printVisibleTo: PrintKind = (table, { catalog, unkept }) => {
  const grants = catalog.of(table.id, 'grant') as readonly Structure<GrantFacts>[]
  return {
    rules: grants
      .filter((grant) => isPlainGrant(grant.facts) && !unkept.grants.has(grant.id))
      .map(({ facts }) => {
        const role = facts.grantee ?? 'public'
        const code = call(
          't.visibleTo',
          text(role),
          ...privilegesCode(heldOf(facts, table, catalog.major)),
          ...grantableCode(facts),
        )
        return { code, claims: grantsFor(catalog, table, role) }
      }),
  }
}
