/** Ids that a user named: each must be that of a table, a rule or a structure, or nothing would be looked at in silence. */
import { placesOf, type Architecture } from '../architecture/architecture.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import { AssayError, AssayErrors } from '../ground/errors.ts'
import { editDistance } from '../ground/nearest-name.ts'
import { shellWord } from '../ground/shell-word.ts'
import { isAskedFor } from '../prove/asked.ts'
import type { Migrated } from './migrated.ts'

export interface KnownId {
  readonly id: string
  readonly table: string | null
}

/** Tables and rules, without a server. */
const declaredIds = (architecture: Architecture): readonly KnownId[] =>
  placesOf(architecture).flatMap((place) => [
    { id: place.id, table: place.id },
    ...place.rules.map((rule) => ({ id: rule.id, table: rule.table })),
  ])

const structureIds = async ({ server, template }: Migrated): Promise<readonly KnownId[]> => {
  const reader = await server.connect(template, 'prover')
  try {
    const { structures } = await readCatalog(reader)
    return [...structures.values()].map(({ id, table }) => ({ id, table }))
  } finally {
    await reader.end()
  }
}

const names = (asked: string, known: readonly KnownId[]): boolean =>
  known.some(({ id, table }) => isAskedFor(id, table, [asked]))

const suggested = 3

/** The likeliest ids, nearest first: those that have the asked text in them, then by what has to be typed anew. */
const nearestIds = (asked: string, known: readonly KnownId[]): readonly string[] => {
  const lower = asked.toLowerCase()
  const ranked = [...new Set(known.map(({ id }) => id))].map((id) => {
    const own = id.toLowerCase()
    const distance = editDistance(lower, own)
    // A part of an id is what people remember: `price` of `products/type:price`.
    const part = editDistance(lower, own.slice(own.lastIndexOf(':') + 1)) + distance / 1000
    return { id, rank: own.includes(lower) ? distance / 1000 : Math.min(distance, part) }
  })
  return ranked
    .toSorted((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1))
    .slice(0, suggested)
    .map(({ id }) => id)
}

export const unknownId = (asked: string, known: readonly KnownId[]): AssayError => {
  return new AssayError(`Nothing has the id ${shellWord(asked)}.`, {
    code: 'usage.unknown-id',
    exit: 2,
    asked: `what has the id ${shellWord(asked)}`,
    found: `${known.length} ids of tables, rules and structures, and none of them`,
    why: 'an id that nothing has would look at nothing, and nothing would be wrong',
    mend: `Give one of the nearest ids:\n${nearestIds(asked, known).map(shellWord).join('\n')}`,
  })
}

/**
 * Of each migrated architecture, whether anything in it is asked for. Throws AssayErrors (exit 2) for ids that
 * nothing has; catalogs are read only when an id is none of the declaration's.
 */
export const askedIn = async (
  all: readonly Migrated[],
  asked: readonly string[],
): Promise<readonly boolean[]> => {
  if (asked.length === 0) return all.map(() => true)
  const declared = all.map(({ part }) => declaredIds(part.architecture))
  if (asked.every((id) => names(id, declared.flat())))
    return declared.map((ids) => asked.some((id) => names(id, ids)))
  const known: (readonly KnownId[])[] = []
  for (const [i, migrated] of all.entries()) known.push([...declared[i]!, ...(await structureIds(migrated))])
  const unknown = asked.filter((id) => !names(id, known.flat()))
  const faults = unknown.map((id) => unknownId(id, known.flat()))
  if (faults.length > 0) throw faults.length === 1 ? faults[0]! : new AssayErrors(faults)
  return known.map((ids) => asked.some((id) => names(id, ids)))
}
