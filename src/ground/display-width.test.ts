import { describe, expect, test } from 'vitest'
import { cutToWidth, displayWidth } from './display-width.ts'

describe('the width of a text on a terminal', () => {
  test.each([
    ['', 0],
    ['orders', 6],
    ['Größe', 5],
    ['Gro\u0308ße', 5],
    ['注文', 4],
    ['주문', 4],
    ['ｶﾅ', 2],
    ['ＡＢ', 4],
    ['🧾', 2],
    ['👩‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['…✓✗█', 4],
  ])('%s takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width)
  })

  test.each([
    ['orders', 6, 'orders'],
    ['orders', 5, 'orde…'],
    ['注文明細', 5, '注文…'],
    ['注文明細', 4, '注…'],
    ['👩‍👩‍👧👩‍👩‍👧', 3, '👩‍👩‍👧…'],
  ])('%s cut to %i is %s', (text, width, cut) => {
    expect(cutToWidth(text, width)).toBe(cut)
  })
})
