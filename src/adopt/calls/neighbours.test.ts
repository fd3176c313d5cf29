import { describe, expect, test } from 'vitest'
import { editsOf, variedAsAccepted } from './neighbours.ts'

describe('editsOf', () => {
  test('changes one place, exchanges two, leaves one out, and never gives the text itself', () => {
    const edits = editsOf('A-09')
    expect(edits).toEqual(
      expect.arrayContaining(['B-09', 'A-19', 'A-00', 'a-09', 'A-90', 'A-9', '-09', 'A-090']),
    )
    expect(edits).not.toContain('A-09')
    expect(new Set(edits).size).toBe(edits.length)
  })

  test('leaves long texts alone', () => {
    expect(editsOf('7'.repeat(41))).toEqual([])
  })
})

describe('variedAsAccepted', () => {
  const weights = [8, 6, 4, 2, 3, 5]
  const isRight = (text: string): boolean =>
    /^NL[0-9]{7}$/u.test(text) &&
    weights.reduce((sum, weight, i) => sum + weight * Number(text[i + 2]), 0) % 10 === Number(text[8])

  test('finds what the check digit has to be, and leaves what must not change', async () => {
    let asked = 0
    const varied = await variedAsAccepted('NL0000000', async (texts) => {
      asked += texts.length
      return texts.findIndex(isRight)
    })
    expect(isRight(varied)).toBe(true)
    expect(new Set(varied.slice(2, 8)).size).toBeGreaterThan(4)
    expect(asked).toBeLessThan(1_000)
  })

  test('gives the text itself where nothing else is accepted', async () => {
    expect(await variedAsAccepted('only', async () => -1)).toBe('only')
  })
})
