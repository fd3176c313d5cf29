/**
 * Functions that other functions call from their bodies, which the catalog does not tell: the tables on which such calls
 * begin are asked first, since a mutant that nothing near notices is asked of the whole database.
 */
import type { FunctionFacts } from '../catalog/function.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'

type FunctionStructure = Structure<FunctionFacts>

const wordsOf = (text: string): readonly string[] => text.split(/[^\p{L}\p{N}_$]+/u)

const isFunction = (structure: Structure): structure is FunctionStructure => structure.kind === 'function'

type Names = (name: string) => boolean

/** Whether its body names something; a name of several words stands between quotes. */
const namesIn = ({ facts }: FunctionStructure): Names => {
  const text = (facts.body ?? facts.statement).toLowerCase()
  const words = new Set(wordsOf(text))
  return (name) => (wordsOf(name).length === 1 ? words.has(name) : text.includes(name))
}

const bodiesIn = (catalog: Catalog): ReadonlyMap<FunctionStructure, Names> =>
  new Map([...catalog.structures.values()].filter(isFunction).map((one) => [one, namesIn(one)]))

/** These functions and all that call them, directly or through others; a name may be that of another, too. */
const withCallers = (
  bodies: ReadonlyMap<FunctionStructure, Names>,
  called: readonly FunctionStructure[],
): ReadonlySet<string> => {
  const found = new Set(called)
  for (const { facts } of found)
    for (const [caller, names] of bodies) if (names(facts.name.toLowerCase())) found.add(caller)
  return new Set([...found].map(({ id }) => id))
}

/** Ids of the tables on which something stands that comes to the function of this structure; none where it has none. */
export const makeCallingTables = (catalog: Catalog): ((structure: Structure) => ReadonlySet<string>) => {
  let bodies: ReadonlyMap<FunctionStructure, Names> | null = null
  return (structure) => {
    const own = [structure, ...structure.dependsOn.flatMap((id) => catalog.structures.get(id) ?? [])]
    const called = own.filter(isFunction)
    if (called.length === 0) return new Set()
    const callers = withCallers((bodies ??= bodiesIn(catalog)), called)
    return new Set(
      [...catalog.structures.values()].flatMap(({ table, dependsOn }) =>
        table !== null && dependsOn.some((id) => callers.has(id)) ? [table] : [],
      ),
    )
  }
}
