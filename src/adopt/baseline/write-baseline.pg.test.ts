/** The baseline of hard schemas gives the same database again, by Assay's eyes and by pg_dump's. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { catalogFingerprint } from '../../catalog/fingerprint.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Server } from '../../postgres/server.ts'
import { openSession } from '../../postgres/session.ts'
import { startServer } from '../../postgres/start.ts'
import { copyOf, dumpOf, everything, type Copied } from '../../../test/support/baseline-lab.ts'
import { catalogOracle } from '../../../test/support/catalog-oracle.ts'
import { hardBefore, hardExtensions, hardSchema } from '../../../test/support/hard-schema.ts'
import { hostileBefore, hostileExtensions, hostileSchema } from '../../../test/support/hostile-schema.ts'
import { startPostgres15, whyNoPostgres15, type TestServer } from '../../../test/support/postgres15.ts'
import { richSchema, richSchemaExtensions } from '../../../test/support/rich-schema.ts'
import { writeBaseline } from './write-baseline.ts'

const expectSame = ({ original, copy }: Copied): void => {
  expect(everything(copy)).toEqual(everything(original))
  expect(catalogFingerprint(copy.catalog)).toBe(catalogFingerprint(original.catalog))
  expect(Object.fromEntries(copy.objects)).toEqual(Object.fromEntries(original.objects))
}

/** By all that PostgreSQL's own catalogs say, whatever kind of object it is. */
const expectSameRows = async (server: Server, { original, copy }: Copied): Promise<void> => {
  const rowsOf = async ({ database }: Copied['copy']) => {
    const db = await server.connect(database, 'administrator')
    const rows = Object.fromEntries(await catalogOracle(db))
    await db.end()
    return rows
  }
  const [before, after] = [await rowsOf(original), await rowsOf(copy)]
  expect(Object.keys(before).length).toBeGreaterThan(1_000)
  expect(after).toEqual(before)
}

/** As a role without any right reads it, in a transaction that cannot write. */
const asStranger = async (server: Server, database: string) => {
  const administrator = await server.connect(database, 'administrator')
  await administrator.query(`create role stranger login password 'stranger'`)
  await administrator.end()
  const { address } = await server.connect(database, 'owner')
  const db = await openSession({ ...address, user: 'stranger', password: 'stranger' })
  await db.query('begin read only')
  const baseline = await writeBaseline(db, await readCatalog(db))
  await db.end()
  return baseline
}

describe('the baseline on the embedded server', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer({})
  })
  afterAll(() => server.stop())

  it('makes a rich schema again', async () => {
    const copied = await copyOf(server, richSchema(18), { extensions: richSchemaExtensions })
    expect(copied.baseline.findings).toEqual([])
    expectSame(copied)
  })

  it('makes a hard schema again', async () => {
    const copied = await copyOf(server, hardSchema(18), {
      extensions: hardExtensions,
      before: hardBefore(server.owner),
    })
    expect(copied.baseline.findings).toEqual([])
    expectSame(copied)
    await expectSameRows(server, copied)
    expect(await asStranger(server, copied.original.database)).toEqual(copied.baseline)
  })

  it('makes hostile names and rare kinds again, row by row of the catalogs', async () => {
    const copied = await copyOf(server, hostileSchema(18), {
      extensions: hostileExtensions,
      before: hostileBefore(server.owner),
    })
    expect(copied.baseline.findings).toEqual([])
    expect(everything(copied.copy)).toEqual(everything(copied.original))
    await expectSameRows(server, copied)
  })
})

const reason = whyNoPostgres15 === '' ? '' : ` (skipped: ${whyNoPostgres15})`
describe.skipIf(whyNoPostgres15 !== '')(`the baseline on PostgreSQL 15${reason}`, () => {
  let debian: TestServer
  let server: Server
  beforeAll(async () => {
    debian = await startPostgres15()
    server = await startServer({ url: debian.url })
  })
  afterAll(async () => {
    await server?.stop()
    await debian?.stop()
  })

  it.each([
    { name: 'rich', sql: richSchema(15), options: { extensions: richSchemaExtensions } },
    {
      name: 'hard',
      sql: hardSchema(15),
      options: { extensions: hardExtensions },
      before: hardBefore,
    },
    {
      name: 'hostile',
      sql: hostileSchema(15),
      options: { extensions: hostileExtensions },
      before: hostileBefore,
    },
  ])('gives the same dump of a $name schema', async ({ sql, options, before }) => {
    const copied = await copyOf(
      server,
      sql,
      before === undefined ? options : { ...options, before: before(server.owner) },
    )
    expect(copied.baseline.findings).toEqual([])
    expect(everything(copied.copy)).toEqual(everything(copied.original))
    await expectSameRows(server, copied)
    expect(dumpOf(debian, copied.copy.database)).toEqual(dumpOf(debian, copied.original.database))
  })
})
