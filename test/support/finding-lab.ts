/** Findings of adoption on a real database: asked as adoption asks them, mended as they say, and asked again. */
import { adoptionFindings } from '../../src/adopt/findings/adoption-findings.ts'
import { readCatalog } from '../../src/catalog/read-catalog.ts'
import type { Server } from '../../src/postgres/server.ts'
import type { Finding } from '../../src/prove/result.ts'

export interface FindingLab {
  /** Those of a code, or all. */
  find(code?: string, as?: 'owner' | 'prover'): Promise<readonly Finding[]>
  /** `structure: summary` of those of a code. */
  told(code: string): Promise<readonly string[]>
  run(sql: string, as?: 'owner' | 'administrator'): Promise<void>
  /** Runs what the findings of these codes say, and answers those that are still there, as `told`. */
  mend(codes: string | readonly string[], as?: 'owner' | 'administrator'): Promise<readonly string[]>
  readonly database: string
  close(): Promise<void>
}

export interface FindingLabOptions {
  readonly extensions?: readonly string[]
  /** The database is in use: its rows and numbers count. */
  readonly live?: boolean
}

/** What stands behind the first line of a mend. */
export const mendOf = ({ fix }: Finding): string => fix.split('\n').slice(1).join('\n')

const line = ({ structure, summary }: Finding): string => `${structure}: ${summary}`

export const openFindingLab = async (
  server: Server,
  schema: string,
  { extensions = [], live = false }: FindingLabOptions = {},
): Promise<FindingLab> => {
  const database = await server.createDatabase('findings')
  const run = async (sql: string, as: 'owner' | 'administrator' = 'owner'): Promise<void> => {
    const session = await server.connect(database, as)
    try {
      await session.query(sql)
    } finally {
      await session.end()
    }
  }
  for (const name of extensions) await run(`create extension if not exists "${name}"`, 'administrator')
  await run(schema)
  await server.admitRoles()
  const find = async (code?: string, as: 'owner' | 'prover' = 'prover'): Promise<readonly Finding[]> => {
    const db = await server.connect(database, as)
    const source = live ? await server.connect(database, 'prover') : undefined
    try {
      const catalog = await readCatalog(db)
      const all = await adoptionFindings(db, catalog, source ? { source } : {})
      return code === undefined ? all : all.filter((finding) => finding.code === code)
    } finally {
      await db.end()
      await source?.end()
    }
  }
  const told = async (code: string): Promise<readonly string[]> => (await find(code)).map(line)
  return {
    find,
    told,
    run,
    mend: async (codes, as) => {
      const isMeant = ({ code }: Finding): boolean => [codes].flat().includes(code)
      const statements = (await find()).filter(isMeant).map(mendOf)
      await run(statements.join('\n'), as)
      return (await find()).filter(isMeant).map(line)
    },
    database,
    close: () => server.dropDatabase(database),
  }
}
