/**
 * Functions that other functions call from their bodies, which the catalog does not tell: the tables on which such calls
 * begin are asked first, since a mutant that nothing near notices is asked of the whole database.
 */
import { kindOfStructure } from '../catalog/kind-of.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import { namesIn } from './names-in-text.ts'

interface Callable {
  readonly id: string
  readonly name: string
  /** Whether its body names something. */
  readonly names: (name: string) => boolean
}

const callableOf = (structure: Structure): Callable | null => {
  const calls = kindOfStructure(structure).calls?.(structure)
  if (calls === undefined) return null
  return { id: structure.id, name: calls.name, names: namesIn(calls.body) }
}

const callablesIn = (catalog: Catalog): ReadonlyMap<string, Callable> =>
  new Map(
    [...catalog.structures.values()].flatMap((structure) => {
      const one = callableOf(structure)
      return one === null ? [] : [[one.id, one] as const]
    }),
  )

/** These and all that call them, directly or through others; a name may be that of another, too. */
const withCallers = (
  all: ReadonlyMap<string, Callable>,
  called: readonly Callable[],
): ReadonlySet<string> => {
  const found = new Set(called)
  for (const { name } of found) for (const caller of all.values()) if (caller.names(name)) found.add(caller)
  return new Set([...found].map(({ id }) => id))
}

/** Ids of the tables on which something stands that comes to the function of this structure; none where it has none. */
export const makeCallingTables = (catalog: Catalog): ((structure: Structure) => ReadonlySet<string>) => {
  let all: ReadonlyMap<string, Callable> | null = null
  return (structure) => {
    const known = (all ??= callablesIn(catalog))
    const called = [structure.id, ...structure.dependsOn].flatMap((id) => known.get(id) ?? [])
    if (called.length === 0) return new Set()
    const callers = withCallers(known, called)
    return new Set(
      [...catalog.structures.values()].flatMap(({ table, dependsOn }) =>
        table !== null && dependsOn.some((id) => callers.has(id)) ? [table] : [],
      ),
    )
  }
}
