/** The board: tables by kinds of rules, red and green; filtered, sorted, a page at a time. */
import { useDeferredValue, useEffect, useMemo, useState, type ReactElement } from 'react'
import type { SiteState } from '../report/site-model.ts'
import { addressOf } from './address.ts'
import { boardRows, type BoardWish } from './board-rows.ts'
import { BoardTable } from './board-table.tsx'
import { Heading } from './links.tsx'
import { Pager, usePage } from './pager.tsx'
import { useReport } from './report.tsx'
import { counted } from './shown-text.ts'
import { stateWords } from './state-words.ts'
import { replaceAddress } from './use-address.ts'

const states: readonly SiteState[] = ['red', 'unsolved', 'awaited', 'green', 'unseen']

const wishOf = (query: URLSearchParams): BoardWish => ({
  name: query.get('name') ?? '',
  state: states.find((state) => state === query.get('state')) ?? '',
  kind: query.get('kind') ?? '',
  sort: query.get('sort') ?? 'declared',
})

/** The address follows the filters a moment later: a reader types faster than a browser likes to navigate. */
const settle = 300

export const BoardPage = ({ query }: { readonly query: URLSearchParams }): ReactElement => {
  const { architecture } = useReport()
  const [wish, setWish] = useState(() => wishOf(query))
  const asked = useDeferredValue(wish)
  const rows = useMemo(() => boardRows(architecture, asked), [architecture, asked])
  const paged = usePage(rows)
  const all = architecture.tables.filter(({ id }) => id !== null).length
  useEffect(() => {
    const timer = setTimeout(() => {
      const address = addressOf(architecture.name, 'board', undefined, {
        ...wish,
        sort: wish.sort === 'declared' ? '' : wish.sort,
      })
      if (
        window.location.hash !== address &&
        window.location.hash.startsWith(addressOf(architecture.name, 'board'))
      )
        replaceAddress(address)
    }, settle)
    return () => clearTimeout(timer)
  }, [architecture.name, wish])
  const change = (part: Partial<BoardWish>): void => {
    setWish({ ...wish, ...part })
    paged.go(0)
  }
  const isFiltered = wish.name !== '' || wish.state !== '' || wish.kind !== ''
  return (
    <>
      <Heading>Board</Heading>
      <p className="lead">
        Each table by each kind of rule. A rule is green when all its experiments hold
        {architecture.red === null
          ? '; whether it is red without its structure was not looked at in this run.'
          : ' and it was red without its structure.'}
      </p>
      <form
        className="filters"
        role="search"
        aria-label="Filter the board"
        onSubmit={(event) => event.preventDefault()}
      >
        <label>
          <span>Table</span>
          <input
            type="search"
            value={wish.name}
            placeholder="part of a name"
            onChange={(event) => change({ name: event.target.value })}
          />
        </label>
        <label>
          <span>State</span>
          <select
            value={wish.state}
            onChange={(event) =>
              change({ state: wishOf(new URLSearchParams({ state: event.target.value })).state })
            }
          >
            <option value="">any</option>
            {states.map((state) => (
              <option key={state} value={state}>
                {stateWords[state].word}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>Kind of rule</span>
          <select value={wish.kind} onChange={(event) => change({ kind: event.target.value })}>
            <option value="">any</option>
            {architecture.kinds.map((kind) => (
              <option key={kind} value={kind}>
                {kind}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>Order</span>
          <select value={wish.sort} onChange={(event) => change({ sort: event.target.value })}>
            <option value="declared">as declared</option>
            <option value="name">by name</option>
            <option value="-name">by name, backwards</option>
            <option value="worst">worst first</option>
            <option value="rules">most rules first</option>
            {architecture.kinds.includes(wish.sort.replace(/^-/u, '')) ? (
              <option value={wish.sort}>by {wish.sort.replace(/^-/u, '')}</option>
            ) : null}
          </select>
        </label>
        {isFiltered ? (
          <button type="button" onClick={() => change({ name: '', state: '', kind: '' })}>
            Show all
          </button>
        ) : null}
      </form>
      <p aria-live="polite" role="status" className="count">
        {isFiltered
          ? `${rows.length.toLocaleString('en')} of ${counted(all, 'table')}`
          : counted(all, 'table')}
        {paged.pages > 1 ? `, ${paged.from + 1} to ${paged.to} shown` : ''}
      </p>
      <BoardTable
        rows={paged.shown}
        from={paged.from}
        total={rows.length}
        sort={wish.sort}
        onSort={(sort) => change({ sort })}
        kind={asked.kind}
      />
      <Pager paged={paged} label="Pages of the board" />
    </>
  )
}
