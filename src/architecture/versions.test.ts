import { describe, expect, test } from 'vitest'
import { AssayErrors } from '../ground/errors.ts'
import { architecture } from './declare.ts'
import { historyOf } from './history-of.ts'
import { table } from './table.ts'

const prices = table('prices', { id: 'integer', total: 'numeric', amount: 'numeric', note: 'text' }, (t) => [
  t.primaryKey('id'),
  t.required('amount'),
  t.generated({ total: 'amount * 2' }),
  t.unique('note'),
  t.check('positive', 'amount > 0'),
  t.isolatedBy('id', { who: (tenant) => ({ 'app.tenant': tenant }) }),
  t.visibleTo('app', { select: ['id', 'amount'], update: ['amount'] }),
  t.visibleTo('clerk', 'insert'),
  t.versioned({ history: 'prices_history', correct: 'sales.correct_price', correctedBy: 'clerk' }),
])
const pricesHistory = historyOf(prices)
const identity = { role: 'app', settings: () => ({}) }

const messagesOf = (declare: () => unknown): readonly string[] => {
  try {
    declare()
    return []
  } catch (error) {
    return error instanceof AssayErrors ? error.errors.map((e) => e.message) : [String(error)]
  }
}

describe('a history', () => {
  test('has the columns of its table and the period', () => {
    expect(pricesHistory.id).toBe('prices_history')
    expect(pricesHistory.columns).toEqual([...prices.columns, { name: 'valid', type: 'tstzrange' }])
  })

  test('has its own rules: those that hold of every version, and none that only the present obeys', () => {
    expect(pricesHistory.rules.map((rule) => rule.id)).toEqual([
      'prices_history/type:id',
      'prices_history/type:total',
      'prices_history/type:amount',
      'prices_history/type:note',
      'prices_history/optional:note',
      'prices_history/isolatedBy:id',
      'prices_history/type:valid',
      'prices_history/optional:total',
      'prices_history/required:amount',
      'prices_history/primaryKey:id,valid',
      'prices_history/check:valid_from_until',
      'prices_history/visibleTo:app',
      'prices_history/visibleTo:clerk',
    ])
    expect(pricesHistory.rules.at(-2)).toMatchObject({ privileges: { select: ['id', 'amount', 'valid'] } })
    expect(pricesHistory.rules.at(-1)).toMatchObject({ privileges: {} })
    expect(new Set(pricesHistory.rules.map((rule) => rule.table))).toEqual(new Set(['prices_history']))
  })

  test('names the function for corrections and who may call it', () => {
    expect(prices.rules.at(-1)).toMatchObject({
      history: 'prices_history',
      correct: { schema: 'sales', name: 'correct_price', by: ['clerk'] },
    })
  })
})

describe('a declaration of versions', () => {
  test('is refused without its history among the tables', () => {
    expect(messagesOf(() => architecture('a', { tables: { prices }, identity }))).toEqual([
      'prices/versioned keeps its versions in "prices_history", which is not among the tables.',
    ])
  })

  test('is refused when the history is another table', () => {
    const other = table('prices_history', { id: 'integer', amount: 'text' })
    expect(messagesOf(() => architecture('a', { tables: { prices, other }, identity }))).toEqual([
      'prices_history is not the history of prices: it lacks, or has as another type: total, amount, note, valid.',
    ])
  })

  test('is refused when two tables share one history', () => {
    const twin = table('twin', { id: 'integer' }, (t) => [
      t.primaryKey('id'),
      t.versioned({ history: 'prices_history' }),
    ])
    const messages = messagesOf(() =>
      architecture('a', { tables: { prices, twin, pricesHistory }, identity }),
    )
    expect(messages).toEqual([
      'twin/versioned and prices/versioned keep their versions in one table, "prices_history".',
    ])
  })

  test('is refused without a primary key, with a column named like the period, with correctors and no function', () => {
    const keyless = table('keyless', { valid: 'text' }, (t) => [
      t.versioned({ history: 'keyless_history', correctedBy: 'clerk' }),
    ])
    const history = historyOf(keyless)
    const messages = messagesOf(() => architecture('a', { tables: { keyless, history } }))
    expect(messages).toEqual(
      expect.arrayContaining([
        'keyless keeps versions and has no primary key: nobody could say which row a version is of.',
        'keyless: a versioned table has no column "valid" of its own.',
        'keyless: versioned says who corrects, but not by which function.',
      ]),
    )
  })
})
