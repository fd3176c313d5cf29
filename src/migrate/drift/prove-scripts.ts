/** Shows that a script leads from one database to another: run statement by statement on a copy, whose catalog is then compared. */
import { difference, isSame, type CatalogDifference } from '../../catalog/difference.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Server } from '../../postgres/server.ts'
import type { DriftScript } from './drift-between.ts'

/** What became of a script on its copy. */
export interface ScriptProof {
  readonly holds: boolean
  /** Statements that PostgreSQL refused. */
  readonly refused: readonly { readonly text: string; readonly message: string }[]
  /** What is another afterwards than it should be; null: nothing. */
  readonly left: CatalogDifference | null
  /** What stands afterwards: the part of it that counts. */
  readonly found: Catalog
}

/** `database`: a copy that is for this alone; nobody is connected to it. `own`: the part of a catalog that counts. */
export const proveScript = async (
  server: Server,
  database: string,
  { statements }: DriftScript,
  expected: Catalog,
  own: (catalog: Catalog) => Catalog,
): Promise<ScriptProof> => {
  const owner = await server.connect(database, 'owner')
  try {
    await owner.query('set check_function_bodies = off')
    const replies = await owner.batch(statements)
    const refused = replies.flatMap(({ fault }, i) =>
      fault === null
        ? []
        : [{ text: statements[i] ?? '', message: `${fault.message} (SQLSTATE ${fault.sqlstate})` }],
    )
    const found = own(await readCatalog(owner))
    const differs = difference(expected, found)
    const left = isSame(differs) ? null : differs
    return { holds: refused.length === 0 && left === null, refused, left, found }
  } finally {
    await owner.end()
  }
}
