/** A state as a symbol and a word; colour only repeats them. */
import type { ReactElement } from 'react'
import type { SiteState, SiteVerdict } from '../report/site-model.ts'
import { stateWords } from './state-words.ts'

export const verdictWords: Readonly<
  Record<SiteVerdict, { readonly symbol: string; readonly means: string; readonly state: SiteState }>
> = {
  killed: { symbol: '✓', means: 'an experiment noticed', state: 'green' },
  redundant: { symbol: '=', means: 'another structure still refuses the same rows', state: 'unseen' },
  equivalent: { symbol: '≡', means: 'provably cannot be told apart', state: 'unseen' },
  stillborn: { symbol: '∅', means: 'PostgreSQL refuses the change itself', state: 'unseen' },
  survived: { symbol: '✗', means: 'nobody noticed', state: 'red' },
  unsolved: { symbol: '?', means: 'Assay could not find out', state: 'unsolved' },
}

/** In the order of `SiteVerdicts`. */
export const verdicts: readonly SiteVerdict[] = [
  'killed',
  'redundant',
  'equivalent',
  'stillborn',
  'survived',
  'unsolved',
]

export const StateMark = ({ state }: { readonly state: SiteState }): ReactElement => (
  <span className={`mark ${state}`}>
    <span aria-hidden="true">{stateWords[state].symbol}</span> {stateWords[state].word}
  </span>
)

export const VerdictMark = ({ verdict }: { readonly verdict: SiteVerdict }): ReactElement => (
  <span className={`mark ${verdictWords[verdict].state}`}>
    <span aria-hidden="true">{verdictWords[verdict].symbol}</span> {verdict}
  </span>
)
