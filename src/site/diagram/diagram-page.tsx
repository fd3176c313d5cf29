/** The diagram's page: one domain at first, everything when asked for; placed off the page's own thread. */
import { ReactFlowProvider } from '@xyflow/react'
import { useEffect, useMemo, useState, type ReactElement } from 'react'
import type { SiteDiagramTable } from '../../report/site-model.ts'
import { addressOf } from '../address.ts'
import { Heading } from '../links.tsx'
import { useData, useReport } from '../report.tsx'
import { counted, shownText } from '../shown-text.ts'
import { pictureOf, type Detail } from './boxes.ts'
import { Canvas } from './canvas.tsx'
import { domainOf, neighboursOf, startOf } from './domain.ts'
import { LayoutCancelled, placePicture } from './layout.ts'
import type { Placed } from './placed.ts'
import { svgOf } from './svg.ts'
import { TextAlternative } from './text-alternative.tsx'

const details: readonly Detail[] = ['all', 'keys', 'none']
/** More tables than this are drawn by name alone, unless the reader wants more. */
const mostWithColumns = 40

const saveSvg = (placed: Placed, name: string): void => {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([svgOf(placed)], { type: 'image/svg+xml' }))
  link.download = `${name.replaceAll(/[^\p{L}\p{N}_-]+/gu, '-')}.svg`
  link.click()
  URL.revokeObjectURL(link.href)
}

type Placing =
  | { readonly is: 'placing'; readonly since: number }
  | { readonly is: 'placed'; readonly placed: Placed }
  | { readonly is: 'cancelled' }
  | { readonly is: 'failed'; readonly why: string }

const usePlaced = (
  tables: readonly SiteDiagramTable[],
  ids: ReadonlySet<string>,
  detail: Detail,
): readonly [Placing, () => void] => {
  const [placing, setPlacing] = useState<Placing>({ is: 'placing', since: performance.now() })
  const [control, setControl] = useState<AbortController | null>(null)
  useEffect(() => {
    const abort = new AbortController()
    setControl(abort)
    setPlacing({ is: 'placing', since: performance.now() })
    placePicture(pictureOf(tables, ids, detail), abort.signal).then(
      (placed) => {
        if (!abort.signal.aborted) setPlacing({ is: 'placed', placed })
      },
      (cause: unknown) => {
        if (cause instanceof LayoutCancelled) return
        setPlacing({ is: 'failed', why: cause instanceof Error ? cause.message : String(cause) })
      },
    )
    return () => abort.abort()
  }, [tables, ids, detail])
  const cancel = (): void => {
    control?.abort()
    setPlacing({ is: 'cancelled' })
  }
  return [placing, cancel]
}

const tick = 500

const Progress = ({
  since,
  tables,
  onCancel,
}: {
  readonly since: number
  readonly tables: number
  readonly onCancel: () => void
}): ReactElement => {
  const [now, setNow] = useState(since)
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), tick)
    return () => clearInterval(timer)
  }, [])
  const seconds = Math.floor((now - since) / 1_000)
  return (
    <div className="placing">
      <p role="status">Placing {counted(tables, 'table')}…</p>
      <progress aria-label="Placing the tables" />
      <p className="muted" aria-hidden="true">
        {seconds} s
      </p>
      <button type="button" onClick={onCancel}>
        Cancel
      </button>
    </div>
  )
}

interface ChoiceProps {
  readonly tables: readonly SiteDiagramTable[]
  readonly start: string
  /** All are drawn anyway. */
  readonly isSmall: boolean
  readonly isAll: boolean
  readonly detail: Detail
  readonly onDetail: (detail: Detail) => void
}

const Choice = ({ tables, start, isSmall, isAll, detail, onDetail }: ChoiceProps): ReactElement => {
  const { architecture } = useReport()
  const go = (query: Readonly<Record<string, string>>): void => {
    window.location.hash = addressOf(architecture.name, 'diagram', undefined, query)
  }
  return (
    <form className="filters" aria-label="What is drawn" onSubmit={(event) => event.preventDefault()}>
      {isSmall ? null : (
        <>
          <label>
            <span>Around the table</span>
            <select value={start} disabled={isAll} onChange={(event) => go({ at: event.target.value })}>
              {tables.map(({ id }) => (
                <option key={id} value={id}>
                  {shownText(id)}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span>Show</span>
            <select
              value={isAll ? 'all' : 'domain'}
              onChange={(event) =>
                go(event.target.value === 'all' ? { show: 'all', at: start } : { at: start })
              }
            >
              <option value="domain">its domain</option>
              <option value="all">all {counted(tables.length, 'table')}</option>
            </select>
          </label>
        </>
      )}
      <label>
        <span>Columns</span>
        <select
          value={detail}
          onChange={(event) => onDetail(details.find((one) => one === event.target.value) ?? 'keys')}
        >
          <option value="all">all</option>
          <option value="keys">keys</option>
          <option value="none">none</option>
        </select>
      </label>
    </form>
  )
}

export const DiagramPage = ({ query }: { readonly query: URLSearchParams }): ReactElement => {
  const { architecture } = useReport()
  const tables = useData<readonly SiteDiagramTable[]>('diagram')
  const neighbours = useMemo(() => neighboursOf(tables), [tables])
  const asked = query.get('at') ?? ''
  const start = neighbours.has(asked) ? asked : startOf(tables, neighbours)
  const isSmall = neighbours.size <= 12
  const isAll = isSmall || query.get('show') === 'all'
  const ids = useMemo(
    () => new Set(isAll ? neighbours.keys() : domainOf(neighbours, start)),
    [isAll, neighbours, start],
  )
  const [wished, setWished] = useState<Detail | null>(null)
  const detail = wished ?? (ids.size > mostWithColumns ? 'none' : 'all')
  const [placing, cancel] = usePlaced(tables, ids, detail)
  const shown = useMemo(() => tables.filter(({ id }) => ids.has(id)), [tables, ids])
  if (tables.length === 0)
    return (
      <>
        <Heading>Diagram</Heading>
        <p className="notice">The database has no table.</p>
      </>
    )
  return (
    <>
      <Heading>Diagram</Heading>
      <Choice
        tables={tables}
        start={start}
        isSmall={isSmall}
        isAll={isAll}
        detail={detail}
        onDetail={setWished}
      />
      <p role="status" className="count">
        {ids.size === tables.length
          ? counted(tables.length, 'table')
          : `${ids.size} of ${counted(tables.length, 'table')}: the nearest to ${shownText(start)}`}
      </p>
      <div className="diagram" data-state={placing.is}>
        {placing.is === 'placing' ? (
          <Progress since={placing.since} tables={ids.size} onCancel={cancel} />
        ) : placing.is === 'placed' ? (
          <ReactFlowProvider key={[...placing.placed.boxes.keys()].join()}>
            <Canvas
              placed={placing.placed}
              start={start}
              onSave={() => saveSvg(placing.placed, `${architecture.name}-diagram`)}
            />
          </ReactFlowProvider>
        ) : (
          <p role="status" className="placing">
            {placing.is === 'cancelled' ? 'Cancelled.' : `It could not be placed: ${placing.why}`} The tables
            stand below in words.
          </p>
        )}
      </div>
      <p id="diagram-keys" className="muted small">
        Drag to move, Ctrl and the wheel to zoom. By keyboard: arrows move, + and − zoom, 0 fits.
      </p>
      <TextAlternative tables={shown} all={tables} />
    </>
  )
}
