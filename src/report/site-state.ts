/** What a rule came to in a run, as one word for the report's pages. */
import type { RuleResult } from '../prove/result.ts'
import type { SiteArchitecture, SiteState } from './site-model.ts'

export interface SiteRun {
  readonly command: SiteArchitecture['command']
  readonly only: readonly string[]
  /** Whether red evidence was looked for, and mutants made. */
  readonly reds: boolean
  readonly mutates: boolean
}

export const stateOf = (rule: RuleResult, { command }: Pick<SiteRun, 'command'>): SiteState => {
  if (rule.unsolved.length > 0) return 'unsolved'
  if (command === 'red' && rule.red?.proven === true && !rule.green) return 'awaited'
  return rule.green && (rule.red === null || rule.red.proven) ? 'green' : 'red'
}

const worstFirst: readonly SiteState[] = ['red', 'unsolved', 'awaited', 'green']

/** Of no state at all: nothing was looked at. */
export const worstState = (states: readonly SiteState[]): SiteState =>
  worstFirst.find((state) => states.includes(state)) ?? 'unseen'
