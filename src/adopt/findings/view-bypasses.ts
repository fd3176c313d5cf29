/** Views that show others the rows that row-level security keeps from them: a view reads as its owner, who is not bound. */
import type { GrantFacts } from '../../catalog/grant.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import type { ViewFacts } from '../../catalog/view/structure.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import { readBypassing } from './bypassing-roles.ts'
import type { FindingKind } from './finding-kind.ts'

type View = Structure<ViewFacts>

/** Since 15 a view can be asked with the rights of who asks. */
const invokerSince = 15

const asksAsInvoker = ({ facts }: View): boolean =>
  (facts.options ?? []).some((option) => /^security_invoker=(?:true|on|yes|1)$/iu.test(option))

const readersOf = (catalog: Catalog): ReadonlyMap<string, readonly string[]> => {
  const readers = new Map<string, string[]>()
  for (const structure of catalog.structures.values()) {
    if (structure.kind !== 'grant') continue
    const { object, grantee, privileges } = structure.facts as GrantFacts
    if (object.kind !== 'view' || !privileges.some(({ privilege }) => privilege.toLowerCase() === 'select'))
      continue
    readers.set(object.id, [...(readers.get(object.id) ?? []), grantee ?? 'PUBLIC'])
  }
  return readers
}

const finding = (view: View, tables: readonly Table[], readers: readonly string[]): Finding => {
  const names = tables.map(({ id }) => id).join(', ')
  return {
    code: 'adopt.view-bypasses-row-security',
    severity: 'warning',
    structure: view.id,
    summary: `${view.id}: ${readers.join(', ')} may read it, and it passes the row-level security of ${names}`,
    reason: 'a view passes the row-level security of its tables',
    why: `a view reads its tables with the rights of its owner, and no policy of ${names} is asked for ${view.facts.owner}`,
    fix: `let it ask with the rights of its reader (who then needs SELECT on ${names}):\nalter view ${qualified(view.facts)} set (security_invoker = true);`,
  }
}

export const viewBypasses: FindingKind = {
  codes: ['adopt.view-bypasses-row-security'],
  find: async (ground) => {
    const { catalog } = ground
    if (catalog.major < invokerSince) return []
    const readers = readersOf(catalog)
    const views = [...catalog.structures.values()].filter(
      (structure): structure is View => structure.kind === 'view' && readers.has(structure.id),
    )
    const asked = views.filter((view) => !asksAsInvoker(view))
    if (asked.length === 0) return []
    const bypassing = await readBypassing(ground, [...new Set(asked.map(({ facts }) => facts.owner))])
    return asked.flatMap((view): Finding[] => {
      const { owner } = view.facts
      const strangers = (readers.get(view.id) ?? []).filter((role) => role !== owner)
      const used = new Set(view.dependsOn.map((id) => id.replace(/\/(?:table|column:.*)$/u, '')))
      const passed = [...catalog.tables.values()].filter(
        (table) =>
          used.has(table.id) &&
          table.rowSecurity &&
          (bypassing.has(owner) || (table.owner === owner && !table.forceRowSecurity)),
      )
      return passed.length === 0 || strangers.length === 0 ? [] : [finding(view, passed, strangers)]
    })
  },
}
