/** Two sessions that each stay within a rule and break it together, in every order in which their writes overlap. */
import type { Interleaving } from '../experiment.ts'

type Moment = readonly [session: 1 | 2, does: 'writes' | 'commits']

/** Orders in which both have written before either commits; one after the other is what plain experiments show. */
const orders: readonly (readonly Moment[])[] = [
  [
    [1, 'writes'],
    [2, 'writes'],
    [1, 'commits'],
    [2, 'commits'],
  ],
  [
    [1, 'writes'],
    [2, 'writes'],
    [2, 'commits'],
    [1, 'commits'],
  ],
  [
    [2, 'writes'],
    [1, 'writes'],
    [1, 'commits'],
    [2, 'commits'],
  ],
  [
    [2, 'writes'],
    [1, 'writes'],
    [2, 'commits'],
    [1, 'commits'],
  ],
]

export interface Overlap {
  readonly title: string
  readonly interleaving: Interleaving
}

/** `writes` are what session 1 and session 2 do. */
export const overlaps = (writes: readonly [string, string], violations: string): readonly Overlap[] =>
  orders.map((moments) => ({
    title: `two sessions at once keep it: ${moments.map(([session, does]) => `${session} ${does}`).join(', ')}`,
    interleaving: {
      steps: [
        { session: 1, sql: 'begin' },
        { session: 2, sql: 'begin' },
        ...moments.map(([session, does]) => ({
          session,
          sql: does === 'commits' ? 'commit' : writes[session - 1]!,
        })),
      ],
      violations,
    },
  }))
