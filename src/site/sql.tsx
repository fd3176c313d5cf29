/** SQL in colour, with a button that copies it as it is. */
import { useMemo, type ReactElement } from 'react'
import { CopyButton } from './copy-button.tsx'
import { shownText } from './shown-text.ts'
import { colouredRuns } from './sql-words.ts'

const SqlText = ({ sql }: { readonly sql: string }): ReactElement => {
  const runs = useMemo(() => colouredRuns(sql), [sql])
  return (
    <code>
      {runs.map(({ kind, text }, i) =>
        kind === 'other' ? (
          shownText(text)
        ) : (
          <span key={i} className={`sql-${kind}`}>
            {shownText(text)}
          </span>
        ),
      )}
    </code>
  )
}

/** `label` names the block for the copy button and for who does not see it. */
export const Sql = ({ sql, label }: { readonly sql: string; readonly label: string }): ReactElement => (
  <div className="sql">
    {/* Scrolls sideways, so that it has to be reached by keyboard. */}
    <pre tabIndex={0} role="region" aria-label={label}>
      <SqlText sql={sql} />
    </pre>
    <CopyButton text={sql} label={`Copy ${label}`} />
  </div>
)
