/** What a person has to look at, each with why and its fix; in lots, so that thousands do not stop the page. */
import { useState, type ReactElement } from 'react'
import type { SiteFinding } from '../report/site-model.ts'
import { counted, shownText } from './shown-text.ts'
import { RuleLink, StructureLink } from './links.tsx'
import { Sql } from './sql.tsx'

const lot = 20

const Finding = ({ finding }: { readonly finding: SiteFinding }): ReactElement => {
  const { severity, summary, why, fix, rule, structure, where, code } = finding
  const [prose = '', ...lines] = fix.split('\n')
  return (
    <article className={`finding ${severity}`}>
      <h3>
        <span className={`mark ${severity === 'error' ? 'red' : 'unseen'}`}>
          <span aria-hidden="true">{severity === 'error' ? '✗' : '·'}</span> {severity}
        </span>{' '}
        {shownText(summary)}
      </h3>
      <dl className="facts">
        <dt>Why</dt>
        <dd>{shownText(why)}</dd>
        <dt>Fix</dt>
        <dd>
          {shownText(prose)}
          {lines.length > 0 ? <Sql sql={lines.join('\n')} label="the fix" /> : null}
        </dd>
        {rule === null && structure === null ? null : (
          <>
            <dt>{rule === null ? 'Structure' : 'Rule'}</dt>
            <dd>{rule === null ? <StructureLink id={structure ?? ''} /> : <RuleLink id={rule} />}</dd>
          </>
        )}
        {where === null ? null : (
          <>
            <dt>Declared</dt>
            <dd>
              <code>{shownText(where)}</code>
            </dd>
          </>
        )}
        <dt>Code</dt>
        <dd>
          <code>{code}</code>
        </dd>
      </dl>
    </article>
  )
}

export const Findings = ({ findings }: { readonly findings: readonly SiteFinding[] }): ReactElement => {
  const [shown, setShown] = useState(lot)
  const rest = findings.length - shown
  return (
    <>
      {findings.slice(0, shown).map((finding, i) => (
        <Finding key={i} finding={finding} />
      ))}
      {rest > 0 ? (
        <p>
          <button type="button" onClick={() => setShown(shown + lot)}>
            Show {Math.min(lot, rest)} of {counted(rest, 'other finding')}
          </button>
        </p>
      ) : null}
    </>
  )
}
