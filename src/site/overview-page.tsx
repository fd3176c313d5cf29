/** What is proven, in one look: the score, the figures, and what is to do. */
import type { ReactElement } from 'react'
import type { SiteArchitecture, SiteFinding, SiteState, SiteVerdicts } from '../report/site-model.ts'
import { Bar, Legend, type Share } from './bars.tsx'
import { Findings } from './findings.tsx'
import { Heading } from './links.tsx'
import { useAddressOf, useData, useReport } from './report.tsx'
import { counted, shownText } from './shown-text.ts'
import { verdicts, verdictWords } from './state-mark.tsx'
import { stateWords } from './state-words.ts'

const states: readonly SiteState[] = ['green', 'red', 'unsolved', 'awaited']

const countStates = ({ tables }: SiteArchitecture): ReadonlyMap<SiteState, number> => {
  const counts = new Map<SiteState, number>()
  for (const { cells } of tables)
    for (const cell of cells)
      for (const [state, n] of cell.counts) counts.set(state, (counts.get(state) ?? 0) + n)
  return counts
}

const verdictShares = (mutants: SiteVerdicts): readonly Share[] =>
  verdicts.map((verdict, i) => ({
    label: verdict,
    means: verdictWords[verdict].means,
    symbol: verdictWords[verdict].symbol,
    state: verdictWords[verdict].state,
    n: mutants[i] ?? 0,
  }))

const headline = ({ ok, errors, only, command, rules }: SiteArchitecture): string => {
  if (!ok && command === 'validate')
    return `${counted(errors, 'thing')} ${errors === 1 ? 'is' : 'are'} over budget, or could not be run`
  if (!ok) return `${counted(errors, 'thing')} ${errors === 1 ? 'keeps' : 'keep'} this from being proven`
  const isPart = only.length > 0
  if (command === 'validate')
    return `Every query${isPart ? ' that was asked for' : ''} stays within its budget`
  if (command === 'green') return isPart ? 'What was asked for holds' : 'Every rule holds'
  if (command === 'red') return `${isPart ? 'What was asked for' : 'Every rule'} fails without its structure`
  if (command === 'mutate')
    return isPart ? 'Nothing that was asked for can be broken unnoticed' : 'Nothing can be broken unnoticed'
  if (isPart) return 'What was asked for is proven'
  return rules === 0 ? 'Nothing is declared' : 'Everything that is declared is proven'
}

const Score = ({ architecture }: { readonly architecture: SiteArchitecture }): ReactElement => {
  const { score, mutants } = architecture
  if (!mutants)
    return (
      <p className="score-none">
        No mutant was made in this run: <code>assay prove</code> breaks every structure and gives the score.
      </p>
    )
  const told = mutants[0] + mutants[4] + mutants[5]
  return score === null ? (
    <p className="score-none">There was no mutant that can be told apart.</p>
  ) : (
    <p className="score">
      <strong>
        {score}
        <span className="percent"> %</span>
      </strong>{' '}
      <span>of the {counted(told, 'mutant')} that can be told apart were killed</span>
    </p>
  )
}

const Figures = ({ architecture }: { readonly architecture: SiteArchitecture }): ReactElement => {
  const { tables, rules, experiments, green, red, structures, unproven } = architecture
  const to = useAddressOf()
  const figures: readonly (readonly [string, number, string, string | null])[] = [
    [
      'Tables',
      tables.filter(({ id, undeclared }) => id !== null && !undeclared).length,
      'declared',
      to('board'),
    ],
    ['Rules', rules, `${green.toLocaleString('en')} hold now`, to('board')],
    ['Experiments', experiments, 'cases, each with its rows and its outcome', null],
    [
      'Red first',
      red ?? 0,
      red === null
        ? 'not looked at in this run'
        : `of ${rules.toLocaleString('en')} fail without their structure`,
      null,
    ],
    [
      'Structures',
      structures,
      unproven === 0 ? 'a rule asks for each' : `${unproven} of them without a rule`,
      to('mutants'),
    ],
  ]
  return (
    <dl className="figures">
      {figures.map(([name, n, means, href]) => (
        <div key={name}>
          <dt>{href === null ? name : <a href={href}>{name}</a>}</dt>
          <dd>
            <strong>{name === 'Red first' && red === null ? '–' : n.toLocaleString('en')}</strong>
            <span className="muted">{means}</span>
          </dd>
        </div>
      ))}
    </dl>
  )
}

const Rules = ({ architecture }: { readonly architecture: SiteArchitecture }): ReactElement => {
  const to = useAddressOf()
  const counts = countStates(architecture)
  const shares = states
    .filter((state) => state !== 'awaited' || counts.has(state))
    .map((state) => ({
      label: stateWords[state].word,
      symbol: stateWords[state].symbol,
      state,
      n: counts.get(state) ?? 0,
      href: to('board', undefined, { state }),
    }))
  return (
    <section aria-labelledby="rules-heading" className="card">
      <h2 id="rules-heading">Rules</h2>
      <Bar shares={shares} />
      <Legend shares={shares} />
    </section>
  )
}

const Mutants = ({ mutants }: { readonly mutants: SiteVerdicts }): ReactElement => {
  const to = useAddressOf()
  const shares = verdictShares(mutants)
  return (
    <section aria-labelledby="mutants-heading" className="card">
      <h2 id="mutants-heading">Mutants</h2>
      <Bar shares={shares} />
      <Legend shares={shares} />
      <p>
        <a href={to('mutants')}>Mutants by table</a>
      </p>
    </section>
  )
}

const ToDo = (): ReactElement => {
  const findings = useData<readonly SiteFinding[]>('findings')
  const errors = findings.filter(({ severity }) => severity === 'error')
  const others = findings.filter(({ severity }) => severity !== 'error')
  return (
    <>
      {errors.length > 0 ? (
        <section aria-labelledby="todo-heading">
          <h2 id="todo-heading">To do</h2>
          <Findings findings={errors} />
        </section>
      ) : null}
      {others.length > 0 ? (
        <section aria-labelledby="know-heading">
          <h2 id="know-heading">To know</h2>
          <Findings findings={others} />
        </section>
      ) : null}
    </>
  )
}

export const OverviewPage = (): ReactElement => {
  const { architecture } = useReport()
  const { ok, server, seconds, only, mutants, findings, command } = architecture
  return (
    <>
      <section className={`verdict ${ok ? 'green' : 'red'}`} aria-label="Result">
        <Heading>
          <span aria-hidden="true">{ok ? '✓' : '✗'}</span> {headline(architecture)}
        </Heading>
        <p className="muted">
          {server} · <code>assay {command}</code> · {seconds.toLocaleString('en')} s
        </p>
        {only.length > 0 ? (
          <p>
            Only a part was looked at: {only.map((id) => shownText(id)).join(', ')}. Everything else is shown
            as not looked at.
          </p>
        ) : null}
        <Score architecture={architecture} />
      </section>
      <Figures architecture={architecture} />
      <div className="columns">
        <Rules architecture={architecture} />
        {mutants ? <Mutants mutants={mutants} /> : null}
      </div>
      {findings > 0 ? <ToDo /> : null}
    </>
  )
}
