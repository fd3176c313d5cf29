import { expect, it } from 'vitest'
import type { Table } from '../../../catalog/table.ts'
import type { SourceShape } from '../terms.ts'
import { covering } from './covering.ts'

const column = (name: string, baseType: string, typeKind = 'base') => ({ name, baseType, typeKind })
const table = {
  id: 'messages',
  columns: [
    column('channel', 'bigint'),
    column('id', 'bigint'),
    column('title', 'text'),
    column('words', 'tsvector'),
    column('meta', 'jsonb'),
    column('tags', 'text[]', 'array'),
  ],
} as unknown as Table

const included = (...used: readonly string[]): readonly (readonly string[])[] => {
  const shape: SourceShape = {
    table,
    of: 'queries/x',
    terms: [
      { column: 'channel', sql: 'channel', use: 'equal', operator: '=', isLoose: false, isPolicy: false },
    ],
    orders: [],
    groups: [],
    constants: [],
    used: ['channel', ...used],
  }
  const drafts = covering.propose(shape, [], { extensions: new Map() })
  return drafts.flatMap((draft) => (draft.what === 'index' ? [draft.include] : []))
}

it('carries what a statement fetches', () => {
  expect(included('id', 'title')).toContainEqual(['id', 'title'])
})

it.each(['words', 'meta', 'tags'])('but nothing whose rows an index would refuse: %s', (name) => {
  expect(included('id', name)).toEqual([])
})
