import { describe, expect, test } from 'vitest'
import { wantsColour, wantsProgress, widthOf } from './output.ts'
import { makeProgress, makeProgressLog, progressText } from './progress.ts'

describe('colour', () => {
  test.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    [true, { CI: 'true' }, true],
  ])('terminal %s with %j: %s', (isTerminal, env, wanted) => {
    expect(wantsColour(isTerminal, env)).toBe(wanted)
  })
})

describe('progress', () => {
  test.each([
    [true, {}, true],
    [false, {}, false],
    [false, { FORCE_COLOR: '1' }, false],
    [true, { CI: 'true' }, false],
    [true, { CI: '1' }, false],
    [true, { CI: 'false' }, true],
    [true, { CI: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [true, { NO_COLOR: '1' }, true],
  ])('terminal %s with %j: %s', (isTerminal, env, wanted) => {
    expect(wantsProgress(isTerminal, env)).toBe(wanted)
  })

  test.each([
    ['green', 0, 1, 80, 'green'],
    ['green', 5, 10, 80, '██████████░░░░░░░░░░ 5/10 green'],
    ['mutants', 12, 10, 80, '████████████████████ 12/10 mutants'],
    ['writing tests of 注文明細', 1, 1, 20, 'writing tests of …'],
    ['migrating \u001B[2J\nx', 0, 1, 80, String.raw`migrating \u001b[2J x`],
  ])('%s %i of %i in %i columns', (stage, done, of, columns, text) => {
    expect(progressText(stage, done, of, columns)).toBe(text)
  })

  test('one line, drawn over itself, and taken away once', () => {
    const written: string[] = []
    const firsts: (() => void)[] = []
    const progress = makeProgress({
      write: (text) => written.push(text),
      columns: () => 80,
      onFirst: (settle) => firsts.push(settle),
    })
    progress.settle()
    expect(written).toEqual([])
    progress.show('green', 0, 2)
    progress.show('green', 2, 2)
    progress.settle()
    progress.settle()
    expect(written).toEqual([
      '\r\u001B[2K░░░░░░░░░░░░░░░░░░░░ 0/2 green',
      '\r\u001B[2K████████████████████ 2/2 green',
      '\r\u001B[2K',
    ])
    expect(firsts).toHaveLength(1)
  })
})

describe('progress in a log', () => {
  test('one line a minute, none before', () => {
    const written: string[] = []
    let clock = 5_000
    const progress = makeProgressLog({ write: (text) => written.push(text), now: () => clock })
    const at = (seconds: number, stage: string, done: number, of: number): void => {
      clock = 5_000 + seconds * 1_000
      progress.show(stage, done, of)
    }
    at(0, 'green', 0, 2)
    at(59.9, 'green', 1, 2)
    at(61, 'mutants\nof orders', 12, 98)
    at(100, 'mutants', 40, 98)
    at(125, 'ledger', 0, 1)
    progress.settle()
    expect(written).toEqual(['12/98 mutants of orders, after 1 min 1 s\n', 'ledger, after 2 min 5 s\n'])
  })
})

describe('width', () => {
  test.each([
    [false, 200, 80],
    [false, undefined, 80],
    [true, undefined, 80],
    [true, 0, 80],
    [true, 100, 100],
    [true, 300, 120],
    [true, 20, 40],
  ])('terminal %s of %s columns: %i', (isTerminal, columns, width) => {
    expect(widthOf(isTerminal, columns)).toBe(width)
  })
})
