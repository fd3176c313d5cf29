/**
 * Random architectures before and after random edits: what is designed makes all rules green and leads to the very
 * database that the edited declaration's own designs make from nothing; down leads back, which each design proves itself.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { difference, type CatalogDifference } from '../../catalog/difference.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { openDesignLab, type DesignLab } from '../../../test/support/design-lab.ts'
import {
  describePlan,
  editedPlans,
  makeRandomArchitecture,
  type TablePlan,
} from '../../../test/support/random-architecture.ts'

let server: Server
let lab: DesignLab

beforeAll(async () => {
  server = await startServer({})
  lab = openDesignLab(server)
})

afterAll(async () => {
  await server?.stop()
})

interface Pair {
  readonly before: readonly TablePlan[]
  readonly after: readonly TablePlan[]
}

/** A unique key serves whoever asks for an index over the same: the rule is green, and nothing more is made. */
const withoutServed = ({ made, changed, gone }: CatalogDifference): CatalogDifference => {
  const isServed = (id: string): boolean =>
    gone.some((s) => s.id === id.replace('/unique:', '/index:')) &&
    made.some((s) => s.id === id.replace('/index:', '/unique:'))
  return {
    made: made.filter(({ id }) => !isServed(id)),
    changed,
    gone: gone.filter(({ id }) => !isServed(id)),
  }
}

const leadsThere = async ({ before, after }: Pair, direct: boolean): Promise<void> => {
  const [from, to] = [makeRandomArchitecture(before), makeRandomArchitecture(after)]
  const text = `${describePlan(from)}\n-- becomes\n${describePlan(to)}`
  const { design, catalog } = await lab.designAndRun(from.migration.join(';\n'), to.architecture, {
    drop: true,
    direct,
  })
  const errors = design.findings.filter(({ severity }) => severity === 'error')
  expect(errors, text).toEqual([])
  const fresh = await lab.catalogAfter(to.migration.join(';\n'))
  const files = design.migrations.map(({ name, up }) => `-- ${name}\n${up}`).join('\n')
  const found = withoutServed(difference(fresh, catalog))
  expect(found, `${text}\n${files}`).toEqual({ made: [], changed: [], gone: [] })
}

describe('random edits', () => {
  it('are designed: green, the same database, and back again', async () => {
    await fc.assert(fc.asyncProperty(editedPlans, fc.boolean(), leadsThere), {
      numRuns: Number(process.env['ASSAY_RUNS'] ?? 8),
      seed: Number(process.env['ASSAY_SEED'] ?? 5150),
      endOnFailure: true,
    })
  }, 1_800_000)
})
