/**
 * SchemaAnalyst's own schemas under its own operators: rules read from the catalog notice every mutant that can be
 * told apart. Skipped where ../shared/corpus is not there.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Server } from '../src/postgres/server.ts'
import { startServer } from '../src/postgres/start.ts'
import { proveSchema, schemaAnalystFiles } from './support/schemaanalyst.ts'

const mustRun = process.env['ASSAY_TEST_ALL'] === '1'

/** Mutants that nobody could notice, by the reason. */
const unnoticeable: Readonly<Record<string, readonly string[]>> = {
  'BookTown.sql': ['CHECK integrity refuses null already'],
  'FrenchTowns.sql': ['capital', 'code', 'id', 'name'].map((c) => `${c} is unique and never null already`),
  'Products.sql': [
    'no row that the other constraints allow tells them apart',
    'the other constraints of the table imply it: it refuses no row alone',
  ],
}

describe.skipIf(schemaAnalystFiles.length === 0 && !mustRun)('under SchemaAnalyst’s operators', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer({})
  })
  afterAll(() => server.stop())

  test('there are schemas', () => {
    expect(schemaAnalystFiles.length).toBeGreaterThanOrEqual(10)
  })

  test.each(schemaAnalystFiles)('every mutant of %s that can be told apart is noticed', async (file) => {
    const { result } = await proveSchema(server, file)
    const mutants = result.structures.flatMap((structure) => structure.mutants)
    expect(mutants.filter(({ verdict }) => verdict === 'survived' || verdict === 'unsolved')).toEqual([])
    expect(mutants.filter(({ verdict }) => verdict === 'redundant')).toEqual([])
    const equivalent = mutants.flatMap(({ verdict, why }) => (verdict === 'equivalent' ? [why] : []))
    expect([...new Set(equivalent)].toSorted()).toEqual(unnoticeable[file] ?? [])
    expect(result.summary.mutants.killed).toBeGreaterThan(10)
  })
})
