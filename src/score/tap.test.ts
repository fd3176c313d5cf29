import { describe, expect, test } from 'vitest'
import { judgeTap } from './tap.ts'

describe('TAP', () => {
  test.each<readonly [what: string, lines: readonly string[], failure: string | null]>([
    ['all ok', ['1..2', 'ok 1 - a', 'ok 2'], null],
    ['the plan at the end', ['ok 1', 'ok 2', '1..2'], null],
    ['no TAP at all', ['3', 'abc'], null],
    ['skipped as a whole', ['1..0 # SKIP not today'], null],
    ['a test that fails', ['1..2', 'ok 1', 'not ok 2 - the slug'], 'not ok 2 - the slug'],
    ['one that is known to fail', ['1..1', 'not ok 1 - later # TODO soon'], null],
    ['one that is skipped', ['1..1', 'ok 1 - x # SKIP no server'], null],
    [
      'a title with a sign of its own',
      ['1..1', String.raw`not ok 1 - a \# todo`],
      String.raw`not ok 1 - a \# todo`,
    ],
    ['fewer than planned', ['1..3', 'ok 1', 'ok 2'], '3 tests were planned, and 2 were run'],
    ['no plan', ['ok 1'], '1 tests were run without a plan'],
    ['bailed out', ['1..2', 'ok 1', 'Bail out!  no table'], 'Bail out!  no table'],
    ['text that only begins alike', ['okay', 'not okay'], null],
  ])('%s', (_, lines, failure) => {
    expect(judgeTap(lines).failure).toBe(failure)
  })
})
