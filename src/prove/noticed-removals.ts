/**
 * What RED has seen when it took structures away: MUTATE makes many of the same removals, and need not ask again who
 * notices them.
 */
import type { Experiment } from '../rules/experiment.ts'

export interface NoticedRemovals {
  /** The first experiment of the rule whose outcome changed under this DDL. */
  note(rule: string, ddl: readonly string[], experiment: Experiment): void
  /** `rule` is the first that is asked of the DDL; null when it was not seen to notice. */
  by(rule: string | undefined, ddl: readonly string[]): Experiment | null
}

const keyOf = (rule: string, ddl: readonly string[]): string => JSON.stringify([rule, ddl])

export const openNoticedRemovals = (): NoticedRemovals => {
  const noticed = new Map<string, Experiment>()
  return {
    note: (rule, ddl, experiment) => void noticed.set(keyOf(rule, ddl), experiment),
    by: (rule, ddl) => (rule === undefined ? null : (noticed.get(keyOf(rule, ddl)) ?? null)),
  }
}
