/** Two architectures over one catalog: each is told what its own askers bring. */
import { beforeAll, expect, it } from 'vitest'
import { notesCatalog } from '../../../test/support/notes-catalog.ts'
import type { Identity } from '../../architecture/architecture.ts'
import { loadParser } from '../../postgres/parse.ts'
import { isolationOf, settingsFor } from './isolation.ts'

const catalog = notesCatalog()

const over = (settings: Identity['settings']): { tables: []; identity: Identity } => ({
  tables: [],
  identity: { role: 'app', settings },
})
const both = over((who) => ({ 'app.org': who['org']!, 'app.region': who['place']! }))
const one = over((who) => ({ 'app.org': '1', 'app.region': who['where']!.toUpperCase() }))
const none = over(() => ({ 'app.org': '1' }))

beforeAll(loadParser)

it('knows the columns by the settings of each architecture', () => {
  const columns = [both, one, none, both].map((some) => isolationOf('notes', some, catalog)?.columns)
  expect(columns).toEqual([
    [
      { column: 'org', field: 'org' },
      { column: 'region', field: 'place' },
    ],
    [{ column: 'region', field: 'where' }],
    undefined,
    columns[0],
  ])
})

it('gives each setting its own value', () => {
  const asking = new Map([
    ['org', '7'],
    ['place', 'eu'],
  ])
  expect(settingsFor(isolationOf('notes', both, catalog), both, asking)).toEqual({
    'app.org': '7',
    'app.region': 'eu',
  })
})
