/** What was seen of a trigger or rewrite rule, as it is going to be declared. */
import type { ObservedOption } from '../../architecture/kinds/observed.ts'
import type { Finding } from '../../prove/result.ts'

/** One `t.observed(…)`. */
export interface ObservedCall {
  readonly sentence: string
  readonly observed: ObservedOption<string>
  /** `trigger:last_updated`. */
  readonly by: string
}

export interface ObservedTrigger {
  /** Relation id. */
  readonly table: string
  /** Structure id of the trigger or rewrite rule. */
  readonly structure: string
  /** Structure ids that its calls claim: itself, and the functions that it calls. */
  readonly claims: readonly string[]
  /** None: nothing was seen of it, and the finding says what was tried. */
  readonly calls: readonly ObservedCall[]
  /** Mutants of it and of its function that can be made, and are not known to be equivalent. */
  readonly mutants: {
    readonly made: number
    readonly killed: number
    readonly left: readonly { readonly id: string; readonly summary: string }[]
  }
  readonly findings: readonly Finding[]
}
