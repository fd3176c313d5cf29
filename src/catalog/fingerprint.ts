/**
 * A short digest of what a structure is: its canonical definition and those of all that it depends on, nothing else.
 * The same in another database, after another order of making, and when unrelated things change.
 */
import { createHash } from 'node:crypto'
import type { Catalog, Structure } from './structure.ts'

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const sha = (parts: readonly (readonly string[])[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)

/** Everything under the structure, once each; circles (a default that calls a function over its own table) end. */
const dependenciesOf = (structure: Structure, catalog: Catalog): readonly Structure[] => {
  const found = new Map<string, Structure>()
  const open = [...structure.dependsOn]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const on = catalog.structures.get(id)
    if (!on || on.id === structure.id || found.has(on.id)) continue
    found.set(on.id, on)
    open.push(...on.dependsOn)
  }
  return [...found.values()].toSorted((a, b) => compare(a.id, b.id))
}

/** Sixteen hex digits. The structure's own name is not in it; the names of what it depends on are what tells them apart. */
export const fingerprint = (structure: Structure, catalog: Catalog): string =>
  sha([
    [structure.kind, structure.definition],
    ...dependenciesOf(structure, catalog).map((on) => [on.id, on.kind, on.definition]),
  ])

/** Of a whole catalog: equal before and after a mutant that was rolled back. */
export const catalogFingerprint = (catalog: Catalog): string =>
  sha([
    [String(catalog.major)],
    ...[...catalog.structures.values()]
      .toSorted((a, b) => compare(a.id, b.id))
      .map((s) => [s.id, s.kind, s.definition]),
  ])
