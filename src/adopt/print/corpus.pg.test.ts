/** Real schemas of public projects, where they lie beside the checkout: what is printed loads, claims what it says, and is formatted. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile } from '../../../test/support/compile.ts'
import { corpusExtensions, corpusFiles, isCorpusTested, readCorpus } from '../../../test/support/corpus.ts'
import { named, printLab, unformatted } from '../../../test/support/printed-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'

describe.skipIf(!isCorpusTested)('the corpus (skipped where ../shared/corpus is not there)', () => {
  let server: Server
  const all: Record<string, string> = {}
  beforeAll(async () => {
    server = await startServer({})
  })
  afterAll(() => server.stop())

  it.each(corpusFiles)('%s', async (file) => {
    const sql = readCorpus(file)
    const lab = await printLab(server, sql, { extensions: corpusExtensions(file) })
    expect(lab.groundless).toEqual([])
    expect(new Set(lab.unclaimed)).toEqual(named(lab))
    expect(await unformatted(lab.printed)).toEqual([])
    expect(lab.printed.files.filter((f) => f.text.split('\n').length > 500)).toEqual([])
    for (const one of lab.printed.files) all[`${file.replaceAll(/\W/gu, '_')}/${one.path}`] = one.text
  })

  it('compiles', async () => {
    const { errors, seconds } = await compile(all)
    expect(errors).toEqual([])
    expect(seconds).toBeGreaterThan(0)
  })
})
