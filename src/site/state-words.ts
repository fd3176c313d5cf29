/** What a state is called, and its sign. */
import type { SiteState } from '../report/site-model.ts'

export const stateWords: Readonly<Record<SiteState, { readonly symbol: string; readonly word: string }>> = {
  green: { symbol: '✓', word: 'green' },
  red: { symbol: '✗', word: 'red' },
  unsolved: { symbol: '?', word: 'unsolved' },
  awaited: { symbol: '○', word: 'red, awaiting its migration' },
  unseen: { symbol: '–', word: 'not looked at' },
}
