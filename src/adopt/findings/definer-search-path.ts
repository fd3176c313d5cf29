/** SECURITY DEFINER functions that find what they name by the search_path of their caller, or that everybody may call. */
import type { FunctionFacts } from '../../catalog/function.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import { askJson } from './ask-json.ts'
import type { FindingKind } from './finding-kind.ts'

type Definer = Structure<FunctionFacts>

const definersOf = (catalog: Catalog): readonly Definer[] =>
  [...catalog.structures.values()].filter(
    (structure): structure is Definer =>
      structure.kind === 'function' && (structure.facts as FunctionFacts).securityDefiner,
  )

const routineSql = (facts: FunctionFacts): string =>
  `${facts.isProcedure ? 'procedure' : 'function'} ${qualified(facts)}(${facts.args.join(', ')})`

const schemasOnPath = ({ schema }: FunctionFacts): string =>
  [...new Set(['pg_catalog', schema, 'pg_temp'])].map(ident).join(', ')

/** A body that was parsed when it was made (BEGIN ATOMIC), and C, look up no name when they run. */
const looksNamesUp = ({ body }: FunctionFacts): boolean => body !== null

const withoutPath = ({ id, facts }: Definer): Finding => ({
  code: 'adopt.definer-search-path',
  severity: 'warning',
  structure: id,
  summary: `${id}: it runs with the rights of ${facts.owner}, and finds what it names by the search_path of its caller`,
  reason: 'a SECURITY DEFINER function has no search_path of its own',
  why: 'a caller who puts a schema of his own (or pg_temp) first has his objects used with the rights of the owner (PostgreSQL, CREATE FUNCTION: "Writing SECURITY DEFINER Functions Safely")',
  fix: `give it a search_path of its own, pg_temp last, and qualify what it uses of other schemas:\nalter ${routineSql(facts)} set search_path = ${schemasOnPath(facts)};`,
})

export const definerSearchPath: FindingKind = {
  codes: ['adopt.definer-search-path'],
  find: async ({ catalog }) =>
    definersOf(catalog)
      .filter(({ facts }) => facts.searchPath === null && looksNamesUp(facts))
      .map(withoutPath),
}

const isPublic = ({ acl }: FunctionFacts): boolean =>
  acl === null || acl.some(({ grantee, privilege }) => grantee === null && privilege === 'EXECUTE')

const forEverybody = ({ id, facts }: Definer): Finding => ({
  code: 'adopt.definer-public',
  severity: 'note',
  structure: id,
  summary: `${id}: every role may call it, and it runs with the rights of ${facts.owner}`,
  reason: 'a SECURITY DEFINER function may be called by everybody',
  why:
    facts.acl === null
      ? 'PostgreSQL grants EXECUTE on a new function to PUBLIC, and nobody has taken it back'
      : 'EXECUTE is granted to PUBLIC',
  fix: `name the roles that may, unless everybody is meant:\nrevoke execute on ${routineSql(facts)} from public;`,
})

export const definerPublic: FindingKind = {
  codes: ['adopt.definer-public'],
  find: async ({ copy, catalog }) => {
    // Nobody calls a trigger's function by hand.
    const open = definersOf(catalog).filter(
      ({ facts }) => isPublic(facts) && !facts.isTrigger && !facts.isEventTrigger,
    )
    const schemas = [...new Set(open.map(({ facts }) => facts.schema))]
    if (schemas.length === 0) return []
    const entered = await askJson<{ readonly name: string }>(
      copy,
      `select nspname as name from pg_catalog.pg_namespace
        where nspname in (${schemas.map(literal).join(', ')}) and pg_catalog.has_schema_privilege('public', oid, 'usage')`,
    )
    const usable = new Set(entered.map(({ name }) => name))
    return open.filter(({ facts }) => usable.has(facts.schema)).map(forEverybody)
  },
}
