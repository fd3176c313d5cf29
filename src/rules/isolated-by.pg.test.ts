import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLab, type Lab } from '../../test/support/rule-lab.ts'
import { architecture } from '../architecture/declare.ts'
import type { IsolatedByRule } from '../architecture/kinds/isolated-by.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { isolatedBy } from './isolated-by.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})

afterAll(async () => {
  await server?.stop()
})

describe('isolatedBy', () => {
  it('probe', async () => {
    expect(1).toBe(1)
  })
})
