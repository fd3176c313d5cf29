/** Places boxes and lines by ELK, in a worker made from text: files may not be workers, and the page stays usable. */
import ElkApi, { type ELK, type ElkNode } from 'elkjs/lib/elk-api.js'
import { loadData } from '../load.ts'
import type { Picture, Placed } from './placed.ts'

/** Few boxes are worth the best that ELK knows; hundreds are to be there in seconds. */
const few = 60

const options = (size: number): Readonly<Record<string, string>> => ({
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.aspectRatio': '1.6',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.componentComponent': '48',
  'elk.spacing.edgeNode': '16',
  'elk.layered.spacing.nodeNodeBetweenLayers': '64',
  'elk.layered.spacing.edgeNodeBetweenLayers': '20',
  'elk.layered.nodePlacement.strategy': size > few ? 'BRANDES_KOEPF' : 'NETWORK_SIMPLEX',
  'elk.layered.thoroughness': size > few ? '2' : '7',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
})

/** By numbers: ids of tables mean nothing to ELK, and everything to whoever names one `root`. */
const graphOf = ({ boxes, lines }: Picture): ElkNode => {
  const numbers = new Map(boxes.map(({ id }, i) => [id, i]))
  const ports = new Map<number, { id: string; x: number; y: number; side: string }[]>()
  const port = (box: string, id: string, y: number | null, side: 'EAST' | 'WEST'): string => {
    const number = numbers.get(box) ?? 0
    if (y === null) return `b${number}`
    const own = ports.get(number) ?? []
    own.push({ id, x: side === 'EAST' ? (boxes[number]?.width ?? 0) : 0, y, side })
    ports.set(number, own)
    return id
  }
  const edges = lines.map(({ from, to, fromY, toY }, i) => ({
    id: `l${i}`,
    sources: [port(from, `s${i}`, fromY, 'EAST')],
    targets: [port(to, `t${i}`, toY, 'WEST')],
  }))
  const children = boxes.map(({ width, height }, i) => {
    const own = ports.get(i) ?? []
    return {
      id: `b${i}`,
      width,
      height,
      ...(own.length === 0
        ? {}
        : {
            layoutOptions: { 'elk.portConstraints': 'FIXED_POS' },
            ports: own.map(({ id, x, y, side }) => ({
              id,
              x,
              y,
              width: 0,
              height: 0,
              layoutOptions: { 'elk.port.side': side },
            })),
          }),
    }
  })
  return { id: 'root', layoutOptions: options(boxes.length), children, edges }
}

const placedFrom = (picture: Picture, graph: ElkNode): Placed => {
  const boxes = new Map(
    (graph.children ?? []).map(({ x = 0, y = 0 }, i) => [picture.boxes[i]!.id, { x, y }] as const),
  )
  const lines = new Map(
    (graph.edges ?? []).map(({ sections }, i) => {
      const points = (sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [
        startPoint,
        ...bendPoints,
        endPoint,
      ])
      return [picture.lines[i]!.id, points] as const
    }),
  )
  return { picture, boxes, lines, width: graph.width ?? 0, height: graph.height ?? 0 }
}

let engine: Promise<ELK> | null = null

const startEngine = async (): Promise<ELK> => {
  const source = await loadData<string>('elk', 'elk.js')
  const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  return new ElkApi({ workerFactory: () => new Worker(address) })
}

/** The worker takes longer to start than a domain takes to place: it starts while the page is still read. */
export const warmUp = (): void => {
  engine ??= startEngine()
}

export class LayoutCancelled extends Error {}

/** One layout at a time: a signal that is aborted ends the worker, and the next layout has a new one. */
export const placePicture = async (picture: Picture, signal: AbortSignal): Promise<Placed> => {
  engine ??= startEngine()
  const elk = await engine
  if (signal.aborted) throw new LayoutCancelled()
  const cancelled = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      elk.terminateWorker()
      engine = null
      reject(new LayoutCancelled())
    })
  })
  const graph = await Promise.race([elk.layout(graphOf(picture)), cancelled])
  return placedFrom(picture, graph)
}
