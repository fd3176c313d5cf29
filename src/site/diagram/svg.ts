/** The diagram as an SVG file of its own: the same boxes and lines, in plain colours. */
import { shownText } from '../shown-text.ts'
import { stateWords } from '../state-words.ts'
import { rowHeight, titleHeight } from './boxes.ts'
import type { Box, Placed, Point } from './placed.ts'

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const text = (value: string): string => shownText(value).replaceAll(/[&<>"]/gu, (letter) => escapes[letter]!)

const strokes: Readonly<Record<Box['state'], string>> = {
  green: '#116329',
  red: '#b3151b',
  unsolved: '#7a4b00',
  awaited: '#5a3ea8',
  unseen: '#57606a',
}

/** A polyline with rounded corners. */
export const pathOf = (points: readonly Point[], radius = 6): string => {
  const [first, ...rest] = points
  if (!first) return ''
  const parts = [`M${first.x} ${first.y}`]
  for (const [i, point] of rest.entries()) {
    const before = points[i]!
    const after = rest[i + 1]
    if (!after) {
      parts.push(`L${point.x} ${point.y}`)
      continue
    }
    const into = Math.min(radius, Math.hypot(point.x - before.x, point.y - before.y) / 2)
    const out = Math.min(radius, Math.hypot(after.x - point.x, after.y - point.y) / 2)
    const towards = (to: Point, distance: number): Point => {
      const length = Math.hypot(to.x - point.x, to.y - point.y) || 1
      return {
        x: point.x + ((to.x - point.x) / length) * distance,
        y: point.y + ((to.y - point.y) / length) * distance,
      }
    }
    const a = towards(before, into)
    const b = towards(after, out)
    parts.push(`L${a.x} ${a.y}Q${point.x} ${point.y} ${b.x} ${b.y}`)
  }
  return parts.join('')
}

const boxSvg = (box: Box, { x, y }: Point): string => {
  const colour = strokes[box.state]
  const { symbol, word } = stateWords[box.state]
  const rows = box.rows.map(
    ({ name, type, marks, notNull }, i) =>
      `<text x="10" y="${titleHeight + i * rowHeight + 14}">${text(name)}${notNull ? '' : ' ?'}<tspan fill="#57606a"> ${text(type)} ${marks}</tspan></text>`,
  )
  return `<g transform="translate(${x} ${y})"><rect width="${box.width}" height="${box.height}" rx="6" fill="#fff" stroke="${colour}"/><text x="10" y="17" font-weight="bold" font-size="13">${text(box.title)}</text><text x="10" y="33" fill="${colour}">${symbol} ${word}</text>${rows.join('')}</g>`
}

export const svgOf = (placed: Placed): string => {
  const { picture, boxes, lines } = placed
  const width = Math.ceil(placed.width) + 40
  const height = Math.ceil(placed.height) + 40
  const paths = picture.lines.map(
    ({ id, name }) =>
      `<path d="${pathOf(lines.get(id) ?? [])}" fill="none" stroke="#57606a"><title>${text(name)}</title></path>`,
  )
  const drawn = picture.boxes.map((box) => boxSvg(box, boxes.get(box.id) ?? { x: 0, y: 0 }))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="-20 -20 ${width} ${height}" font-family="ui-monospace, monospace" font-size="11"><rect x="-20" y="-20" width="${width}" height="${height}" fill="#fff"/>${paths.join('')}${drawn.join('')}</svg>\n`
}
