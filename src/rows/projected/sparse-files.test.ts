/** Files with holes, and what is told when they cannot be made. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeSparse } from './sparse-files.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'assay-sparse-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('makeSparse', () => {
  it('makes segments of a gigabyte that take no room', () => {
    writeFileSync(path.join(directory, '1'), '')
    const taken = makeSparse(directory, [{ file: '1', of: 'orders', pages: 300_000, index: null }])
    expect(['1', '1.1', '1.2'].map((name) => statSync(path.join(directory, name)).size)).toEqual([
      2 ** 30,
      2 ** 30,
      (300_000 - 2 * 131_072) * 8192,
    ])
    expect(taken).toBeLessThan(2 ** 16)
  })

  it('keeps what is in front, and cuts what is too long', () => {
    writeFileSync(path.join(directory, '1'), Buffer.alloc(5 * 8192, 7))
    makeSparse(directory, [{ file: '1', of: 'orders', pages: 2, index: null }])
    expect(readFileSync(path.join(directory, '1')).equals(Buffer.alloc(2 * 8192, 7))).toBe(true)
  })

  it('says what stands in the way', () => {
    const wish = { of: 'orders', index: null }
    expect(() => makeSparse(directory, [{ ...wish, file: 'nowhere/1', pages: 1 }])).toThrow(
      'The files of orders could not be made as large as they would be.',
    )
    expect(() => makeSparse(directory, [{ ...wish, file: '1', pages: 2 ** 32 }])).toThrow(
      'orders would be larger than PostgreSQL allows.',
    )
  })
})
