/** At which size of a table the plan becomes another: a chart of cost over rows, and what changes, in words. */
import { createElement, type ReactElement } from 'react'
import type { SiteDrawing, SiteSweep } from '../report/site-model.ts'
import { Tree } from './plans.tsx'
import { shownText } from './shown-text.ts'

const camel = (name: string): string =>
  name.replaceAll(/-([a-z])/gu, (_, letter: string) => letter.toUpperCase())

/** Elements and attributes are the chart's own; texts from a catalog become text. */
const drawn = ({ name, attributes, children }: SiteDrawing, key: number): ReactElement =>
  createElement(
    name,
    { key, ...Object.fromEntries(Object.entries(attributes).map(([one, value]) => [camel(one), value])) },
    ...children.map((child, i) => (typeof child === 'string' ? shownText(child) : drawn(child, i))),
  )

const rowsText = (rows: number): string => rows.toLocaleString('en')

const Sweep = ({ sweep }: { readonly sweep: SiteSweep }): ReactElement => {
  const { table, from, to, failed, chart, flips } = sweep
  const range = `from ${rowsText(from)} to ${rowsText(to)} rows of ${shownText(table)}`
  if (failed !== null || chart === null)
    return <p className="notice unsolved">{shownText(failed ?? 'It was not planned.')}</p>
  const times = flips.length === 1 ? 'once' : `${flips.length} times`
  return (
    <>
      <p>{flips.length === 0 ? `One plan ${range}.` : `The plan changes ${times} ${range}.`}</p>
      {/* Scrolls sideways where the page is narrow. */}
      <div className="chart" role="region" aria-label={`Chart ${range}`} tabIndex={0}>
        {drawn(chart, 0)}
      </div>
      <ol className="flips">
        {flips.map(({ rows, cost, change }, i) => (
          <li key={i}>
            <p>
              At <strong>{rowsText(rows)}</strong> rows, where it costs{' '}
              {Math.round(cost).toLocaleString('en')}:
            </p>
            <Tree lines={change} label={`What changes at ${rowsText(rows)} rows`} />
          </li>
        ))}
      </ol>
    </>
  )
}

export const Sweeps = ({ sweeps }: { readonly sweeps: readonly SiteSweep[] }): ReactElement => (
  <section aria-labelledby="sweeps-heading">
    <h2 id="sweeps-heading">Which size changes the plan</h2>
    {sweeps.map((sweep, i) => (
      <Sweep key={i} sweep={sweep} />
    ))}
  </section>
)
