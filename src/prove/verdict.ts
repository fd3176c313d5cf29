/** What to call a mutant that no experiment noticed: redundant, equivalent, unsolved, or a survivor. */
import type { Catalog, Mutant, Structure } from '../catalog/structure.ts'
import type { PgFault } from '../postgres/fault.ts'
import type { Indistinct } from '../rules/rule-kind.ts'
import { isInconclusive } from './judge.ts'
import type { ExperimentResult, Observation, Verdict } from './result.ts'

interface Named {
  readonly verdict: Verdict
  readonly why: string
}

/** SQLSTATEs that mean that Assay wrote wrong DDL (rights, missing objects), never that PostgreSQL forbids the mutant. */
const ownFault = /^(?:42501|42P01|42703|42704|25P02|3F000)$/u

/** Said with 42704, though nothing that was named is missing: the type cannot be indexed so. */
const forbidden = /has no default operator class/u

/** 42601 is also what PostgreSQL answers for DDL that it parsed and forbids, such as DROP NOT NULL on an identity. */
const isOwnFault = (fault: PgFault): boolean =>
  isInconclusive(fault) ||
  (ownFault.test(fault.sqlstate) && !forbidden.test(fault.message)) ||
  (fault.sqlstate === '42601' && fault.message.startsWith('syntax error'))

/** PostgreSQL refused the mutant's DDL. */
export const stillbornReason = (fault: PgFault): Named =>
  isOwnFault(fault)
    ? { verdict: 'unsolved', why: `the mutant could not be made: ${fault.message} (${fault.sqlstate})` }
    : { verdict: 'stillborn', why: `PostgreSQL refuses it: ${fault.message} (${fault.sqlstate})` }

const named = new WeakMap<Catalog, ReadonlyMap<string, readonly Structure[]>>()

/** Structures by their own name: refusals are many, and so are structures. */
const namedIn = (catalog: Catalog): ReadonlyMap<string, readonly Structure[]> => {
  const known = named.get(catalog)
  if (known) return known
  const found = new Map<string, Structure[]>()
  for (const structure of catalog.structures.values()) {
    const alike = found.get(structure.name)
    if (alike) alike.push(structure)
    else found.set(structure.name, [structure])
  }
  named.set(catalog, found)
  return found
}

/** Ids of the table's structures that may be meant by the name that a refusal gives. */
export const namedBy = (fault: PgFault, table: string, catalog: Catalog): readonly string[] => {
  const name = fault.constraint ?? fault.column
  const among = name === null ? [] : (namedIn(catalog).get(name) ?? [])
  return among.filter((s) => s.table === table || s.table === null).map((s) => s.id)
}

/** The structure that a refusal names, as an id where it is one. */
const refusedBy = (fault: PgFault, structure: Structure, catalog: Catalog): string => {
  const name = fault.constraint ?? fault.column
  const among = (name === null ? [] : (namedIn(catalog).get(name) ?? [])).filter((s) => s.id !== structure.id)
  const found = among.find((s) => s.table === structure.table) ?? among[0]
  if (found) return found.id
  return name ?? `${fault.message} (${fault.sqlstate})`
}

export const isSameCause = (a: PgFault, b: PgFault): boolean =>
  a.sqlstate === b.sqlstate &&
  a.constraint === b.constraint &&
  a.table === b.table &&
  a.column === b.column &&
  a.routine === b.routine

/** A case that the structure refused and that is still refused, by another one. */
const stillRefused = (
  unchanged: readonly { result: ExperimentResult; after: Observation }[],
  structure: Structure,
  catalog: Catalog,
): string | null => {
  for (const { result, after } of unchanged) {
    const before = result.observed.fault
    if (before && after.fault && !isSameCause(before, after.fault)) {
      return refusedBy(after.fault, structure, catalog)
    }
  }
  return null
}

/** Why nobody can tell the mutant apart, where that is proven; null where it is not. */
export const provenSame = (
  structure: Structure,
  mutant: Mutant,
  indistinct: ReadonlyMap<string, readonly Indistinct[]>,
): string | null => {
  if (mutant.equivalent !== undefined) return mutant.equivalent
  // The rule's writer proved that this expression answers as the original does, for every value there is.
  const same = indistinct
    .get(structure.id)
    ?.find(({ expression, mutant: id }) =>
      expression === undefined ? id === mutant.id : mutant.ddl.some((sql) => sql.includes(`(${expression})`)),
    )
  return same?.why ?? null
}

/** The verdict on a mutant under which every experiment answered as before. */
export const verdictOfSurvivor = (parts: {
  readonly structure: Structure
  readonly mutant: Mutant
  readonly unchanged: readonly { result: ExperimentResult; after: Observation }[]
  readonly catalog: Catalog
  readonly claimedBy: ReadonlyMap<string, readonly string[]>
  readonly unsolvedRules: ReadonlyMap<string, string>
  readonly indistinct: ReadonlyMap<string, readonly Indistinct[]>
}): Named => {
  const { structure, mutant, unchanged, catalog, claimedBy, unsolvedRules, indistinct } = parts
  const same = provenSame(structure, mutant, indistinct)
  if (same !== null) return { verdict: 'equivalent', why: same }
  const other = stillRefused(unchanged, structure, catalog)
  if (other !== null) return { verdict: 'redundant', why: other }
  const unsolved = (claimedBy.get(structure.id) ?? []).find((rule) => unsolvedRules.has(rule))
  if (unsolved !== undefined) return { verdict: 'unsolved', why: unsolvedRules.get(unsolved)! }
  return { verdict: 'survived', why: 'every experiment answers as before' }
}
