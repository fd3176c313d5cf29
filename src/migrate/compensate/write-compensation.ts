/** The migration that takes another back: from the catalogs before and after it, as a designed way back is made. */
import { difference, isSame } from '../../catalog/difference.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { ident } from '../../postgres/quote.ts'
import { withSession } from '../../postgres/with-session.ts'
import type { Server } from '../../postgres/server.ts'
import { changesBetween } from '../changes/changes-between.ts'
import type { ChangeContext } from '../changes/change.ts'
import { volatileDefaults } from '../design/design-round.ts'
import { lossLines, scriptText } from '../design/migration-text.ts'
import { readNames, renamesBack } from './names-back.ts'

export interface CompensationWish {
  readonly server: Server
  /** Of the migration that is taken back. */
  readonly name: string
  /** The database as it stands before it, and a copy of that with it; nobody is connected to either. */
  readonly before: string
  readonly after: string
  /** Lines of its head, behind the first one. */
  readonly head: readonly string[]
  /** In the online form of each change, not the plain one. */
  readonly online: boolean
}

/** The catalog once everything has its old name: rows stay where they are. */
const renamedCatalog = async (
  { server, after }: CompensationWish,
  renames: readonly string[],
): Promise<Catalog> => {
  const copy = renames.length === 0 ? after : await server.clone(after, 'renamed')
  try {
    if (renames.length > 0)
      await withSession(server, copy, 'owner', async (db) => {
        for (const sql of renames) await db.query(sql)
      })
    return await withSession(server, copy, 'prover', (db) => readCatalog(db))
  } finally {
    if (renames.length > 0) await server.dropDatabase(copy)
  }
}

const schemasOf = ({ tables }: Catalog): readonly string[] => [
  ...new Set([...tables.values()].map(({ schema }) => schema)),
]

/** Answers its text; null when the migration changed no structure, so that nothing says what it did. Throws PgError. */
export const writeCompensation = async (wish: CompensationWish): Promise<string | null> => {
  const { server, name, before, after, head, online } = wish
  const was = await withSession(server, before, 'prover', async (db) => ({
    names: await readNames(db),
    catalog: await readCatalog(db),
    volatile: await volatileDefaults(db, await readCatalog(db)),
  }))
  const is = await withSession(server, after, 'prover', readNames)
  const renames = renamesBack(was.names, is)
  const now = await renamedCatalog(wish, renames)
  if (renames.length === 0 && isSame(difference(now, was.catalog))) return null
  const context: ChangeContext = {
    before: now,
    after: was.catalog,
    owner: server.owner,
    online,
    isVolatile: (expression) => was.volatile.has(expression),
  }
  const changes = changesBetween(context)
  const standing = schemasOf(now)
  const schemas = schemasOf(was.catalog).filter((schema) => schema !== 'public' && !standing.includes(schema))
  return scriptText({
    head: [
      `Takes back ${name}.`,
      ...head,
      ...lossLines(changes, `${name} made it`),
      `assay: compensates ${name}`,
      `assay: direction forward because it takes back ${name}`,
    ],
    changes,
    context,
    first: [...schemas.map((schema) => `create schema if not exists ${ident(schema)}`), ...renames],
  })
}
