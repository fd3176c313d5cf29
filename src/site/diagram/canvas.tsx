/** The drawn diagram: React Flow over positions that are already known; only what is in view is in the document. */
import {
  BaseEdge,
  Handle,
  Position,
  ReactFlow,
  useReactFlow,
  type Edge,
  type EdgeProps,
  type Node,
  type NodeProps,
} from '@xyflow/react'
import { memo, useMemo, type KeyboardEvent, type ReactElement } from 'react'
import { useAddressOf } from '../report.tsx'
import { shownText } from '../shown-text.ts'
import { stateWords } from '../state-words.ts'
import type { Box, Placed, Point } from './placed.ts'
import { pathOf } from './svg.ts'

type BoxNode = Node<{ readonly box: Box; readonly isStart: boolean }, 'table'>
type RoutedEdge = Edge<{ readonly points: readonly Point[] }, 'routed'>

const TableNode = memo(({ data: { box, isStart } }: NodeProps<BoxNode>): ReactElement => {
  const to = useAddressOf()
  const { symbol, word } = stateWords[box.state]
  return (
    <div
      className={`box ${box.state} ${isStart ? 'start' : ''}`}
      style={{ width: box.width, height: box.height }}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Handle type="source" position={Position.Right} isConnectable={false} />
      <div className="box-title">
        <a className="nodrag" href={to('table', box.id)} title={shownText(box.title)}>
          {shownText(box.title)}
        </a>
        <span className="box-state">
          <span aria-hidden="true">{symbol}</span> {word}
        </span>
      </div>
      {box.rows.length === 0 ? null : (
        <ul>
          {box.rows.map(({ name, type, marks, notNull }) => (
            <li key={name} className={notNull ? '' : 'nullable'}>
              <span className="column-name">{shownText(name)}</span>
              <span className="column-marks">{marks}</span>
              <span className="column-type">{shownText(type)}</span>
            </li>
          ))}
          {box.more > 0 ? <li className="muted">… {box.more} more</li> : null}
        </ul>
      )}
    </div>
  )
})

const RoutedLine = memo(
  ({ id, data, sourceX, sourceY, targetX, targetY }: EdgeProps<RoutedEdge>): ReactElement => {
    const points = data?.points ?? []
    const known =
      points.length > 1
        ? points
        : [
            { x: sourceX, y: sourceY },
            { x: targetX, y: targetY },
          ]
    const end = known.at(-1)!
    // Many rows may refer to one: a crow's foot where they are.
    const foot = `M${end.x - 9} ${end.y}L${end.x} ${end.y - 5}M${end.x - 9} ${end.y}L${end.x} ${end.y + 5}`
    return (
      <>
        <BaseEdge id={id} path={pathOf(known)} interactionWidth={0} />
        <path className="react-flow__edge-path" d={foot} />
      </>
    )
  },
)

const nodeTypes = { table: TableNode }
const edgeTypes = { routed: RoutedLine }

const step = 80

const Controls = ({ onSave }: { readonly onSave: () => void }): ReactElement => {
  const flow = useReactFlow()
  return (
    <div className="diagram-controls" role="group" aria-label="View of the diagram">
      <button type="button" onClick={() => void flow.zoomIn()}>
        <span aria-hidden="true">+</span>
        <span className="vh">Zoom in</span>
      </button>
      <button type="button" onClick={() => void flow.zoomOut()}>
        <span aria-hidden="true">−</span>
        <span className="vh">Zoom out</span>
      </button>
      <button type="button" onClick={() => void flow.fitView()}>
        Fit
      </button>
      <button type="button" onClick={onSave}>
        Save as SVG
      </button>
    </div>
  )
}

interface Props {
  readonly placed: Placed
  readonly start: string
  readonly onSave: () => void
}

const nodesOf = ({ picture, boxes }: Placed, start: string): BoxNode[] =>
  picture.boxes.map((box) => ({
    id: box.id,
    type: 'table',
    position: boxes.get(box.id) ?? { x: 0, y: 0 },
    width: box.width,
    height: box.height,
    data: { box, isStart: box.id === start },
    focusable: false,
  }))

const edgesOf = ({ picture, lines }: Placed): RoutedEdge[] =>
  picture.lines.map(({ id, name, from, to }) => ({
    id,
    type: 'routed',
    source: from,
    target: to,
    data: { points: lines.get(id) ?? [] },
    focusable: false,
    ariaLabel: `${shownText(name)}: ${shownText(to)} refers to ${shownText(from)}`,
  }))

/** Stands inside a ReactFlowProvider. */
export const Canvas = ({ placed, start, onSave }: Props): ReactElement => {
  const flow = useReactFlow()
  const nodes = useMemo(() => nodesOf(placed, start), [placed, start])
  const edges = useMemo(() => edgesOf(placed), [placed])
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.target !== event.currentTarget) return
    const { x, y, zoom } = flow.getViewport()
    const moves: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => void flow.setViewport({ x: x + step, y, zoom }),
      ArrowRight: () => void flow.setViewport({ x: x - step, y, zoom }),
      ArrowUp: () => void flow.setViewport({ x, y: y + step, zoom }),
      ArrowDown: () => void flow.setViewport({ x, y: y - step, zoom }),
      '+': () => void flow.zoomIn(),
      '-': () => void flow.zoomOut(),
      '0': () => void flow.fitView(),
    }
    const move = moves[event.key]
    if (!move) return
    event.preventDefault()
    move()
  }
  return (
    <>
      <Controls onSave={onSave} />
      <div
        className="diagram-canvas"
        tabIndex={0}
        role="region"
        aria-label="Diagram"
        aria-describedby="diagram-keys"
        onKeyDown={onKeyDown}
      >
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          fitView
          fitViewOptions={{ padding: 0.05, maxZoom: 1 }}
          minZoom={0.05}
          maxZoom={2}
          onlyRenderVisibleElements
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          zoomOnDoubleClick={false}
          preventScrolling={false}
          zoomOnScroll={false}
          zoomActivationKeyCode={['Control', 'Meta']}
        />
      </div>
    </>
  )
}
