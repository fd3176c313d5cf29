/** One rule: its sentence, what it came to and why, and every experiment. */
import { useEffect, useState, type ReactElement } from 'react'
import type { SiteRule } from '../report/site-model.ts'
import { tableInId } from './address.ts'
import { Experiment } from './experiment.tsx'
import { ExperimentLink, Heading, StructureLink, Trail } from './links.tsx'
import { tableFor, useReport, useTablePage } from './report.tsx'
import { Plans } from './plans.tsx'
import { counted, shownText } from './shown-text.ts'
import { Sql } from './sql.tsx'
import { StateMark } from './state-mark.tsx'
import { Sweeps } from './sweeps.tsx'
import { Times } from './times.tsx'

const lot = 50

const Red = ({ rule }: { readonly rule: SiteRule }): ReactElement => {
  const { red } = rule
  if (red === null) return <>Not looked at in this run.</>
  return (
    <>
      {red.proven ? 'Yes: ' : 'Not shown: '}
      {shownText(red.why)}
      {red.experiment === null ? null : (
        <>
          {' '}
          (<ExperimentLink id={red.experiment} />)
        </>
      )}
    </>
  )
}

const greenText = (rule: SiteRule): string => {
  if (rule.missing !== null) return `No: ${rule.missing}`
  const counting = rule.experiments.filter(({ shadow }) => !shadow)
  const holding = counting.filter(({ holds }) => holds).length
  if (counting.length === 0) return 'No experiment could be written.'
  return holding === counting.length
    ? `Yes: all ${counted(holding, 'experiment')} hold.`
    : `No: ${counting.length - holding} of ${counted(counting.length, 'experiment')} do not hold.`
}

const Facts = ({ rule }: { readonly rule: SiteRule }): ReactElement => (
  <dl className="facts">
    <dt>State</dt>
    <dd>
      <StateMark state={rule.state} />
    </dd>
    <dt>Green now</dt>
    <dd>{shownText(greenText(rule))}</dd>
    <dt>Red without</dt>
    <dd>
      <Red rule={rule} />
    </dd>
    <dt>Kept by</dt>
    <dd>
      {rule.claims.length === 0 ? (
        'No structure stands for it.'
      ) : (
        <ul className="plain">
          {rule.claims.map((id) => (
            <li key={id}>
              <StructureLink id={id} />
            </li>
          ))}
        </ul>
      )}
    </dd>
    {rule.where === null ? null : (
      <>
        <dt>Declared</dt>
        <dd>
          <code>{shownText(rule.where)}</code>
        </dd>
      </>
    )}
    <dt>Id</dt>
    <dd>
      <code>{shownText(rule.id)}</code>
    </dd>
  </dl>
)

const Unknown = ({ rule }: { readonly rule: SiteRule }): ReactElement | null =>
  rule.unsolved.length === 0 && rule.notes.length === 0 ? null : (
    <section aria-labelledby="unknown-heading">
      <h2 id="unknown-heading">{rule.unsolved.length > 0 ? 'Not found out' : 'To know'}</h2>
      {rule.unsolved.map(({ summary, tried }, i) => (
        <p key={i} className="notice unsolved">
          {shownText(summary)} <span className="muted">Tried: {shownText(tried)}</span>
        </p>
      ))}
      {rule.notes.map(({ summary, mend }, i) => (
        <div key={i} className="notice">
          <p>{shownText(summary)}</p>
          <Sql sql={mend} label="SQL for who does not want it so" />
        </div>
      ))}
    </section>
  )

const Experiments = ({
  rule,
  texts,
  asked,
}: {
  readonly rule: SiteRule
  readonly texts: readonly string[]
  readonly asked: string | null
}): ReactElement => {
  const { experiments } = rule
  const askedAt = experiments.findIndex(({ id }) => id === asked)
  const failsAt = experiments.findIndex(({ holds, shadow }) => !holds && !shadow)
  const openAt = askedAt >= 0 ? askedAt : Math.max(0, failsAt)
  const [shown, setShown] = useState(lot)
  const upTo = Math.max(shown, openAt + 1)
  const rest = experiments.length - upTo
  useEffect(() => {
    if (askedAt < 0) return
    const article = document.querySelector<HTMLElement>('main .experiment.asked')
    article?.scrollIntoView({ block: 'start' })
    article?.querySelector<HTMLElement>('h3')?.focus({ preventScroll: true })
  }, [askedAt, rule.id])
  return (
    <section aria-labelledby="experiments-heading" {...(askedAt >= 0 ? { 'data-arrived': '' } : {})}>
      <h2 id="experiments-heading">Experiments</h2>
      {experiments.length === 0 ? <p className="notice">None was run.</p> : null}
      {experiments.slice(0, upTo).map((experiment, i) => (
        <Experiment
          key={experiment.id}
          experiment={experiment}
          number={i + 1}
          texts={texts}
          isOpen={i === openAt}
          isAsked={i === askedAt}
        />
      ))}
      {rest > 0 ? (
        <p>
          <button type="button" onClick={() => setShown(upTo + lot)}>
            Show {Math.min(lot, rest)} of {counted(rest, 'other experiment')}
          </button>
        </p>
      ) : null}
    </section>
  )
}

export const RulePage = ({
  id,
  query,
}: {
  readonly id: string
  readonly query: URLSearchParams
}): ReactElement => {
  const report = useReport()
  const { rules, texts } = useTablePage(tableFor(report, id))
  const rule = rules.find((own) => own.id === id)
  if (!rule)
    return (
      <>
        <Trail table={tableInId(id)} here={id} />
        <Heading>There is no rule {shownText(id)} in this report</Heading>
      </>
    )
  return (
    <>
      <Trail table={tableFor(report, id)} here={rule.kind} />
      <Heading>{shownText(rule.sentence)}</Heading>
      <Facts rule={rule} />
      <Unknown rule={rule} />
      {rule.plans ? <Plans plans={rule.plans} /> : null}
      {rule.sweeps ? <Sweeps sweeps={rule.sweeps} /> : null}
      {rule.times ? <Times times={rule.times} /> : null}
      <Experiments key={id} rule={rule} texts={texts} asked={query.get('experiment')} />
      {rule.design.length === 0 ? null : (
        <section aria-labelledby="design-heading">
          <h2 id="design-heading">DDL that keeps it</h2>
          <Sql
            sql={rule.design.map((sql) => sql.replace(/;?\s*$/u, ';')).join('\n')}
            label="DDL of the rule"
          />
        </section>
      )}
    </>
  )
}
