/** What was seen of a function or procedure, as it is going to be declared. */
import type { CallOption } from '../../architecture/kinds/called.ts'
import type { Finding } from '../../prove/result.ts'

/** One entry of `fn(…, { observed: { … } })`. */
export interface ObservedEntry {
  readonly sentence: string
  readonly option: CallOption
}

export interface ObservedFunction {
  /** Structure id. */
  readonly structure: string
  /** None: nothing was seen of it, and the finding says what was tried. */
  readonly entries: readonly ObservedEntry[]
  /** Mutants that can be made, and are not known to be equivalent. */
  readonly mutants: {
    readonly made: number
    readonly killed: number
    readonly left: readonly { readonly id: string; readonly summary: string }[]
  }
  readonly findings: readonly Finding[]
}
