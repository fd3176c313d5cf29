/** What the calls of a query or a write took when they were measured: told, and no judgement. */
import type { ReactElement } from 'react'
import type { SiteTimes } from '../report/site-model.ts'
import { shownText } from './shown-text.ts'

const milliseconds = (n: number): string => `${n < 10 ? n.toFixed(2) : Math.round(n)} ms`

export const Times = ({ times }: { readonly times: readonly SiteTimes[] }): ReactElement => (
  <section aria-labelledby="times-heading">
    <h2 id="times-heading">Times</h2>
    <p className="muted">
      Warm, with the round trips from where they were measured. They depend on the machine: what they are
      beside the calibration query of the same run does so less.
    </p>
    {/* Scrolls sideways where the page is narrow. */}
    <div className="scroll" role="region" aria-label="Times of its calls" tabIndex={0}>
      <table className="list numbers">
        <thead>
          <tr>
            <th scope="col">Call</th>
            <th scope="col">Median</th>
            <th scope="col">p95</th>
            <th scope="col">Aimed at</th>
            <th scope="col">× calibration</th>
            <th scope="col">Runs</th>
          </tr>
        </thead>
        <tbody>
          {times.map(({ call, median, p95, target, ratio, runs }) => (
            <tr key={call}>
              <th scope="row">{shownText(call)}</th>
              <td>{runs === 0 ? '–' : milliseconds(median)}</td>
              <td>{runs === 0 ? '–' : milliseconds(p95)}</td>
              <td>{target === null ? '–' : milliseconds(target)}</td>
              <td>{runs === 0 ? '–' : ratio.toFixed(1)}</td>
              <td>{runs}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </section>
)
