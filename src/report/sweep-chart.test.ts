/** The picture of a sweep: one curve for each plan, one mark for each flip, nothing of a statement as markup. */
import { describe, expect, it } from 'vitest'
import { shortNumber, sweepChart } from './sweep-chart.ts'

const point = (rows: number, shape: string): { rows: number; shape: string; cost: number } => ({
  rows,
  shape,
  cost: rows / 10,
})

describe('sweepChart', () => {
  const below = point(4e4, 'Seq Scan')
  const above = point(4.1e4, 'Index Scan')
  const points = [point(1e3, 'Seq Scan'), below, above, point(1e6, 'Index Scan')]

  it('draws a curve for each plan and a mark where it becomes another', () => {
    const svg = sweepChart({ points, flips: [{ below, above }] }, { title: 'recent orders', rows: 'orders' })
    expect(svg.match(/<polyline /gu)).toHaveLength(2)
    expect(svg.match(/<circle /gu)).toHaveLength(4)
    expect(svg.match(/stroke-dasharray/gu)).toHaveLength(1)
    expect(svg).toContain('>41K</text>')
    expect(svg).toContain('>rows of orders</text>')
  })

  it('keeps hostile text out of the markup, and stands when nothing changes', () => {
    const svg = sweepChart(
      { points: [point(1e3, '<script>')], flips: [] },
      { title: '</title><script>alert(1)</script>\u001B[2J', rows: '"x"&<y>' },
    )
    expect(svg).not.toMatch(/<script|NaN|Infinity/u)
    expect(svg).not.toContain('\u001B')
    expect(svg).toContain('rows of "x"&amp;&lt;y&gt;')
  })

  it('keeps labels of neighbouring flips apart, and inside of the picture', () => {
    const sizes = [1e3, 1.1e3, 1.2e3, 1.3e3, 9e9, 9.5e9]
    const flips = sizes.map((rows, i) => ({ below: point(rows, `p${i}`), above: point(rows, `p${i + 1}`) }))
    const ends = [point(1e3, 'p0'), point(1e10, 'p6')]
    const svg = sweepChart({ points: ends, flips }, { title: 't'.repeat(500), rows: 'r'.repeat(500) })
    expect(svg.match(/stroke-dasharray/gu)).toHaveLength(sizes.length)
    const labels = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)"[^>]*middle[^>]*>([\d.]+[KB])</gu)]
      .map(([, x, y, text]) => ({
        row: Number(y),
        from: Number(x) - text!.length * 4,
        to: Number(x) + text!.length * 4,
      }))
      .filter(({ row }) => row < 58)
    expect(labels.length).toBeGreaterThanOrEqual(4)
    expect(Math.max(...labels.map(({ to }) => to))).toBeLessThanOrEqual(720)
    for (const one of labels)
      for (const other of labels)
        if (one !== other && one.row === other.row)
          expect(one.to <= other.from || other.to <= one.from).toBe(true)
    expect(svg.replace(/<title>.*<\/title>/u, '')).not.toMatch(/t{100}|r{100}/u)
  })

  it('writes large numbers short', () => {
    expect([1e3, 41_000, 2.5e6, 1e10].map(shortNumber)).toEqual(['1K', '41K', '2.5M', '10B'])
  })
})
