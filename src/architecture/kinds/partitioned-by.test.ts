import { describe, expect, test } from 'vitest'
import { architecture } from '../declare.ts'
import { table } from '../table.ts'
import type { Rules } from '../rules.ts'
import type { PartitionedByOptions, PartitionedByRule } from './partitioned-by.ts'

type Columns = 'id' | 'region' | 'at'

const declared = (write: (t: Rules<Columns>) => ReturnType<Rules<Columns>['partitionedBy']>) =>
  table('events', { id: 'bigint', region: 'text', at: 'timestamptz' }, (t) => [write(t)])

const ruleOf = (column: Columns, options: PartitionedByOptions): PartitionedByRule =>
  declared((t) => t.partitionedBy(column, options)).rules.find(
    (r): r is PartitionedByRule => r.kind === 'partitionedBy',
  )!

describe('partitionedBy', () => {
  test('by period, with the function that makes partitions', () => {
    expect(ruleOf('at', { by: 'month', ahead: 3, maintain: 'ops.maintain', calledBy: 'cron' })).toMatchObject(
      {
        id: 'events/partitionedBy:at',
        columns: ['at'],
        scheme: { by: 'period', period: 'month', maintain: 'ops.maintain', ahead: 3, behind: 0 },
        otherwise: 'refused',
        calledBy: ['cron'],
      },
    )
    expect(ruleOf('at', { by: 'week', maintain: 'm' }).scheme).toMatchObject({ ahead: 1, behind: 0 })
  })

  test('by lists and by hash', () => {
    expect(ruleOf('region', { list: { eu: ['de', null] }, otherwise: 'default' })).toMatchObject({
      scheme: { by: 'list', lists: { eu: ['de', null] } },
      otherwise: 'default',
    })
    expect(ruleOf('id', { hash: 8 }).scheme).toEqual({ by: 'hash', modulus: 8 })
  })

  const loose = (options: unknown): PartitionedByOptions => options as PartitionedByOptions

  test.each([
    [{}, 'partitionedBy has none of by, list and hash.'],
    [{ by: 'month', hash: 2 }, 'partitionedBy has by and hash of by, list and hash.'],
    [{ by: 'moth' }, 'does not know "moth". Did you mean "month"?'],
    [{ by: 'day', ahead: 2 }, "partitionedBy's ahead has nothing to be about."],
    [{ by: 'day', maintain: 'm', ahead: -1 }, "partitionedBy's ahead is -1."],
    [{ hash: 0 }, "partitionedBy's hash is 0."],
    [{ hash: 1.5 }, "partitionedBy's hash is 1.5."],
    [{ hash: 2, otherwise: 'default' }, "partitionedBy's otherwise has nothing to be about."],
    [{ list: {} }, "partitionedBy's list names no partition with its values."],
    [{ list: [['de']] }, "partitionedBy's list names no partition with its values."],
    [{ list: { eu: [] } }, 'the partition eu takes no value.'],
    [{ list: { a: ['x'], b: ['x'] } }, '"x" stands in the partitions a and b.'],
    [{ hash: 2, maintain: 'm' }, "partitionedBy's maintain has nothing to be about."],
    [{ hash: 2, mantain: 'm' }, 'partitionedBy has no option "mantain". Did you mean "maintain"?'],
  ])('%j is refused: %s', (options, message) => {
    const events = declared((t) => t.partitionedBy('at', loose(options)))
    expect(() => architecture('events', { tables: { events } })).toThrow(message)
  })

  test('the compiler refuses what the runtime refuses', () => {
    const slips = (t: Rules<Columns>): unknown => [
      // @ts-expect-error no such column
      t.partitionedBy('regoin', { hash: 2 }),
      // @ts-expect-error two ways at once
      t.partitionedBy('at', { by: 'month', hash: 2 }),
      // @ts-expect-error no way at all
      t.partitionedBy('at', { otherwise: 'default' }),
      // @ts-expect-error nothing makes them
      t.partitionedBy('at', { by: 'month', ahead: 3 }),
      // @ts-expect-error hash partitions take every row
      t.partitionedBy('id', { hash: 2, otherwise: 'default' }),
      // @ts-expect-error lists have names
      t.partitionedBy('region', { list: [['de'], ['us']] }),
    ]
    expect(slips).toBeTypeOf('function')
  })
})
