import { runInThisContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeNamer, toFileName, toIdentifier } from './names.ts'

describe('names of constants', () => {
  test.each([
    ['order_items', 'orderItems'],
    ['OrderItems', 'orderItems'],
    ['HTTPServer', 'httpServer'],
    ['User', 'user'],
    ['_CategoryToPost', 'categoryToPost'],
    ['1st', 'table1st'],
    ['class', 'classTable'],
    ['table', 'tableTable'],
    ['t', 'tTable'],
    ['Größe', 'größe'],
    ['表', '表'],
    ['two words', 'twoWords'],
    ['', 'tableTable'],
    ['😀', 'tableTable'],
  ])('%s is %s', (name, identifier) => {
    expect(toIdentifier(name, 'table')).toBe(identifier)
  })

  test('can be declared, whatever the name is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 12 }), (name) => {
        const identifier = toIdentifier(name, 'table')
        expect(runInThisContext(`'use strict'; { const ${identifier} = 1; ${identifier} }`)).toBe(1)
      }),
    )
  })
})

describe('names of files', () => {
  test.each([
    ['order_items', 'order-items'],
    ['OrderItems', 'order-items'],
    ['con', 'con-table'],
    ['a/b\\c:d', 'a-b-c-d'],
    ['..', 'table'],
    ['x'.repeat(63), 'x'.repeat(60)],
  ])('%s is %s', (name, file) => {
    expect(toFileName(name, 'table')).toBe(file)
  })

  test('are safe on every file system, whatever the name is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 70 }), (name) => {
        expect(toFileName(name, 'table')).toMatch(/^[\p{L}\p{N}\p{M}][\p{L}\p{N}\p{M}-]*$/u)
      }),
    )
  })
})

test('nobody gets a name twice, not even in another case', () => {
  const nameOf = makeNamer()
  expect(['orders', 'Orders', 'orders', 'orders2', 'a-b', 'a-b'].map(nameOf)).toEqual([
    'orders',
    'Orders2',
    'orders3',
    'orders22',
    'a-b',
    'a-b-2',
  ])
})
