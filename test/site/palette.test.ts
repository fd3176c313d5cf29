/** Every pair of colours that the report puts together is told apart by who sees little: contrast as WCAG computes it. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const css = readFileSync(new URL('../../src/site/styles/1-palette.css', import.meta.url), 'utf8')

const coloursIn = (selector: string): ReadonlyMap<string, string> => {
  const at = css.indexOf(`${selector} {`)
  const block = css.slice(at, css.indexOf('}', at))
  return new Map([...block.matchAll(/(--[a-z-]+): (#[0-9a-f]{6})/gu)].map((match) => [match[1]!, match[2]!]))
}

const themes = {
  light: coloursIn(':root'),
  'dark by the system': coloursIn(`:root:not([data-theme='light'])`),
  'dark by choice': coloursIn(`:root[data-theme='dark']`),
}

const luminance = (hex: string): number => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

const contrast = (a: string, b: string): number => {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

const grounds = ['--ground', '--surface', '--raised']
const states = ['--green', '--red', '--unsolved', '--awaited', '--unseen']
const sql = ['keyword', 'string', 'name', 'comment', 'number'].map((kind) => `--sql-${kind}`)

/** [text, ground] */
const texts: readonly (readonly [string, string])[] = [
  ...grounds.flatMap((ground) =>
    ['--text', '--muted', '--accent', ...states, ...sql].map((text) => [text, ground] as const),
  ),
  ...states.map((state) => [state, `${state}-ground`] as const),
  ...states.map((state) => ['--text', `${state}-ground`] as const),
  ...['--gone', '--new'].flatMap((side) => [
    ['--text', `${side}-ground`] as const,
    ['--text', `${side}-word`] as const,
  ]),
  ['--on-accent', '--accent'],
]
/** Edges of controls and lines of the diagram. */
const edges: readonly (readonly [string, string])[] = grounds.flatMap((ground) => [
  ['--strong-line', ground] as const,
  ['--accent', ground] as const,
])

describe.each(Object.entries(themes))('%s', (_, colours) => {
  const colour = (name: string): string => {
    const found = colours.get(name)
    if (found === undefined) throw new Error(`the palette has no ${name}`)
    return found
  }

  test.each(texts)('text %s on %s has a contrast of 4.5', (text, ground) => {
    expect(contrast(colour(text), colour(ground))).toBeGreaterThanOrEqual(4.5)
  })

  test.each(edges)('line %s on %s has a contrast of 3', (line, ground) => {
    expect(contrast(colour(line), colour(ground))).toBeGreaterThanOrEqual(3)
  })
})

test('both ways to dark are the same', () => {
  expect(themes['dark by choice']).toEqual(themes['dark by the system'])
})

test('no style names a colour outside the palette', () => {
  for (const file of ['2-frame', '3-parts', '4-tables', '5-diagram']) {
    const text = readFileSync(new URL(`../../src/site/styles/${file}.css`, import.meta.url), 'utf8')
    expect(text.match(/#[0-9a-f]{3,8}\b/giu)?.filter((colour) => colour !== '#000') ?? []).toEqual([])
    for (const [, name] of text.matchAll(/var\((--[a-z-]+)\)/gu))
      expect(themes.light.has(name!), name).toBe(true)
  }
})
