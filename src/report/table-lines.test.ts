import { expect, test } from 'vitest'
import { rule } from '../../test/support/ledger-results.ts'
import { databaseObjects } from '../ground/names.ts'
import { plainPaint } from './paint.ts'
import { tableLines } from './table-lines.ts'

const layout = { width: 200, paint: plainPaint }

test('many true rules of a kind share a line: without the table, and whole where they stand on none', () => {
  const onTable = ['a', 'b', 'c', 'd'].map((name) => rule(`products/check:${name}`))
  expect(tableLines(onTable, 'all', layout).join('\n')).toContain('check: a, b, c, d')
  const ids = ['schema:"Stock Room"/says', 'sequence:s/counts', 'enum:state/says', 'schema:b/grant:app']
  const onNone = ids.map((id) => rule(id, { kind: 'object', table: databaseObjects }))
  expect(tableLines(onNone, 'all', layout).join('\n')).toContain(`object: ${ids.join(', ')}`)
})
