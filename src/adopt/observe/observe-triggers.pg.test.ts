import { format } from 'prettier'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRuleLab, type RuleLab } from '../../../test/support/integrity-lab.ts'
import { observeSchema, type Observed } from '../../../test/support/observe-lab.ts'
import { triggerShapes } from '../../../test/support/trigger-shapes.ts'
import type { Architecture } from '../../architecture/architecture.ts'
import { makeObservedRules } from '../../architecture/kinds/observed.ts'
import { runByItsOwnerAlone, type OwnedFunction } from '../../catalog/only-owner-writes.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { observedText } from '../print/kinds/observed.ts'
import type { ObservedTrigger } from './observed-trigger.ts'

/** The architecture that says nothing but what was observed. */
const declare = (observed: readonly ObservedTrigger[], catalog: Catalog): Architecture => ({
  name: 'observed',
  identity: null,
  tables: [...catalog.tables.values()].map(({ id, schema, name, columns }) => ({
    id,
    schema,
    name,
    at: null,
    columns: columns.map((column) => ({ name: column.name, type: column.type })),
    rules: observed
      .filter((one) => one.table === id)
      .flatMap((one) => one.calls)
      .flatMap((call) =>
        makeObservedRules(
          {
            table: id,
            tableColumns: columns.map((c) => c.name),
            at: null,
            refuse: (fault) => {
              throw fault
            },
          },
          call.sentence,
          call.observed,
          { by: call.by },
        ),
      ),
  })),
})

let server: Server
let seen: Observed
let lab: RuleLab

beforeAll(async () => {
  server = await startServer({})
  seen = await observeSchema(server, triggerShapes)
  lab = await openRuleLab(server, declare(seen.observed, seen.catalog), triggerShapes)
})

afterAll(async () => {
  await lab?.close()
  await server?.stop()
})

const sentencesOf = (structure: string): readonly string[] =>
  seen.observed.find((one) => one.structure === structure)!.calls.map((call) => call.sentence)

describe('triggers and rewrite rules of many shapes', () => {
  test('each is seen to do something, in sentences that a reviewer can judge', () => {
    expect(
      Object.fromEntries(seen.observed.map((one) => [one.structure, one.calls.map((c) => c.sentence)])),
    ).toMatchSnapshot()
  })

  test('what nothing shows is named with what was tried', () => {
    expect(
      seen.observed.flatMap((one) => one.findings.map((f) => `${f.code} ${f.structure}: ${f.summary}`)),
    ).toMatchSnapshot()
  })

  test('what is recorded holds on another database', () => {
    expect(lab.faults()).toEqual([])
  })

  test('each is red without its trigger, or with it broken', async () => {
    const red = await lab.red()
    expect([...red].flatMap(([id, one]) => (one.proven ? [] : [`${id}: ${one.why}`]))).toEqual([])
  })

  test('what the proof leaves alive is what the observer said', async () => {
    const { left } = await lab.left((s) => ['trigger', 'function', 'rule'].includes(s.kind))
    const told = new Set(seen.observed.flatMap((one) => one.mutants.left.map(({ id }) => id)))
    const alive = left.flatMap((text) => /^survived (.*): every experiment/su.exec(text)?.[1] ?? [])
    expect(alive.length).toBeGreaterThan(0)
    expect(alive.filter((id) => !told.has(id))).toEqual([])
    expect(left).toMatchSnapshot()
  })

  test('a function that only its owner runs does the same with anybody’s rights', () => {
    const why = (id: string): string | null =>
      runByItsOwnerAlone(seen.catalog.structures.get(id) as Structure<OwnedFunction>, seen.catalog)
    expect(why('function:audit()')).toBe('nobody but postgres, its owner, may write where it is called')
    // The clerk may insert there.
    expect(why('function:add_secrets()')).toBeNull()
  })

  test('times, random values and the day are recorded as what they are, not as they were', () => {
    const text = observedText(seen.observed)
    const year = String(new Date().getFullYear())
    expect(text.includes(year)).toBe(false)
    expect(sentencesOf('authors/trigger:touch')).toEqual([
      `a change of name to 'name b' leaves changed_at now()`,
    ])
  })

  test('a second look gives the same text', async () => {
    // Those with times, random values and the end of the transaction in them.
    const some = triggerShapes.split(/\n(?=-- \d+:)/u).filter((part) => /^-- (?:3|8|17):/u.test(part))
    expect(some).toHaveLength(3)
    const again = await observeSchema(server, some.join('\n'))
    const tables = new Set(again.observed.map((one) => one.table))
    const before = seen.observed.filter((one) => tables.has(one.table))
    expect(observedText(again.observed)).toBe(observedText(before))
  })

  test('is printed as Prettier would', async () => {
    const text = `const rules = [\n${observedText(seen.observed)}]\n`
    const pretty = await format(text, {
      parser: 'typescript',
      semi: false,
      singleQuote: true,
      printWidth: 110,
    })
    expect(text).toBe(pretty)
  })
})
