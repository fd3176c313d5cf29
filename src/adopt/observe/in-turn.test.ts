import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { inTurn } from './in-turn.ts'

test('two places work at once, and what shares a key goes in order', async () => {
  const log: string[] = []
  let most = 0
  let now = 0
  const answers = await inTurn(
    ['p', 'q'],
    ['a1', 'b1', 'a2', 'ab', 'b2', 'c1'],
    (item) => item.match(/[abc]/gu) ?? [],
    async (_, item) => {
      most = Math.max(most, ++now)
      log.push(`${item} begins`)
      await pause(item === 'a1' ? 20 : 2)
      log.push(`${item} ends`)
      now -= 1
      return item.toUpperCase()
    },
  )
  expect(answers).toEqual(['A1', 'B1', 'A2', 'AB', 'B2', 'C1'])
  expect(most).toBe(2)
  const at = (line: string): number => log.indexOf(line)
  expect(at('a2 begins')).toBeGreaterThan(at('a1 ends'))
  expect(at('ab begins')).toBeGreaterThan(Math.max(at('a2 ends'), at('b1 ends')))
  expect(at('b2 begins')).toBeGreaterThan(at('ab ends'))
})

test('a failure is told once the others have ended, and nothing more is begun', async () => {
  const begun: number[] = []
  const work = inTurn(
    [1, 2],
    [1, 2, 3, 4],
    (n) => [String(n)],
    async (_, n) => {
      begun.push(n)
      await pause(n)
      if (n === 1) throw new Error('one')
      return n
    },
  )
  await expect(work).rejects.toThrow('one')
  expect(begun).toEqual([1, 2])
})
