/** Mutants by table, those that nobody noticed first, and the way to the same as a mutation testing report. */
import { useMemo, type ReactElement } from 'react'
import type { SiteFinding, SiteTable } from '../report/site-model.ts'
import { nameOfTable } from './board-rows.ts'
import { Findings } from './findings.tsx'
import { Heading } from './links.tsx'
import { Pager, usePage } from './pager.tsx'
import { useAddressOf, useData, useReport } from './report.tsx'
import { shownText } from './shown-text.ts'
import { verdicts, verdictWords } from './state-mark.tsx'

const noticedLast = (tables: readonly SiteTable[]): readonly SiteTable[] => {
  const worth = ({ mutants, unproven }: SiteTable): number =>
    (mutants?.[4] ?? 0) + (mutants?.[5] ?? 0) + unproven
  return tables.toSorted((a, b) => worth(b) - worth(a))
}

const Row = ({ table }: { readonly table: SiteTable }): ReactElement => {
  const to = useAddressOf()
  return (
    <tr>
      <th scope="row">
        <a href={to('table', table.id ?? '')}>{shownText(nameOfTable(table))}</a>
      </th>
      <td>{table.structures}</td>
      <td>{table.unproven === 0 ? '0' : <span className="mark red">✗ {table.unproven}</span>}</td>
      {table.mutants === null ? (
        <td colSpan={verdicts.length} className="muted">
          not looked at
        </td>
      ) : (
        verdicts.map((verdict, i) => {
          const n = table.mutants?.[i] ?? 0
          const { state, symbol } = verdictWords[verdict]
          const stands = n > 0 && (state === 'red' || state === 'unsolved')
          return (
            <td key={verdict} className={n === 0 ? 'zero' : ''}>
              {stands ? (
                <span className={`mark ${state}`}>
                  {symbol} {n}
                </span>
              ) : (
                n
              )}
            </td>
          )
        })
      )}
    </tr>
  )
}

const Survivors = (): ReactElement | null => {
  const findings = useData<readonly SiteFinding[]>('findings')
  const own = findings.filter(({ code }) => code.startsWith('mutant.') || code.startsWith('structure.'))
  if (own.length === 0) return null
  return (
    <section aria-labelledby="unnoticed-heading">
      <h2 id="unnoticed-heading">What nobody noticed, or nobody asked for</h2>
      <Findings findings={own} />
    </section>
  )
}

export const MutantsPage = (): ReactElement => {
  const { architecture, prefix } = useReport()
  const { tables, mutants } = architecture
  const rows = useMemo(() => noticedLast(tables), [tables])
  const paged = usePage(rows)
  return (
    <>
      <Heading>Mutants</Heading>
      <p className="lead">
        Each structure of the database was removed, weakened and strengthened; an experiment had to notice.
        {mutants ? (
          <>
            {' '}
            <a href={`mutants-${prefix.slice(1)}.html`}>The same over the source of each table</a>
          </>
        ) : null}
      </p>
      {mutants ? null : (
        <p className="notice">
          No mutant was made in this run. <code>assay prove</code> or <code>assay mutate</code> makes them.
        </p>
      )}
      <div className="scroll" tabIndex={0} role="region" aria-label="Mutants by table">
        <table className="list numbers">
          <caption className="vh">Mutants by table and verdict</caption>
          <thead>
            <tr>
              <th scope="col">Table</th>
              <th scope="col">Structures</th>
              <th scope="col">Without a rule</th>
              {verdicts.map((verdict) => (
                <th key={verdict} scope="col" title={verdictWords[verdict].means}>
                  {verdict}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {paged.shown.map((table) => (
              <Row key={table.id ?? ''} table={table} />
            ))}
          </tbody>
        </table>
      </div>
      <Pager paged={paged} label="Pages of the mutants" />
      <dl className="meanings">
        {verdicts.map((verdict) => (
          <div key={verdict}>
            <dt>{verdict}</dt>
            <dd>{verdictWords[verdict].means}</dd>
          </div>
        ))}
      </dl>
      {architecture.findings > 0 ? <Survivors /> : null}
    </>
  )
}
