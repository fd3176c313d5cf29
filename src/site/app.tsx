/** The frame of every page: skip link, header, navigation, and the page that the address names. */
import { Suspense, useEffect, useMemo, useRef, useState, type ReactElement } from 'react'
import type { SiteIndex } from '../report/site-model.ts'
import { addressOf, parseAddress, type Address, type PageName } from './address.ts'
import { BoardPage } from './board-page.tsx'
import { DiagramPage } from './diagram/diagram-page.tsx'
import { FaultBoundary } from './fault-boundary.tsx'
import { MutantsPage } from './mutants-page.tsx'
import { OverviewPage } from './overview-page.tsx'
import { openReport, ReportProvider, type Report } from './report.tsx'
import { RulePage } from './rule-page.tsx'
import { arrive, leavePlace, watchLinks } from './scroll-place.ts'
import { shownText } from './shown-text.ts'
import { StructurePage } from './structure-page.tsx'
import { TablePage } from './table-page.tsx'
import { keepTheme, readTheme, type Theme } from './theme.ts'
import { useHash } from './use-address.ts'

const sections: readonly (readonly [page: PageName, label: string, also: readonly PageName[]])[] = [
  ['overview', 'Overview', []],
  ['board', 'Board', ['table', 'rule', 'structure']],
  ['mutants', 'Mutants', []],
  ['diagram', 'Diagram', []],
]

const ThemeChoice = (): ReactElement => {
  const [theme, setTheme] = useState(readTheme)
  return (
    <label className="theme-choice">
      <span aria-hidden="true">Colours</span>
      <select
        aria-label="Colours"
        value={theme}
        onChange={(event) => {
          const chosen = event.target.value as Theme
          setTheme(chosen)
          keepTheme(chosen)
        }}
      >
        <option value="system">System</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  )
}

const ArchitectureChoice = ({ report }: { readonly report: Report }): ReactElement => {
  const { index, architecture } = report
  if (index.architectures.length === 1)
    return <span className="architecture-name">{shownText(architecture.name)}</span>
  return (
    <label className="architecture-choice">
      <span className="vh">Architecture</span>
      <select
        value={architecture.name}
        onChange={(event) => {
          leavePlace()
          window.location.hash = addressOf(event.target.value)
        }}
      >
        {index.architectures.map(({ name }) => (
          <option key={name} value={name}>
            {shownText(name)}
          </option>
        ))}
      </select>
    </label>
  )
}

const Header = ({ report, page }: { readonly report: Report; readonly page: PageName }): ReactElement => (
  <header className="site-header">
    <a className="brand" href={addressOf(report.architecture.name)}>
      <span aria-hidden="true" className="brand-mark" />
      Assay <span className="vh">report</span>
    </a>
    <ArchitectureChoice report={report} />
    <nav aria-label="Pages">
      <ul>
        {sections.map(([name, label, also]) => (
          <li key={name}>
            <a
              href={addressOf(report.architecture.name, name)}
              aria-current={page === name ? 'page' : also.includes(page) ? 'true' : undefined}
            >
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
    <ThemeChoice />
  </header>
)

const Page = ({ address }: { readonly address: Address }): ReactElement => {
  const { page, id, query } = address
  switch (page) {
    case 'overview':
      return <OverviewPage />
    case 'board':
      return <BoardPage query={query} />
    case 'mutants':
      return <MutantsPage />
    case 'diagram':
      return <DiagramPage query={query} />
    case 'table':
      return <TablePage id={id} query={query} />
    case 'rule':
      return <RulePage id={id} query={query} />
    case 'structure':
      return <StructurePage id={id} />
  }
}

/** Gives the reader the new page's heading; going back keeps the place that the browser remembers. */
const Arrival = ({ at, isFirst }: { readonly at: string; readonly isFirst: boolean }): null => {
  useEffect(() => {
    const heading = document.querySelector<HTMLElement>('main h1')
    document.title = `${heading?.textContent ?? 'Report'} · Assay`
    if (isFirst || document.querySelector('main [data-arrived]')) return
    arrive()
    heading?.focus({ preventScroll: true })
  }, [at, isFirst])
  return null
}

const Waiting = (): ReactElement => (
  <p role="status" className="waiting">
    Loading…
  </p>
)

/** `#main` and the like belong to the page itself. */
const isAddress = (hash: string): boolean => hash === '' || hash.startsWith('#/')

export const App = ({ index }: { readonly index: SiteIndex }): ReactElement => {
  const hash = useHash()
  const last = useRef(isAddress(hash) ? hash : '')
  if (isAddress(hash)) last.current = hash
  const address = useMemo(() => parseAddress(last.current), [last.current])
  const report = useMemo(() => openReport(index, address.architecture), [index, address.architecture])
  const place = `${report.architecture.name} ${address.page} ${address.id}`
  const first = useRef(place)
  const isFirst = first.current === place
  useEffect(watchLinks, [])
  useEffect(() => {
    if (!isFirst) first.current = ''
  }, [isFirst])
  return (
    <ReportProvider value={report}>
      <a
        className="skip-link"
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          document.getElementById('main')?.focus()
        }}
      >
        Skip to the page
      </a>
      <Header report={report} page={address.page} />
      <main id="main" tabIndex={-1} className={`page at-${address.page}`}>
        <FaultBoundary key={place}>
          <Suspense fallback={<Waiting />}>
            <Page address={address} />
            <Arrival at={place} isFirst={isFirst} />
          </Suspense>
        </FaultBoundary>
      </main>
      <footer className="site-footer">
        <p>
          Made by Assay from one run of <code>assay {report.architecture.command}</code>. It loads nothing
          from a network. <a href="licences.txt">Licences of what it is built with</a>
        </p>
      </footer>
    </ReportProvider>
  )
}
