/** The verbs of a family of types: what values it offers for a column. Every value is SQL text that needs no cast. */
import type { ValueClues } from '../constants.ts'

/** What a family needs to know of a column (or of an array's element). */
export interface Slot {
  /** The column's name: text reads like it. */
  readonly name: string
  /** Type name without modifiers, as the catalog has it: `character varying`, `public.order_status`. */
  readonly type: string
  readonly modifier: number
  readonly labels: readonly string[] | null
  /** It tells rows apart (part of a key, or referenced): numbers then start at 1001. */
  readonly key: boolean
}

export interface TypeFamily {
  serves(slot: Slot): boolean
  /** The readable value of the nth family of rows, 0 for a: pairwise distinct where the type has enough values. */
  typical(slot: Slot, family: number): string
  /** Values that the expressions speak of, each with its neighbours. */
  near(slot: Slot, clues: ValueClues): readonly string[]
  /** Further values: the type's edges and what formats often want, plain ones first. */
  edges(slot: Slot): readonly string[]
}

/** How many families of rows have a typical value of their own: a, b, c, and a root for each in cycles. */
export const familyCount = 6

/** Every family by its number, a first. */
export const familyNumbers = Array.from({ length: familyCount }, (_, n) => n)

/** a, b, c …: the letter of the nth family. */
export const familyLetter = (family: number): string => String.fromCodePoint(97 + (family % 26))
