import { expect, it } from 'vitest'
import { openRedHabits } from './red-habits.ts'

it('asks as far as most needed, and as far as it is told while nothing is known', () => {
  const habits = openRedHabits()
  expect(habits.first('check', 2)).toBe(2)
  for (const needed of [1, 4, 4]) habits.note('check', needed)
  expect(habits.first('check', 2)).toBe(4)
  expect(habits.first('unique', 2)).toBe(2)
})

it('asks further where two are as frequent: asking again costs the removal once more', () => {
  const habits = openRedHabits()
  for (const needed of [1, 3]) habits.note('check', needed)
  expect(habits.first('check', 2)).toBe(3)
})
