/**
 * Named sets of mutation operators, so that a score can be set beside another tool's. SchemaAnalyst's own operators
 * stand under the names that it gives them (schemaanalyst/schemaanalyst, AllOperatorsNoFKA… pipeline).
 */
import { kindOfStructure } from '../kind-of.ts'
import { keysAdded } from '../key/added.ts'
import type { OperatorSet } from './names.ts'
import type { Catalog, Mutant, Structure } from '../structure.ts'

/** Its thirteen, and FKCColumnPairA, which its studies leave out. */
const schemaAnalyst: Readonly<Record<string, readonly string[]>> = {
  PKCColumnA: ['primaryKey.column-added', 'column.primary-key-added'],
  PKCColumnR: ['primaryKey.column-removed', 'primaryKey.removed'],
  PKCColumnE: ['primaryKey.column-exchanged'],
  FKCColumnPairA: ['references.pair-added'],
  FKCColumnPairR: ['references.pair-removed', 'references.removed'],
  FKCColumnPairE: ['references.column-exchanged', 'references.target-exchanged'],
  UCColumnA: ['unique.column-added', 'column.unique-added'],
  UCColumnR: ['unique.column-removed', 'unique.removed'],
  UCColumnE: ['unique.column-exchanged'],
  NNCA: ['column.not-null-added'],
  NNCR: ['required.removed'],
  CCNullifier: ['check.removed'],
  CCInExpressionRHSListExpressionElementR: ['check.in-element-removed'],
  CCRelationalExpressionOperatorE: ['check.relational-operator-exchanged'],
}

const sets: Readonly<Record<OperatorSet, ReadonlySet<string>>> = {
  schemaanalyst: new Set(Object.values(schemaAnalyst).flat()),
}

/** What stands before the point of an operator; mutants of other kinds need not be made. */
const kindsIn: Readonly<Record<OperatorSet, ReadonlySet<string>>> = {
  schemaanalyst: new Set([...sets.schemaanalyst].map((operator) => operator.split('.')[0]!)),
}

/** All mutants of a structure, or those of a set, which may know more ways than the structure's own file. */
export const mutantsOf = (
  structure: Structure,
  catalog: Catalog,
  set: OperatorSet | null = null,
): readonly Mutant[] => {
  const own = (): readonly Mutant[] => kindOfStructure(structure).mutants(structure, catalog)
  if (set === null) return own()
  const mutants = kindsIn[set].has(structure.kind) ? own() : []
  return [...mutants, ...keysAdded(structure, catalog)].filter(({ operator }) => sets[set].has(operator))
}
