/** A sweep as a picture that stands alone: cost over rows, both logarithmic, a colour for each plan, a line at each flip. */
import type { Sweep, SweepPoint } from '../rows/projected/sweep.ts'
import { element, xmlDocument, type XmlElement, type XmlNode } from './xml.ts'

const width = 720
const height = 360
const frame = { left: 72, right: 16, top: 58, bottom: 48 }
/** Above the frame, the nearest first: a label that finds no room in one row stands in the next. */
const labelRows = [frame.top - 6, frame.top - 22] as const
/** Of one letter, wide ones included. */
const letter = 8
/** Told apart by people who see few colours, and on white as on black. */
const colours = ['#2f6fde', '#d9822b', '#2a9d6f', '#b0489c', '#8a6d3b', '#d14343', '#5b7083'] as const

const figures = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 })
/** 1K, 2.5M, 10B. */
export const shortNumber = (value: number): string => figures.format(value)

const label = (x: number, y: number, text: string, more: XmlElement['attributes'] = {}): XmlElement =>
  element('text', { x: x.toFixed(1), y: y.toFixed(1), ...more }, [text])

const line = (x1: number, y1: number, x2: number, y2: number, stroke: string, dash?: string): XmlElement =>
  element('line', {
    x1: x1.toFixed(1),
    y1: y1.toFixed(1),
    x2: x2.toFixed(1),
    y2: y2.toFixed(1),
    stroke,
    'stroke-dasharray': dash,
  })

/** As much of a text as has room. */
const fitted = (text: string, room: number): string => {
  const most = Math.floor(room / letter)
  const letters = Array.from(text)
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`
}

interface Placed {
  readonly text: string
  readonly x: number
  readonly y: number
}

/**
 * Labels over these places, none over another and none beyond the picture. What finds no room is left out: its line is
 * drawn all the same.
 */
const placeLabels = (
  wanted: readonly { readonly text: string; readonly x: number }[],
): readonly (Placed | null)[] => {
  const taken = new Map<number, number>(labelRows.map((y) => [y, 0]))
  return wanted.map(({ text, x: middle }) => {
    const half = (text.length * letter) / 2
    const x = Math.min(middle, width - half)
    const y = labelRows.find((row) => taken.get(row)! <= x - half)
    if (y === undefined) return null
    taken.set(y, x + half)
    return { text, x, y }
  })
}

const decades = (from: number, to: number): readonly number[] => {
  const first = Math.ceil(Math.log10(from) - 1e-9)
  const last = Math.floor(Math.log10(to) + 1e-9)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => 10 ** (first + at))
}

interface Run {
  readonly shape: string
  readonly points: readonly SweepPoint[]
}

/** Neighbours with the same plan. */
const runsOf = (points: readonly SweepPoint[]): readonly Run[] => {
  const runs: { shape: string; points: SweepPoint[] }[] = []
  for (const point of points) {
    const last = runs.at(-1)
    if (last?.shape === point.shape) last.points.push(point)
    else runs.push({ shape: point.shape, points: [point] })
  }
  return runs
}

/** `title` and `rows` (what the horizontal axis counts) are shown as they are. */
export const sweepDrawing = (
  { points, flips }: Sweep,
  { title, rows }: { readonly title: string; readonly rows: string },
): XmlElement => {
  const sizes = points.map((point) => Math.max(1, point.rows))
  const costs = points.map(({ cost }) => Math.max(0.01, cost))
  const x = scale(Math.min(...sizes), Math.max(...sizes), frame.left, width - frame.right)
  const y = scale(
    10 ** Math.floor(Math.log10(Math.min(...costs))),
    10 ** Math.ceil(Math.log10(Math.max(...costs)) + 1e-9),
    height - frame.bottom,
    frame.top,
  )
  const runs = runsOf(points)
  const shapes = [...new Set(runs.map(({ shape }) => shape))]
  const colourOf = (shape: string): string => colours[shapes.indexOf(shape) % colours.length]!
  const grid: XmlNode[] = [
    ...decades(y.from, y.to).flatMap((cost) => [
      line(frame.left, y.at(cost), width - frame.right, y.at(cost), '#8883'),
      label(frame.left - 8, y.at(cost) + 4, shortNumber(cost), { 'text-anchor': 'end' }),
    ]),
    ...decades(x.from, x.to).flatMap((size) => [
      line(x.at(size), frame.top, x.at(size), height - frame.bottom, '#8883'),
      label(x.at(size), height - frame.bottom + 18, shortNumber(size), { 'text-anchor': 'middle' }),
    ]),
  ]
  const curves = runs.flatMap(({ shape, points: own }): XmlNode[] => {
    const places = own.map((p) => `${x.at(p.rows).toFixed(1)},${y.at(Math.max(0.01, p.cost)).toFixed(1)}`)
    const tip = element('title', {}, [shape])
    return [
      element(
        'polyline',
        { points: places.join(' '), fill: 'none', stroke: colourOf(shape), 'stroke-width': 2 },
        [tip],
      ),
      ...places.map((place) => {
        const [cx = '0', cy = '0'] = place.split(',')
        return element('circle', { cx, cy, r: 3, fill: colourOf(shape) }, [tip])
      }),
    ]
  })
  const named = placeLabels(
    flips.map(({ above }) => ({ text: shortNumber(above.rows), x: x.at(above.rows) })),
  )
  const marks = flips.flatMap(({ above }, i): XmlNode[] => {
    const [at, fill, place] = [x.at(above.rows), colourOf(above.shape), named[i]]
    const mark = line(at, frame.top, at, height - frame.bottom, fill, '4 3')
    return place ? [mark, label(place.x, place.y, place.text, { 'text-anchor': 'middle', fill })] : [mark]
  })
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      'font-family': 'system-ui, sans-serif',
      'font-size': 12,
      fill: 'currentColor',
      role: 'img',
    },
    [
      element('title', {}, [title]),
      ...grid,
      ...curves,
      ...marks,
      label(frame.left, 18, fitted(title, width - frame.left), { 'font-weight': 'bold' }),
      label(width - frame.right, height - 10, fitted(`rows of ${rows}`, width - frame.right), {
        'text-anchor': 'end',
      }),
      label(8, frame.top - 6, 'cost'),
    ],
  )
}

/** The same as an SVG document. */
export const sweepChart = (sweep: Sweep, words: { readonly title: string; readonly rows: string }): string =>
  xmlDocument(sweepDrawing(sweep, words))

interface Scale {
  readonly from: number
  readonly to: number
  at(value: number): number
}

const scale = (from: number, to: number, start: number, end: number): Scale => {
  const [low, high] = [Math.log10(from), Math.log10(to)]
  const length = high - low || 1
  return { from, to, at: (value) => start + ((Math.log10(value) - low) / length) * (end - start) }
}
