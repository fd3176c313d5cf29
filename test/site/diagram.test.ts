/** What the diagram draws before a browser sees it: domains, boxes, lines, and the saved file. */
import { describe, expect, test } from 'vitest'
import type { SiteDiagramTable } from '../../src/report/site-model.ts'
import { pictureOf, rowHeight, titleHeight } from '../../src/site/diagram/boxes.ts'
import { domainOf, neighboursOf, startOf } from '../../src/site/diagram/domain.ts'
import { pathOf, svgOf } from '../../src/site/diagram/svg.ts'

const tableOf = (
  id: string,
  to: readonly string[] = [],
  state: SiteDiagramTable['state'] = 'green',
): SiteDiagramTable => ({
  id,
  schema: 'public',
  name: id,
  state,
  columns: [
    { name: 'id', type: 'bigint', notNull: true, primaryKey: true, foreign: false },
    { name: 'note', type: 'character varying(20)', notNull: false, primaryKey: false, foreign: false },
    ...to.map((table) => ({
      name: `${table}_id`,
      type: 'bigint',
      notNull: true,
      primaryKey: false,
      foreign: true,
    })),
  ],
  references: to.map((table) => ({
    name: `${id}_${table}`,
    structure: `${id}/references:${table}_id->${table}`,
    columns: [`${table}_id`],
    table,
    targetColumns: ['id'],
  })),
})

/** Two chains of ten whose tables all refer to `tenants` as well. */
const shop = [
  tableOf('tenants'),
  ...['a', 'b'].flatMap((chain) =>
    Array.from({ length: 10 }, (_, i) =>
      tableOf(`${chain}${i}`, ['tenants', ...(i === 0 ? [] : [`${chain}${i - 1}`])]),
    ),
  ),
]

describe('the domain', () => {
  test('is what belongs together, with the table that all refer to, and not what lies behind it', () => {
    const domain = domainOf(neighboursOf(shop), 'a3')
    expect(domain).toHaveLength(11)
    expect(domain).toContain('tenants')
    expect(domain.filter((id) => id.startsWith('b'))).toEqual([])
  })

  test('around such a table is a bounded number of its neighbours', () => {
    expect(domainOf(neighboursOf(shop), 'tenants', 8)).toHaveLength(8)
  })

  test('begins at what is red, else at the middle of things', () => {
    expect(startOf(shop, neighboursOf(shop))).toBe('a1')
    const broken = [...shop, tableOf('lonely', [], 'red')]
    expect(startOf(broken, neighboursOf(broken))).toBe('lonely')
    expect(startOf([], neighboursOf([]))).toBe('')
  })

  test('references to itself and to tables that are not drawn lead nowhere', () => {
    const odd = [tableOf('self', ['self', 'elsewhere'])]
    expect(domainOf(neighboursOf(odd), 'self')).toEqual(['self'])
  })
})

describe('the picture', () => {
  const all = new Set(shop.map(({ id }) => id))

  test('has lines from the column that is referred to towards the one that refers', () => {
    const { boxes, lines } = pictureOf(shop, new Set(['tenants', 'a0']), 'all')
    expect(boxes.map(({ id, rows }) => [id, rows.length])).toEqual([
      ['tenants', 2],
      ['a0', 3],
    ])
    expect(lines).toEqual([
      {
        id: 'a0/references:tenants_id->tenants',
        name: 'a0_tenants',
        from: 'tenants',
        to: 'a0',
        fromY: titleHeight + rowHeight / 2,
        toY: titleHeight + 2.5 * rowHeight,
      },
    ])
  })

  test('shows keys alone, or names alone, and says how much is left out of a wide table', () => {
    expect(pictureOf(shop, all, 'keys').boxes[1]!.rows.map(({ name }) => name)).toEqual(['id', 'tenants_id'])
    expect(pictureOf(shop, all, 'none').boxes[1]!.rows).toEqual([])
    const columns = Array.from({ length: 100 }, (_, i) => ({ ...shop[0]!.columns[1]!, name: `c${i}` }))
    const [wide] = pictureOf([{ ...shop[0]!, columns }], new Set(['tenants']), 'all').boxes
    expect([wide!.rows.length, wide!.more]).toEqual([30, 70])
  })

  test('of hostile names is saved as well-formed SVG', () => {
    const name = `</text><script>alert(1)</script>"&\u202e`
    const picture = pictureOf([tableOf(name, [name])], new Set([name]), 'all')
    const [line] = picture.lines
    const svg = svgOf({
      picture,
      boxes: new Map([[name, { x: 0, y: 0 }]]),
      lines: new Map([
        [
          line!.id,
          [
            { x: 0, y: 0 },
            { x: 9, y: 0 },
            { x: 9, y: 9 },
          ],
        ],
      ]),
      width: 100,
      height: 100,
    })
    expect(svg).not.toContain('<script')
    expect(svg).not.toContain('\u202e')
    expect(svg).toContain('&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;')
  })
})

test('a line keeps its ends and rounds its corners', () => {
  expect(
    pathOf([
      { x: 0, y: 0 },
      { x: 20, y: 0 },
      { x: 20, y: 20 },
    ]),
  ).toBe('M0 0L14 0Q20 0 20 6L20 20')
  expect(pathOf([])).toBe('')
})
