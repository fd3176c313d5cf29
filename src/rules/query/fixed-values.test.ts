/** Constants that a declaration sends as parameters, and what is none: values of a call that is named, numbers of rows. */
import { beforeAll, expect, it } from 'vitest'
import { architecture, sql, table } from '../../index.ts'
import { queriesOf } from '../../architecture/kinds/query.ts'
import { loadParser } from '../../postgres/parse.ts'
import { withFixedValues } from './fixed-values.ts'

beforeAll(loadParser)

const plates = table('plates', { id: 'bigint', 'sta`te': 'text', night: 'bigint' }, (t) => [
  t.primaryKey('id'),
])
const sky = architecture('sky', { tables: { plates } })
const open = (p: { night: string }) => ({ ...p, state: "it's \\ open" })

sky.query('open plates of a night', ['plates'], (db, p: { night: string }) =>
  db
    .selectFrom('plates')
    .select('id')
    .where('sta`te', '=', open(p).state)
    .where('night', '=', p.night)
    .limit(20),
)
sky.query(
  'open plates of one night',
  ['plates'],
  (db, p: { night: string }) =>
    db.selectFrom('plates').select('id').where('night', '=', p.night).where('sta`te', '=', 'open'),
  { with: [{ night: '7' }] },
)
sky.query(
  'plates of a state',
  ['plates'],
  sql('select id from plates where "sta`te" = :state', { state: 'text' }),
  {
    with: [{ state: 'open' }],
  },
)

const fixed = (place: number) => {
  const [form] = queriesOf(sky)[place]!.forms
  return { form: form!, ...withFixedValues(form!) }
}

it('stand in the statement as constants, and the others are counted anew', () => {
  const { sql: text, parameters } = fixed(0)
  expect(text).toBe(
    `select "id" from "plates" where "sta\`te" = E'it''s \\\\ open' and "night" = $1 limit $2`,
  )
  expect(parameters).toEqual([{ name: 'night', type: null }, { value: '20' }])
})

it('are told from the values of a call that is named', () => {
  expect(fixed(1).sql).toBe(`select "id" from "plates" where "night" = $1 and "sta\`te" = 'open'`)
  const { form, sql: text } = fixed(2)
  expect(text).toBe(form.sql)
})
