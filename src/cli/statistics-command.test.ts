/** What is written after --value and --rows, and what is told of slips. */
import { describe, expect, it } from 'vitest'
import { AssayError } from '../ground/errors.ts'
import { makeOutput } from './output.ts'
import { exportStatisticsCommand, parseRows, parseValue, planCommand } from './statistics-command.ts'

const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
  } catch (cause) {
    expect(cause).toBeInstanceOf(AssayError)
    return (cause as AssayError).code
  }
  return 'none'
}

describe('--value', () => {
  it.each([
    ['7', '7'],
    ['', ''],
    ['@@home', '@home'],
    ['@null', null],
    ['@orders.status:#1', { of: 'orders.status', at: { common: 1 } }],
    ['@orders.ordered_at:0.95', { of: 'orders.ordered_at', at: { below: 0.95 } }],
    ['@"s p"."a:b".c:1', { of: '"s p"."a:b".c', at: { below: 1 } }],
  ])('%s', (text, value) => {
    expect(parseValue(text)).toEqual(value)
  })

  it.each(['@orders', '@orders.at:2', '@orders.at:#0', '@orders.at:x', '@'])('%s is a slip', async (text) => {
    expect(await codeOf(() => parseValue(text))).toBe('usage.value')
  })
})

describe('--rows', () => {
  it('takes sizes as people write them', () => {
    expect(parseRows(['orders=1e9', 'users=2_000', 'a=b=5', 'lines=2.5e6'])).toEqual({
      orders: 1e9,
      users: 2_000,
      'a=b': 5,
      lines: 2.5e6,
    })
  })

  it.each(['orders', '=5', 'orders=', 'orders=-1', 'orders=many'])('%s is a slip', async (text) => {
    expect(await codeOf(() => parseRows([text]))).toBe('usage.rows')
  })
})

describe('what is missing is told before anything is started', () => {
  const output = makeOutput(true)
  it.each([
    ['usage.no-url', () => exportStatisticsCommand({}, output)],
    ['usage.no-statement', () => planCommand('.', {}, output)],
    ['usage.no-sweep', () => planCommand('.', { sql: 'select 1', chart: 'x.svg' }, output)],
    ['statistics.file', () => planCommand('.', { sql: 'select 1', from: '/nowhere.json' }, output)],
    ['statistics.format', () => planCommand('.', { sql: 'select 1', from: import.meta.filename }, output)],
  ])('%s', async (code, work) => {
    expect(await codeOf(work)).toBe(code)
  })
})
