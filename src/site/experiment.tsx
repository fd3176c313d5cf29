/** One experiment: Given, When, Then in words, what came of it, and the SQL for psql underneath. */
import { useState, type ReactElement } from 'react'
import type { SiteExperiment } from '../report/site-model.ts'
import { shownText } from './shown-text.ts'
import { Sql } from './sql.tsx'

const Outcome = ({ experiment }: { readonly experiment: SiteExperiment }): ReactElement => {
  const { holds, shadow } = experiment
  if (shadow) return <span className="mark unseen">– proves nothing alone</span>
  return (
    <span className={`mark ${holds ? 'green' : 'red'}`}>
      <span aria-hidden="true">{holds ? '✓' : '✗'}</span> {holds ? 'holds' : 'does not hold'}
    </span>
  )
}

interface Props {
  readonly experiment: SiteExperiment
  readonly number: number
  readonly texts: readonly string[]
  /** Whether its SQL is shown at once. */
  readonly isOpen: boolean
  readonly isAsked: boolean
}

export const Experiment = ({ experiment, number, texts, isOpen, isAsked }: Props): ReactElement => {
  const [wasOpened, setOpened] = useState(isOpen)
  const { id, title, given, as, when, then, observed, difference, mend, script } = experiment
  const heading = `experiment-${number}`
  return (
    <article
      className={`experiment ${experiment.holds || experiment.shadow ? '' : 'failing'} ${isAsked ? 'asked' : ''}`}
      aria-labelledby={heading}
      data-experiment={id}
    >
      <header>
        <h3 id={heading} tabIndex={-1}>
          <span className="muted">{number}.</span> {shownText(title)}
        </h3>
        <Outcome experiment={experiment} />
      </header>
      <dl className="given-when-then">
        <dt>Given</dt>
        <dd>{shownText(given)}</dd>
        {as === null ? null : (
          <>
            <dt>As</dt>
            <dd>{shownText(as)}</dd>
          </>
        )}
        <dt>When</dt>
        <dd>{shownText(when)}</dd>
        <dt>Then</dt>
        <dd>{shownText(then)}</dd>
        <dt>Observed</dt>
        <dd className={difference === null ? '' : 'differs'}>
          {shownText(observed)}
          {difference === null ? null : <span className="difference">{shownText(difference)}</span>}
        </dd>
      </dl>
      {mend === null || difference === null ? null : (
        <Sql sql={mend} label={`mend of experiment ${number}`} />
      )}
      <details
        open={isOpen}
        onToggle={(event) => {
          if (event.currentTarget.open) setOpened(true)
        }}
      >
        <summary>
          SQL for psql <span className="vh">of experiment {number}</span>
        </summary>
        {wasOpened ? (
          <Sql
            sql={script.map((position) => texts[position] ?? '').join('\n')}
            label={`SQL of experiment ${number}`}
          />
        ) : null}
      </details>
    </article>
  )
}
