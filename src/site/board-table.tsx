/** The board's table: arrows move between cells, Enter opens one; the Tab key enters and leaves it in one step. */
import { memo, useEffect, useRef, type KeyboardEvent, type ReactElement } from 'react'
import type { SiteCell, SiteState, SiteTable } from '../report/site-model.ts'
import { addressOf } from './address.ts'
import { nameOfTable } from './board-rows.ts'
import { useReport } from './report.tsx'
import { shownText } from './shown-text.ts'
import { stateWords } from './state-words.ts'

const worstFirst: readonly SiteState[] = ['red', 'unsolved', 'awaited', 'green']

const spoken = (counts: SiteCell['counts']): string =>
  counts.map(([state, n]) => `${n} ${stateWords[state].word}`).join(', ')

const shownCount = (counts: SiteCell['counts'], worst: SiteState): string => {
  const all = counts.reduce((sum, [, n]) => sum + n, 0)
  const own = counts.find(([state]) => state === worst)?.[1] ?? 0
  return own === all ? String(all) : `${own}/${all}`
}

interface CellProps {
  readonly cell: SiteCell | undefined
  readonly kind: string
  readonly table: SiteTable
  readonly architecture: string
  readonly isPart: boolean
}

const Cell = ({ cell, kind, table, architecture, isPart }: CellProps): ReactElement => {
  if (!cell)
    return (
      <td className="cell none" tabIndex={-1}>
        <span aria-hidden="true">{isPart ? '–' : '·'}</span>
        <span className="vh">{isPart ? 'not looked at' : 'no rule'}</span>
      </td>
    )
  const worst = worstFirst.find((state) => cell.counts.some(([own]) => own === state)) ?? 'unseen'
  const href =
    cell.rule === undefined
      ? addressOf(architecture, 'table', table.id ?? '', { kind })
      : addressOf(architecture, 'rule', cell.rule)
  return (
    <td className={`cell ${worst}`}>
      <a href={href} tabIndex={-1}>
        <span aria-hidden="true">
          <span className="symbol">{stateWords[worst].symbol}</span> {shownCount(cell.counts, worst)}
        </span>
        <span className="vh">
          {spoken(cell.counts)}: {kind} of {shownText(nameOfTable(table))}
        </span>
      </a>
    </td>
  )
}

interface RowProps {
  readonly table: SiteTable
  readonly kinds: readonly (readonly [kind: string, position: number])[]
  readonly architecture: string
  readonly isPart: boolean
  readonly position: number
}

const Row = memo(({ table, kinds, architecture, isPart, position }: RowProps): ReactElement => {
  const cells = new Map(table.cells.map((cell) => [cell.kind, cell]))
  return (
    <tr aria-rowindex={position}>
      <th scope="row">
        <a href={addressOf(architecture, 'table', table.id ?? '')} tabIndex={-1}>
          {shownText(nameOfTable(table))}
        </a>
        {table.undeclared ? <span className="muted"> not declared</span> : null}
      </th>
      {kinds.map(([kind, at]) => (
        <Cell
          key={kind}
          cell={cells.get(at)}
          kind={kind}
          table={table}
          architecture={architecture}
          isPart={isPart}
        />
      ))}
    </tr>
  )
})

const steps: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  PageUp: [-10, 0],
  PageDown: [10, 0],
}

/** What in a cell takes the focus: its link or button, else the cell. */
const targetIn = (cell: Element | undefined): HTMLElement | null =>
  (cell?.querySelector<HTMLElement>('a, button') ?? cell ?? null) as HTMLElement | null

const within = (n: number, length: number): number => Math.max(0, Math.min(length - 1, n))

const takeTurn = (table: HTMLTableElement, target: HTMLElement): void => {
  for (const other of table.querySelectorAll('[tabindex="0"]')) other.setAttribute('tabindex', '-1')
  target.setAttribute('tabindex', '0')
}

const onKeyDown = (event: KeyboardEvent<HTMLTableElement>): void => {
  const table = event.currentTarget
  const cell = (event.target as Element).closest('td, th')
  const row = cell?.closest('tr')
  if (!cell || !row || event.altKey || event.metaKey) return
  const rows = [...table.rows]
  const at = rows.indexOf(row)
  const column = [...row.cells].indexOf(cell as HTMLTableCellElement)
  let next: HTMLElement | null = null
  const step = steps[event.key]
  if (step) {
    const to = rows[within(at + step[0], rows.length)]!
    next = targetIn(to.cells[within(column + step[1], to.cells.length)])
  } else if (event.key === 'Home') {
    next = targetIn((event.ctrlKey ? rows[0]! : row).cells[0])
  } else if (event.key === 'End') {
    const to = event.ctrlKey ? rows.at(-1)! : row
    next = targetIn(to.cells[to.cells.length - 1])
  }
  if (!next) return
  event.preventDefault()
  takeTurn(table, next)
  next.focus()
  next.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}

interface Props {
  readonly rows: readonly SiteTable[]
  /** Of all rows, how many stand before these. */
  readonly from: number
  readonly total: number
  readonly sort: string
  readonly onSort: (sort: string) => void
  /** One kind alone, or all. */
  readonly kind: string
}

export const BoardTable = ({ rows, from, total, sort, onSort, kind }: Props): ReactElement => {
  const { architecture } = useReport()
  const ref = useRef<HTMLTableElement>(null)
  const kinds = architecture.kinds
    .map((name, position) => [name, position] as const)
    .filter(([name]) => kind === '' || name === kind)
  useEffect(() => {
    const table = ref.current
    if (!table || table.querySelector('[tabindex="0"]')) return
    targetIn(table.tBodies[0]?.rows[0]?.cells[0])?.setAttribute('tabindex', '0')
  })
  const sorted = (name: string): 'ascending' | 'descending' | undefined =>
    sort === name ? 'ascending' : sort === `-${name}` ? 'descending' : undefined
  const isPart = architecture.only.length > 0
  if (rows.length === 0)
    return <p className="notice">No table is like this. Show all, or look for another name.</p>
  return (
    <div className="board-frame">
      <table
        ref={ref}
        role="grid"
        className="board"
        aria-rowcount={total + 1}
        aria-describedby="board-keys"
        onKeyDown={onKeyDown}
        onFocus={(event) => {
          const target = targetIn(event.target.closest('td, th') ?? undefined)
          if (target && target === event.target) takeTurn(event.currentTarget, target)
        }}
      >
        <caption className="vh">
          Tables by kinds of rules.{' '}
          <span id="board-keys">Arrow keys move between cells, Enter opens one.</span>
        </caption>
        <thead>
          <tr aria-rowindex={1}>
            {[['name', 'Table'] as const, ...kinds.map(([name]) => [name, name] as const)].map(
              ([name, label]) => (
                <th key={name} scope="col" aria-sort={sorted(name)}>
                  <button
                    type="button"
                    tabIndex={-1}
                    onClick={() => onSort(sort === name ? `-${name}` : name)}
                  >
                    {label}
                    <span aria-hidden="true" className="sort">
                      {sorted(name) === 'ascending' ? '▲' : sorted(name) === 'descending' ? '▼' : ''}
                    </span>
                  </button>
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((table, i) => (
            <Row
              key={table.id ?? ''}
              table={table}
              kinds={kinds}
              architecture={architecture.name}
              isPart={isPart}
              position={from + i + 2}
            />
          ))}
        </tbody>
      </table>
    </div>
  )
}
