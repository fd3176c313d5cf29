import { expect, it } from 'vitest'
import { sharedDdl, type SharedDdl } from './shared-ddl.ts'

const table = '"public"."odd ""name, add constraint"'
const drop = `alter table ${table} drop constraint "k, add ""x"`
const add = (what: string): string => `alter table ${table} add constraint "k, add ""x" ${what}`
const replaced = (what: string): string => `${drop}, add constraint "k, add ""x" ${what}`

interface Shown {
  readonly ddl: readonly string[]
  readonly trials: Readonly<Record<string, readonly string[]>>
  readonly below: readonly Shown[]
}

const shown = ({ ddl, trials, below }: SharedDdl<string>): Shown => ({
  ddl,
  trials: Object.fromEntries(trials.map(({ trial, rest }) => [trial, rest])),
  below: below.map(shown),
})

const shareOf = (ddl: Readonly<Record<string, readonly string[]>>): Shown =>
  shown(sharedDdl(Object.keys(ddl), (trial) => ddl[trial]!))

it('runs what trials begin with once, as far as all of them have it, and again what some of them have', () => {
  expect(
    shareOf({
      gone: ['a', 'b'],
      one: ['a', 'b', 'c', 'd'],
      two: ['a', 'b', 'c', 'e'],
      other: ['x', 'b'],
      nothing: [],
    }),
  ).toEqual({
    ddl: [],
    trials: { other: ['x', 'b'], nothing: [] },
    below: [
      {
        ddl: ['a', 'b'],
        trials: { gone: [] },
        below: [{ ddl: ['c'], trials: { one: ['d'], two: ['e'] }, below: [] }],
      },
    ],
  })
})

it('takes a constraint that is replaced in one statement for one that is dropped and then added', () => {
  expect(
    shareOf({
      gone: [drop],
      changed: [replaced('check (a > 1\n)')],
      both: [replaced('unique (a)'), 'comment'],
    }),
  ).toEqual({
    ddl: [],
    trials: {},
    below: [
      {
        ddl: [drop],
        trials: { gone: [], changed: [add('check (a > 1\n)')], both: [add('unique (a)'), 'comment'] },
        below: [],
      },
    ],
  })
})

it('shares nothing of what only one of them begins with, nor within a statement', () => {
  const two = `${drop}, drop constraint "other"`
  expect(shareOf({ one: [two, 'a'], other: [drop, 'a'], empty: [] })).toMatchObject({ below: [] })
})
