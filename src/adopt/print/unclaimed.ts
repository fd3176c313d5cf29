/** What no printed rule claims, each with the reason: a finding for every one, so that nothing is dropped in silence. */
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Finding } from '../../prove/result.ts'
import { listed } from '../../rules/sentence.ts'
import type { Left } from './print-kind.ts'

/** With what the claimed ones need: a trigger's function, a default's sequence. As prove/bind.ts does it. */
export const withWhatTheyNeed = (catalog: Catalog, claims: readonly string[]): ReadonlySet<string> => {
  const all = new Set(claims)
  for (const id of all) {
    for (const needed of catalog.structures.get(id)?.dependsOn ?? []) {
      if (catalog.structures.get(needed)?.table === null) all.add(needed)
    }
  }
  return all
}

const mostNamed = 4

const whyOf = ({ kind }: Structure, served: readonly string[]): string =>
  served.length === 0
    ? `no kind of rule states a structure of the kind ${kind} yet`
    : `it serves only ${listed(served.length > mostNamed ? [...served.slice(0, mostNamed), `${served.length - mostNamed} more`] : served)}, which no rule states either`

const byHand =
  'state by hand what it is for, with t.accepts, t.rejects or t.proves and { by: [its id] }, or drop it in a migration'

/** `skipped`: tables that are left alone on purpose. */
export const unclaimedFindings = (
  catalog: Catalog,
  claims: readonly string[],
  left: readonly Left[],
  skipped: ReadonlySet<string>,
): readonly Finding[] => {
  const claimed = withWhatTheyNeed(catalog, claims)
  const reasons = new Map(left.map((one) => [one.structure, one]))
  const servedBy = (id: string): readonly string[] =>
    [...catalog.structures.values()].filter(({ dependsOn }) => dependsOn.includes(id)).map((one) => one.id)
  return [...catalog.structures.values()]
    .filter((s) => !claimed.has(s.id) && !(s.table !== null && skipped.has(s.table)))
    .map((structure) => ({
      code: 'adopt.unclaimed',
      severity: 'warning',
      structure: structure.id,
      summary: `${structure.id} is in the database, and no rule of the adopted architecture states it`,
      reason: 'it is in the database, and no rule of the adopted architecture states it',
      why: reasons.get(structure.id)?.why ?? whyOf(structure, servedBy(structure.id)),
      fix: reasons.get(structure.id)?.fix ?? byHand,
    }))
}
