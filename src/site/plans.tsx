/** The plans of a query: each as a tree in words, and a way to its picture. Calls that have the same tree share it. */
import type { ReactElement } from 'react'
import type { SitePlan, SitePlans } from '../report/site-model.ts'
import { shownText } from './shown-text.ts'

const basisWords: Readonly<Record<SitePlan['basis'], string>> = {
  loaded: 'run on loaded rows',
  size: 'planned, not run',
  statistics: 'planned, not run',
}

interface Placed extends SitePlan {
  /** Among all plans of the query. */
  readonly position: number
}

const byTree = (all: readonly SitePlan[]): readonly (readonly Placed[])[] => {
  const groups = new Map<string, Placed[]>()
  for (const [position, plan] of all.entries()) {
    const key = plan.tree.join('\n')
    groups.set(key, [...(groups.get(key) ?? []), { ...plan, position }])
  }
  return [...groups.values()]
}

/** Lines of a tree, or of what changes in one. */
export const Tree = ({
  lines,
  label,
}: {
  readonly lines: readonly string[]
  readonly label: string
}): ReactElement => (
  // Scrolls sideways, so that it has to be reached by keyboard.
  <pre className="plan-tree" tabIndex={0} role="region" aria-label={label}>
    {lines.map((line, i) => (
      <span key={i} className={line.startsWith('- ') ? 'gone' : line.startsWith('+ ') ? 'come' : undefined}>
        {shownText(line)}
        {'\n'}
      </span>
    ))}
  </pre>
)

export const Plans = ({ plans }: { readonly plans: SitePlans }): ReactElement => (
  <section aria-labelledby="plans-heading">
    <h2 id="plans-heading">Plans</h2>
    {byTree(plans.all).map((alike, i) => (
      <article key={i} className="plan" aria-label={`Plan ${i + 1}`}>
        <Tree lines={alike[0]!.tree} label={`Plan ${i + 1} as a tree`} />
        <ul className="plan-calls">
          {alike.map(({ call, basis, position }) => (
            <li key={position}>
              <a href={`plan.html?${plans.file}/${position}`}>{shownText(call)}</a>{' '}
              <span className="muted">{basisWords[basis]}</span>
            </li>
          ))}
        </ul>
      </article>
    ))}
  </section>
)
