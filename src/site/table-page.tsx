/** One table: its rules as sentences by kind, and its structures with what breaking them showed. */
import type { ReactElement } from 'react'
import type { SiteRule, SiteStructure } from '../report/site-model.ts'
import { addressOf } from './address.ts'
import { Heading, Trail } from './links.tsx'
import { useAddressOf, useReport, useTablePage } from './report.tsx'
import { counted, shownText } from './shown-text.ts'
import { StateMark } from './state-mark.tsx'
import { VerdictCounts } from './verdict-counts.tsx'

const groupByKind = (rules: readonly SiteRule[]): readonly (readonly [string, readonly SiteRule[]])[] => {
  const groups = new Map<string, SiteRule[]>()
  for (const rule of rules) groups.set(rule.kind, [...(groups.get(rule.kind) ?? []), rule])
  return [...groups]
}

const Rule = ({ rule }: { readonly rule: SiteRule }): ReactElement => {
  const to = useAddressOf()
  const failing = rule.experiments.filter(({ holds }) => !holds).length
  return (
    <li>
      <StateMark state={rule.state} />
      <span>
        <a href={to('rule', rule.id)}>{shownText(rule.sentence)}</a>{' '}
        <span className="muted">
          {counted(rule.experiments.length, 'experiment')}
          {failing > 0 ? `, ${failing} of them ${failing === 1 ? 'does' : 'do'} not hold` : ''}
        </span>
      </span>
    </li>
  )
}

const Structures = ({ structures }: { readonly structures: readonly SiteStructure[] }): ReactElement => {
  const to = useAddressOf()
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Structures">
      <table className="list">
        <thead>
          <tr>
            <th scope="col">Structure</th>
            <th scope="col">Definition</th>
            <th scope="col">Rules</th>
            <th scope="col">Mutants</th>
          </tr>
        </thead>
        <tbody>
          {structures.map(({ id, definition, rules, mutants }) => (
            <tr key={id}>
              <th scope="row">
                <a className="id" href={to('structure', id)}>
                  {shownText(id)}
                </a>
              </th>
              <td>
                <code className="definition">{shownText(definition)}</code>
              </td>
              <td>{rules.length === 0 ? <span className="mark red">✗ none</span> : rules.length}</td>
              <td>
                <VerdictCounts mutants={mutants} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export const TablePage = ({
  id,
  query,
}: {
  readonly id: string
  readonly query: URLSearchParams
}): ReactElement => {
  const { architecture, tables } = useReport()
  const { rules, structures } = useTablePage(id)
  const name = id === '' ? 'the database' : id
  const kind = query.get('kind')
  const shown = kind === null ? rules : rules.filter((rule) => rule.kind === kind)
  const to = (page: 'table' | 'diagram', more: Readonly<Record<string, string>> = {}): string =>
    page === 'table'
      ? addressOf(architecture.name, page, id)
      : addressOf(architecture.name, page, undefined, more)
  if (!tables.has(id))
    return (
      <>
        <Trail table={null} here={name} />
        <Heading>There is no table {shownText(name)} in this report</Heading>
      </>
    )
  return (
    <>
      <Trail table={null} here={name} />
      <Heading>{shownText(name)}</Heading>
      <p className="muted">
        {counted(rules.length, 'rule')} · {counted(structures.length, 'structure')}
        {id === '' ? null : (
          <>
            {' · '}
            <a href={to('diagram', { at: id })}>Show it in the diagram</a>
          </>
        )}
      </p>
      {kind === null ? null : (
        <p className="notice">
          Only rules of kind <strong>{shownText(kind)}</strong>.{' '}
          <a href={to('table')}>Show all of this table</a>
        </p>
      )}
      <section aria-labelledby="rules-heading">
        <h2 id="rules-heading">Rules</h2>
        {shown.length === 0 ? (
          <p className="notice">
            {architecture.only.length > 0 ? 'None was looked at in this run.' : 'Nothing is declared.'}
          </p>
        ) : null}
        {groupByKind(shown).map(([name, own]) => (
          <section key={name} aria-labelledby={`kind-${name}`} className="kind">
            <h3 id={`kind-${name}`}>{name}</h3>
            <ul className="rules">
              {own.map((rule) => (
                <Rule key={rule.id} rule={rule} />
              ))}
            </ul>
          </section>
        ))}
      </section>
      {kind === null && structures.length > 0 ? (
        <section aria-labelledby="structures-heading">
          <h2 id="structures-heading">Structures</h2>
          <Structures structures={structures} />
        </section>
      ) : null}
    </>
  )
}
