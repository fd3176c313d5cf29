/** Links by id, and the way back above a page. */
import type { ReactElement } from 'react'
import { addressOf } from './address.ts'
import { experimentAddress, tableFor, useAddressOf, useReport } from './report.tsx'
import { shownText } from './shown-text.ts'

export const RuleLink = ({ id }: { readonly id: string }): ReactElement => {
  const to = useAddressOf()
  const { tables } = useReport()
  // A table's own structure is claimed by the table, whose id is no rule's.
  return (
    <a className="id" href={tables.has(id) ? to('table', id) : to('rule', id)}>
      {shownText(id)}
    </a>
  )
}

export const StructureLink = ({ id }: { readonly id: string }): ReactElement => {
  const to = useAddressOf()
  return (
    <a className="id" href={to('structure', id)}>
      {shownText(id)}
    </a>
  )
}

/** Of an experiment's id; as text when it is none. */
export const ExperimentLink = ({ id }: { readonly id: string }): ReactElement => {
  const report = useReport()
  const href = experimentAddress(report, id)
  return href === null ? (
    <span>{shownText(id)}</span>
  ) : (
    <a className="id" href={href}>
      {shownText(id)}
    </a>
  )
}

/** A structure's id, or a reason in words. */
export const StructureOrWords = ({ text }: { readonly text: string }): ReactElement => {
  const report = useReport()
  return text.includes('/') && !text.includes(' ') && tableFor(report, text) !== '' ? (
    <StructureLink id={text} />
  ) : (
    <span>{shownText(text)}</span>
  )
}

/** Board › products › this. */
export const Trail = ({
  table,
  here,
}: {
  readonly table: string | null
  readonly here: string
}): ReactElement => {
  const { architecture } = useReport()
  const to = (page: 'board' | 'table', id?: string): string => addressOf(architecture.name, page, id)
  return (
    <nav aria-label="Where this stands" className="trail">
      <ol>
        <li>
          <a href={to('board')}>Board</a>
        </li>
        {table === null ? null : (
          <li>
            <a href={to('table', table)}>{table === '' ? 'the database' : shownText(table)}</a>
          </li>
        )}
        <li aria-current="page">{shownText(here)}</li>
      </ol>
    </nav>
  )
}

/** A page's heading, which is given the focus when the reader arrives. */
export const Heading = ({ children }: { readonly children: React.ReactNode }): ReactElement => (
  <h1 tabIndex={-1}>{children}</h1>
)
