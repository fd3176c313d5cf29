/** One mutant: what it changes, as a diff of the DDL, and who noticed. */
import { useMemo, type ReactElement } from 'react'
import type { SiteMutant } from '../report/site-model.ts'
import { ExperimentLink, StructureOrWords } from './links.tsx'
import { shownText } from './shown-text.ts'
import { Sql } from './sql.tsx'
import { VerdictMark } from './state-mark.tsx'
import { wordDiff } from './word-diff.ts'

const Lines = ({ before, after }: { readonly before: string; readonly after: string }): ReactElement => {
  const parts = useMemo(() => wordDiff(before, after), [before, after])
  return (
    <>
      <span className="diff-line gone">
        <span className="vh">Before: </span>
        {parts.map(({ change, text }, i) =>
          change === 'new' ? null : change === 'gone' ? (
            <del key={i}>{shownText(text)}</del>
          ) : (
            <span key={i}>{shownText(text)}</span>
          ),
        )}
      </span>
      <span className="diff-line new">
        <span className="vh">After: </span>
        {parts.map(({ change, text }, i) =>
          change === 'gone' ? null : change === 'new' ? (
            <ins key={i}>{shownText(text)}</ins>
          ) : (
            <span key={i}>{shownText(text)}</span>
          ),
        )}
      </span>
    </>
  )
}

const Diff = ({ mutant }: { readonly mutant: SiteMutant }): ReactElement | null => {
  const { before, after, ddl } = mutant
  if (before === null && after === null) return null
  return (
    <pre className="diff" tabIndex={0} role="region" aria-label={`Change: ${shownText(mutant.summary)}`}>
      <code>
        {before !== null && after !== null ? (
          <Lines before={before} after={after} />
        ) : (
          <>
            {before === null ? null : (
              <span className="diff-line gone">
                <span className="vh">Before: </span>
                <del>{shownText(before)}</del>
              </span>
            )}
            <span className="diff-line new">
              <span className="vh">After: </span>
              <ins>
                {after === null
                  ? before === null
                    ? shownText(ddl.join(';\n'))
                    : '(gone)'
                  : shownText(after)}
              </ins>
            </span>
          </>
        )}
      </code>
    </pre>
  )
}

const Why = ({ mutant }: { readonly mutant: SiteMutant }): ReactElement => {
  const { verdict, why } = mutant
  if (verdict === 'killed')
    return (
      <>
        Noticed by <ExperimentLink id={why} />
      </>
    )
  if (verdict === 'redundant')
    return (
      <>
        Still refused by <StructureOrWords text={why} />
      </>
    )
  return <>{shownText(why)}</>
}

export const Mutant = ({ mutant }: { readonly mutant: SiteMutant }): ReactElement => (
  <article className={`mutant ${mutant.verdict}`}>
    <header>
      <h4>{shownText(mutant.summary)}</h4>
      <VerdictMark verdict={mutant.verdict} />
    </header>
    <Diff mutant={mutant} />
    <p className="muted">
      <Why mutant={mutant} /> · {mutant.effect} · <code>{mutant.operator}</code>
    </p>
    <details>
      <summary>
        DDL that was run <span className="vh">for: {shownText(mutant.summary)}</span>
      </summary>
      <Sql sql={`${mutant.ddl.join(';\n')};`} label={`DDL: ${shownText(mutant.summary)}`} />
    </details>
  </article>
)
