/** Statements of a live database are planned for whoever most of its rows are of. */
import { beforeAll, expect, it } from 'vitest'
import { notesCatalog } from '../../../test/support/notes-catalog.ts'
import type { Architecture } from '../../architecture/architecture.ts'
import { loadParser } from '../../postgres/parse.ts'
import type { DatabaseStatistics } from '../../rows/projected/statistics.ts'
import { settingsOfCommonAsker } from './common-asker.ts'

const spread = (common: readonly string[] | null, bounds: readonly string[] | null): object => ({
  own: { common, bounds },
  whole: null,
})
const statistics = {
  tables: [
    { schema: 'public', name: 'others', rows: 90, columns: [] },
    {
      schema: 'public',
      name: 'notes',
      rows: 10,
      columns: [
        { name: 'org', ...spread(null, ['1', '5', '9']) },
        { name: 'region', ...spread(['eu', 'us'], null) },
      ],
    },
  ],
} as unknown as DatabaseStatistics

beforeAll(loadParser)

it('has the commonest value of each column, else one in the middle', () => {
  const settings: NonNullable<Architecture['identity']>['settings'] = (who) => ({
    'app.org': who['org']!,
    'app.region': who['region']!,
  })
  const architecture = { tables: [], identity: { role: 'app', settings } } as unknown as Architecture
  expect(settingsOfCommonAsker(architecture, notesCatalog(), statistics)).toEqual({
    'app.org': '5',
    'app.region': 'eu',
  })
})
