import { expect, it } from 'vitest'
import type { Experiment, World } from '../rules/experiment.ts'
import { hostilePath } from '../rules/hostile-path.ts'
import { bySetUp } from './set-up.ts'

const world: World = { id: 'w', statements: [] }
const beginning = (...given: readonly string[]): Experiment => ({
  id: 't/check:x#1',
  rule: 't/check:x',
  title: 'a case',
  world,
  given,
  when: [],
  then: { kind: 'accepted' },
})

const asleep = 'alter table "s"."a "" table" disable trigger user'

it('puts together what begins with the same changes of the schema, and leaves the rest in its order', () => {
  const [schema = ''] = hostilePath({ columns: [] } as never, [])
  const all = [
    beginning('insert into t values (1)', asleep),
    beginning(asleep, 'insert into t values (1)'),
    beginning(),
    beginning(asleep, 'insert into t values (2)'),
    beginning(asleep, schema),
    beginning('alter table "t" add column c int', 'alter table "t" enable rule "r"'),
    beginning(asleep, schema, 'insert into t values (3)'),
    beginning('revoke all on "t" from public'),
  ]
  expect(bySetUp(all, [0, 1, 2, 3, 4, 5, 6, 7])).toEqual([
    { statements: [], indexes: [0, 2, 5, 7] },
    { statements: [asleep], indexes: [1, 3] },
    { statements: [asleep, schema], indexes: [4, 6] },
  ])
  expect(bySetUp(all, [1, 2])).toEqual([{ statements: [], indexes: [1, 2] }])
})
