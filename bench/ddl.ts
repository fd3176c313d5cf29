/** Measures every form of DDL on PostgreSQL 18, and on Debian's 15 where it is installed, and writes docs/ddl-locks.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { startServer } from '../src/postgres/start.ts'
import { startPostgres15, whyNoPostgres15 } from '../test/support/postgres15.ts'
import { measureForms, type DdlMeasurements } from './support/ddl-measure.ts'
import { ddlPage, olderColumn } from './support/ddl-page.ts'
import type { BenchLine } from './support/line.ts'

export const title = 'Forms of DDL'

const page = fileURLToPath(new URL('../docs/ddl-locks.md', import.meta.url))

const measuredOn = async (where: { readonly url?: string }): Promise<DdlMeasurements> => {
  const server = await startServer(where)
  try {
    return await measureForms(server)
  } finally {
    await server.stop()
  }
}

export const bench = async (log: (text: string) => void): Promise<readonly BenchLine[]> => {
  if (whyNoPostgres15 !== '') throw new Error(`The page compares two versions: ${whyNoPostgres15}`)
  log('PostgreSQL 18')
  const from = performance.now()
  const newer = await measuredOn({})
  const seconds = (performance.now() - from) / 1000
  log('PostgreSQL 15')
  const debian = await startPostgres15()
  let older: DdlMeasurements
  try {
    older = await measuredOn({ url: debian.url })
  } finally {
    await debian.stop()
  }
  const text = ddlPage(newer, olderColumn(newer, older))
  const laidOut = await format(text, { ...(await resolveConfig(page)), parser: 'markdown' })
  const isNew = readOr(page) !== laidOut
  writeFileSync(page, laidOut)
  return [
    { measure: 'forms measured on 18 and on 15', value: `${newer.size} and ${older.size}` },
    { measure: 'seconds for all of them on 18', value: seconds.toFixed(1) },
    { measure: 'docs/ddl-locks.md', value: isNew ? 'changed' : 'unchanged' },
  ]
}

const readOr = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
