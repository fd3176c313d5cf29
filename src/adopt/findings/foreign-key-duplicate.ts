/** The same foreign key twice: each write is checked twice, and the stricter action wins. */
import type { ReferencesFacts } from '../../catalog/foreign-key.ts'
import { referencesOf } from '../../catalog/references.ts'
import type { Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import type { FindingKind } from './finding-kind.ts'

type Reference = Structure<ReferencesFacts>

const pairs = ({ facts }: Reference): string =>
  JSON.stringify([
    facts.target,
    facts.match,
    facts.period,
    facts.columns.map((column, i) => JSON.stringify([column, facts.targetColumns[i]])).toSorted(),
  ])

const actions = ({ facts }: Reference): string => `on delete ${facts.onDelete}, on update ${facts.onUpdate}`

/** One that is enforced and looked at old rows stands for one that did not, and not the other way round. */
const standsFor = (a: Reference, b: Reference): boolean =>
  pairs(a) === pairs(b) && !a.facts.notEnforced && (!a.facts.notValid || b.facts.notValid)

const finding = (table: Table, structure: Reference, other: Reference): Finding => {
  const isSame = actions(structure) === actions(other)
  return {
    code: 'adopt.foreign-key-duplicate',
    severity: 'warning',
    structure: structure.id,
    summary: `${table.id}: foreign key ${structure.name} says what ${other.name} says: ${structure.facts.columns.join(', ')} leads to ${structure.facts.target}`,
    reason: 'a foreign key is there twice',
    why: isSame
      ? 'each write is checked twice for one promise'
      : `each write is checked twice, and they do not agree on what follows: ${actions(structure)} here, ${actions(other)} there`,
    fix: `${isSame ? 'drop one' : 'drop the one whose action is not meant'}:\nalter table ${qualified(table)} drop constraint ${ident(structure.facts.name)};`,
  }
}

export const foreignKeyDuplicate: FindingKind = {
  codes: ['adopt.foreign-key-duplicate'],
  find: async ({ catalog }) =>
    [...catalog.tables.values()].flatMap((table) => {
      const kept: Reference[] = []
      const all = referencesOf(catalog, table.id)
      // What looked at all rows comes first: it is kept.
      const ordered = [...all.filter((r) => !r.facts.notValid), ...all.filter((r) => r.facts.notValid)]
      return ordered.flatMap((structure) => {
        const other = kept.find((one) => standsFor(one, structure))
        if (other) return [finding(table, structure, other)]
        kept.push(structure)
        return []
      })
    }),
}
