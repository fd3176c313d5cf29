/** One value put to a column to see its type: PostgreSQL itself says beforehand whether the declared type takes it, and as what. */
import { literal } from '../../postgres/quote.ts'

export interface TypeProbe {
  /** SQL expression. */
  readonly sql: string
  /** For titles: `99999999.99`, `101 characters`. */
  readonly shown: string
  /** The value itself where `sql` is a literal of it: what an array's literal is made of. */
  readonly text?: string
  /** Compared as it is stored with the expression instead of by text: for long values. */
  readonly isLong?: boolean
  /** The type's last value: where no row can have it, one near it is looked for. */
  readonly isEnd?: boolean
  /** Of several accepted probes with one aim, the first that the table's other constraints let through is enough. */
  readonly aim?: string
  /** Which way it was made: a refused probe goes with the accepted one made the same way. */
  readonly way?: number
}

/** What a family of types needs to know of a column's type. */
export interface ProbedType {
  /** pg_type.typname of the type, or of the element of an array: `varchar`, `numeric`, `int4`. */
  readonly name: string
  /** What stands in its parentheses: [10, 2]. */
  readonly modifiers: readonly number[]
  /** Text of the base row's value; null when it is null or not a constant. */
  readonly sample: string | null
}

export type TypeProbes = (type: ProbedType) => readonly TypeProbe[]

/** A quoted literal, so that a type that takes more takes it as it stands. */
export const written = (text: string): TypeProbe => ({ sql: literal(text), shown: text, text })
