/** SchemaAnalyst's own schemas, proven by rules that are read from their catalogs, under its own operators. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Server } from '../../src/postgres/server.ts'
import { prove } from '../../src/prove/prove.ts'
import type { ProveResult } from '../../src/prove/result.ts'
import { printLab } from './printed-lab.ts'
import { runAs } from './rule-lab.ts'

const corpus = fileURLToPath(new URL('../../../shared/corpus/schemaanalyst', import.meta.url))

/** None where ../shared/corpus is not there. */
export const schemaAnalystFiles: readonly string[] = existsSync(corpus) ? readdirSync(corpus).toSorted() : []

export interface SchemaProof {
  readonly result: ProveResult
  /** Of reading the catalog, writing the tests and running the mutants. */
  readonly seconds: number
}

export const proveSchema = async (server: Server, file: string): Promise<SchemaProof> => {
  const schema = readFileSync(path.join(corpus, file), 'utf8')
  const { architecture } = await printLab(server, schema, { name: 'schemaanalyst' })
  const template = await server.createDatabase('schemaanalyst')
  try {
    await runAs(server, template, 'owner', schema)
    const from = performance.now()
    const result = await prove({
      architecture,
      server,
      template,
      steps: ['green', 'mutate'],
      only: [],
      operators: 'schemaanalyst',
      startSeconds: 0,
    })
    return { result, seconds: (performance.now() - from) / 1000 }
  } finally {
    await server.dropDatabase(template)
  }
}
