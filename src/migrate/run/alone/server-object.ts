/** Databases, tablespaces and subscriptions: made or dropped is told by whether one of that name stands. */
import type { ParseNode } from '../../../postgres/parse.ts'
import { literal } from '../../../postgres/quote.ts'
import type { Session } from '../../../postgres/session.ts'
import type { AloneKind } from './alone-kind.ts'

interface ServerObject {
  readonly field: string
  readonly standsSql: (name: string) => string
  readonly isMade: boolean
}

const database = (name: string): string =>
  `select exists (select from pg_catalog.pg_database where datname = ${literal(name)} and datconnlimit <> -2) as stands`
const tablespace = (name: string): string =>
  `select exists (select from pg_catalog.pg_tablespace where spcname = ${literal(name)}) as stands`

const objects: Readonly<Record<string, ServerObject>> = {
  CreatedbStmt: { field: 'dbname', standsSql: database, isMade: true },
  DropdbStmt: { field: 'dbname', standsSql: database, isMade: false },
  CreateTableSpaceStmt: { field: 'tablespacename', standsSql: tablespace, isMade: true },
  DropTableSpaceStmt: { field: 'tablespacename', standsSql: tablespace, isMade: false },
}

const objectOf = (content: ParseNode): ServerObject | undefined =>
  Object.values(objects).find(({ field }) => typeof content[field] === 'string')

const stands = async (db: Session, content: ParseNode): Promise<boolean> => {
  const object = objectOf(content)
  if (object === undefined) return false
  const [found] = await db.json<{ stands: boolean }>(object.standsSql(String(content[object.field])))
  return found?.stands === true
}

const kindFor = (node: string): AloneKind => ({
  fits: (other) => other === node,
  async prepare(db, content) {
    return { stood: await stands(db, content) }
  },
  async settle(db, content, note) {
    const isMade = objects[node]?.isMade === true
    const now = await stands(db, content)
    return now === isMade && note['stood'] === !isMade ? { is: 'done' } : { is: 'again' }
  },
})

export const serverObjects: readonly AloneKind[] = Object.keys(objects).map(kindFor)
