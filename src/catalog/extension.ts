/**
 * Extensions: listed, because types, operators and functions of the architecture come from them; never broken, because
 * the administrator makes them and their objects are not the architecture's. The version is the server's own matter.
 */
import { idPart } from '../ground/names.ts'
import { ident } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import type { StructureKind } from './structure.ts'

export interface ExtensionFacts {
  readonly name: string
  readonly schema: string
}

/** plpgsql comes with every database. */
const extensionsSql = `
  select e.extname as name, n.nspname as schema
  from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
  where e.extname <> 'plpgsql'
  order by e.extname collate "C"`

export const extensionKind: StructureKind<ExtensionFacts> = {
  kind: 'extension',
  read: async (db: Session) =>
    (await db.json<ExtensionFacts>(extensionsSql)).map((facts) => ({
      id: `extension:${idPart(facts.name)}`,
      kind: 'extension',
      table: null,
      name: facts.name,
      definition: `EXTENSION ${facts.name} SCHEMA ${ident(facts.schema)}`,
      dependsOn: [],
      facts,
    })),
  create: ({ facts }) => [`create extension ${ident(facts.name)} with schema ${ident(facts.schema)}`],
  drop: ({ facts }) => [`drop extension ${ident(facts.name)} cascade`],
  mutants: () => [],
  notMutated: 'it is the ground on which types and functions stand, made by the administrator of the server',
}
