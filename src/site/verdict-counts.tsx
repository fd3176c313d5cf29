/** Verdicts on some mutants in one line: those that ask for a look stand out. */
import type { ReactElement } from 'react'
import type { SiteMutant } from '../report/site-model.ts'
import { verdicts, verdictWords } from './state-mark.tsx'

export const VerdictCounts = ({
  mutants,
}: {
  readonly mutants: readonly SiteMutant[] | null
}): ReactElement => {
  if (mutants === null) return <span className="muted">not looked at</span>
  if (mutants.length === 0) return <span className="muted">none to make</span>
  const counts = verdicts
    .map((verdict) => [verdict, mutants.filter((mutant) => mutant.verdict === verdict).length] as const)
    .filter(([, n]) => n > 0)
  return (
    <ul className="verdict-counts">
      {counts.map(([verdict, n]) => (
        <li key={verdict} className={`mark ${verdictWords[verdict].state}`}>
          <span aria-hidden="true">{verdictWords[verdict].symbol}</span> {n} {verdict}
        </li>
      ))}
    </ul>
  )
}
