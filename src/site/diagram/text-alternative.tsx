/** The diagram in words: each drawn table with its key, what it refers to and what refers to it. */
import type { ReactElement } from 'react'
import type { SiteDiagramTable } from '../../report/site-model.ts'
import { Pager, usePage } from '../pager.tsx'
import { useAddressOf } from '../report.tsx'
import { shownText } from '../shown-text.ts'
import { StateMark } from '../state-mark.tsx'

const referrers = (tables: readonly SiteDiagramTable[]): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>()
  for (const { id, references } of tables)
    for (const { table } of references) found.set(table, [...new Set([...(found.get(table) ?? []), id])])
  return found
}

const mostNames = 12

const names = (ids: readonly string[]): string =>
  ids.length === 0
    ? 'nothing'
    : `${ids.slice(0, mostNames).map(shownText).join(', ')}${ids.length > mostNames ? ` and ${ids.length - mostNames} more` : ''}`

export const TextAlternative = ({
  tables,
  all,
}: {
  readonly tables: readonly SiteDiagramTable[]
  readonly all: readonly SiteDiagramTable[]
}): ReactElement => {
  const to = useAddressOf()
  const by = referrers(all)
  const paged = usePage(tables)
  return (
    <section aria-labelledby="words-heading">
      <h2 id="words-heading">The same in words</h2>
      <div className="scroll" tabIndex={0} role="region" aria-label="Tables and references">
        <table className="list">
          <thead>
            <tr>
              <th scope="col">Table</th>
              <th scope="col">State</th>
              <th scope="col">Key</th>
              <th scope="col">Refers to</th>
              <th scope="col">Referred to by</th>
            </tr>
          </thead>
          <tbody>
            {paged.shown.map(({ id, state, columns, references }) => (
              <tr key={id}>
                <th scope="row">
                  <a href={to('table', id)}>{shownText(id)}</a>
                </th>
                <td>
                  <StateMark state={state} />
                </td>
                <td>
                  {columns
                    .filter(({ primaryKey }) => primaryKey)
                    .map(({ name }) => shownText(name))
                    .join(', ') || 'none'}
                </td>
                <td>
                  {references.length === 0 ? (
                    'nothing'
                  ) : (
                    <ul className="plain">
                      {references.map((reference) => (
                        <li key={reference.structure}>
                          <a href={to('structure', reference.structure)}>
                            {shownText(reference.columns.join(', '))} → {shownText(reference.table)}
                          </a>
                        </li>
                      ))}
                    </ul>
                  )}
                </td>
                <td>{names(by.get(id) ?? [])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Pager paged={paged} label="Pages of the tables" />
    </section>
  )
}
