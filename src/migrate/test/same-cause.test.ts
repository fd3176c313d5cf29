import { expect, test } from 'vitest'
import type { Finding } from '../../prove/result.ts'
import { withoutRepeats } from './same-cause.ts'

const finding = (summary: string, line: number): Finding => ({
  code: 'migrate.cannot-turn-back',
  severity: 'error',
  summary,
  why: 'w',
  fix: 'f',
  where: { file: 'down.sql', line },
})

test('what differs in the stop alone is told once, in the order in which it was seen first', () => {
  const told = withoutRepeats([
    finding('0004: broken off before part 3 of 9, down does not lead back: index "a" does not exist', 5),
    finding('0004: broken off before part 8 of 9, down does not lead back: constraint "b" does not exist', 8),
    finding('0004: broken off before part 4 of 9, down does not lead back: index "a" does not exist', 5),
    finding('0004: broken off before part 5 of 9, down does not lead back: index "a" does not exist', 5),
    finding('0004: broken off before part 5 of 9, down does not lead back: index "a" does not exist', 6),
  ])
  expect(told.map(({ summary, where }) => [summary.replace(/^.*part /u, ''), where?.line])).toEqual([
    ['3 of 9, down does not lead back: index "a" does not exist (and so from 2 other stops)', 5],
    ['8 of 9, down does not lead back: constraint "b" does not exist', 8],
    ['5 of 9, down does not lead back: index "a" does not exist', 6],
  ])
})
