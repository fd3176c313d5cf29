/** A proportion as a bar with its legend; the legend is the content, the bar repeats it. */
import type { ReactElement } from 'react'
import type { SiteState } from '../report/site-model.ts'

export interface Share {
  readonly label: string
  readonly means?: string
  readonly symbol: string
  readonly state: SiteState
  readonly n: number
  readonly href?: string
}

export const Bar = ({ shares }: { readonly shares: readonly Share[] }): ReactElement => (
  <div className="bar" aria-hidden="true">
    {shares
      .filter(({ n }) => n > 0)
      .map(({ label, state, n }, i) => (
        <span key={label} className={`bar-part ${state} part-${i}`} style={{ flexGrow: n }} />
      ))}
  </div>
)

export const Legend = ({ shares }: { readonly shares: readonly Share[] }): ReactElement => (
  <ul className="legend">
    {shares.map(({ label, means, symbol, state, n, href }) => (
      <li key={label} className={n === 0 ? 'none' : ''}>
        <span className={`dot ${state}`} aria-hidden="true">
          {symbol}
        </span>
        <span className="legend-number">{n.toLocaleString('en')}</span>{' '}
        {href === undefined || n === 0 ? label : <a href={href}>{label}</a>}
        {means === undefined ? null : <span className="muted"> {means}</span>}
      </li>
    ))}
  </ul>
)
