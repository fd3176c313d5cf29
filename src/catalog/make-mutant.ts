/** Mutants with ids of one form: the structure, `~`, what is done, `:` to what part. */
import { idPart } from '../ground/names.ts'
import type { Mutant, MutantEffect, Structure } from './structure.ts'

export interface MutantFacts {
  /** `using-true`; with the kind before it, the operator: `policy.using-true`. */
  readonly does: string
  /** Tells mutants of one operator apart: a label, a role, an expression. */
  readonly details?: readonly string[]
  readonly effect: MutantEffect
  readonly summary: string
  readonly ddl: readonly string[]
  readonly alsoRemoves?: readonly string[]
  readonly equivalent?: string | null
  readonly byName?: string | null
  readonly whenCalled?: string | null
}

export const makeMutant = (structure: Structure, facts: MutantFacts): Mutant => {
  const details = facts.details?.length ? `:${facts.details.map(idPart).join(',')}` : ''
  return {
    id: `${structure.id}~${facts.does}${details}`,
    structure: structure.id,
    operator: `${structure.kind}.${facts.does}`,
    effect: facts.effect,
    summary: facts.summary,
    ddl: facts.ddl,
    ...(facts.alsoRemoves?.length ? { alsoRemoves: facts.alsoRemoves } : {}),
    ...(facts.equivalent ? { equivalent: facts.equivalent } : {}),
    ...(facts.byName ? { byName: facts.byName } : {}),
    ...(facts.whenCalled ? { whenCalled: facts.whenCalled } : {}),
  }
}

/** The ids of what PostgreSQL takes away together with a structure (DROP … CASCADE). */
export const idsOf = (structures: readonly Structure[]): readonly string[] => structures.map((s) => s.id)
