import { expect, test } from 'vitest'
import { isNamed } from './migration-number.ts'

test.each([
  ['0007_orders', '0007_orders', true],
  ['0007_orders', '0007', true],
  ['0007_orders', '7', true],
  ['0007_orders', '70', false],
  ['0007_orders', 'orders', false],
  ['0000_first', '', false],
  ['V1.2__orders', '1.2', true],
  ['V1.2__orders', '1', false],
  ['2024_01_02_103000_orders', '2024_01_02_103000', true],
  ['orders', '0', false],
])('%s is what %j means: %s', (name, asked, expected) => {
  expect(isNamed(name, asked)).toBe(expected)
})
