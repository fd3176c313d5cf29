/** What a sequence, type, function or schema has to do, as cases: the one kind of rule that stands on no relation. */
import { databaseObjects, structureId } from '../../ground/names.ts'
import type { DeclaredAt, DeclaredRule } from '../rule.ts'

export interface ObjectCase {
  /** "it counts 1000, 1001": completes the rule's sentence. */
  readonly title: string
  readonly given: readonly string[]
  /** The last one is judged. */
  readonly when: readonly string[]
  /** Rows as text, or the SQLSTATE of a refusal. */
  readonly then: { readonly rows: readonly (readonly (string | null)[])[] } | { readonly sqlstate: string }
}

export interface ObjectRule extends DeclaredRule {
  readonly kind: 'object'
  readonly sentence: string
  /** Ids of the structures that it asks for: the object, its comment, a role's rights on it. */
  readonly structures: readonly string[]
  readonly cases: readonly ObjectCase[]
  readonly design: readonly string[]
}

export const makeObjectRule = (
  at: DeclaredAt | null,
  structure: string,
  part: string,
  facts: Pick<ObjectRule, 'sentence' | 'structures' | 'cases' | 'design'>,
): ObjectRule => ({
  kind: 'object',
  id: structureId(structure, part),
  table: databaseObjects,
  columns: [],
  at,
  sentence: facts.sentence,
  structures: facts.structures,
  cases: facts.cases,
  design: facts.design,
})
