/** What a role may do with an object: one structure per grantee and object, whole privileges and single columns alike. */
import { relationId, structureId } from '../ground/names.ts'
import { ident, identList, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { grantMutants } from './grant/mutants.ts'
import { grantsSql, inheritanceSql } from './grant/sql.ts'
import { withoutTemplated } from './partition/template.ts'
import type { Structure, StructureKind } from './structure.ts'
import { functionId, relationObjectId, typeId } from './uses.ts'

type GrantObjectKind = 'table' | 'view' | 'materializedView' | 'sequence' | 'schema' | 'function' | 'type'

interface Privilege {
  /** `select`, `usage`, `execute` … */
  readonly privilege: string
  /** null: the whole object. */
  readonly columns: readonly string[] | null
  readonly grantable: boolean
}

export interface GrantFacts {
  /** null: PUBLIC. */
  readonly grantee: string | null
  readonly object: {
    readonly kind: GrantObjectKind
    readonly schema: string
    readonly name: string
    /** Structure id of the object, `schema:sales` for a schema. */
    readonly id: string
    /** As GRANT names it: `table "public"."products"`, `function "public"."f"(integer)`. */
    readonly sql: string
  }
  /** In order of name; a privilege on the whole object before the same one on columns. */
  readonly privileges: readonly Privilege[]
  /** What PostgreSQL gives the grantee by itself: EXECUTE and USAGE of PUBLIC. The structure is the difference from it. */
  readonly given: readonly Privilege[]
  /** Whole-object privileges that the grantee has anyway, through PUBLIC or a role whose rights it inherits: name → from whom. */
  readonly otherwise: Readonly<Record<string, string>>
  /** Columns for which it has a privilege in the same way: name → column → from whom; absent: none. */
  readonly columnsOtherwise?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The grantee may enter the schema that the object stands in. */
  readonly reaches: boolean
}

interface AclItem {
  readonly grantee: string | null
  readonly privilege: string
  readonly grantable: boolean
  readonly reaches: boolean
}

interface GrantRow {
  readonly class: 'relation' | 'schema' | 'function' | 'type'
  readonly subkind: string | null
  readonly schema: string
  readonly name: string
  readonly part: string | null
  /** Of the part in its table: every GRANT moves a column's row in the catalog, so that it answers in any order. */
  readonly position: number | null
  readonly args: readonly string[] | null
  readonly acl: readonly AclItem[]
  readonly given: readonly AclItem[]
}

const relationKinds: Readonly<Record<string, GrantObjectKind>> = {
  v: 'view',
  m: 'materializedView',
  S: 'sequence',
}

/** Arguments as GRANT takes them: types only, in order. They come from format_type and are quoted by it. */
const signature = (row: GrantRow): string => `${qualified(row)}(${(row.args ?? []).join(', ')})`

const objectOf = (row: GrantRow): GrantFacts['object'] => {
  const { schema, name } = row
  if (row.class === 'schema')
    return {
      kind: 'schema',
      schema,
      name,
      id: `schema:${relationId({ schema: 'public', name })}`,
      sql: `schema ${ident(name)}`,
    }
  if (row.class === 'type')
    return { kind: 'type', schema, name, id: typeId(row.subkind ?? '', row), sql: `type ${qualified(row)}` }
  if (row.class === 'function') {
    const word = row.subkind === 'p' ? 'procedure' : 'function'
    return {
      kind: 'function',
      schema,
      name,
      id: functionId(row, row.args ?? []),
      sql: `${word} ${signature(row)}`,
    }
  }
  const kind = relationKinds[row.subkind ?? ''] ?? 'table'
  const id = kind === 'table' ? relationId(row) : relationObjectId(kind, row)
  return { kind, schema, name, id, sql: `${kind === 'sequence' ? 'sequence' : 'table'} ${qualified(row)}` }
}

/** One item per privilege and grantability, its columns together. */
const gathered = (items: readonly (AclItem & { readonly part: string | null })[]): readonly Privilege[] => {
  const privileges = new Map<string, { privilege: string; columns: string[] | null; grantable: boolean }>()
  for (const { privilege, grantable, part } of items) {
    const key = `${privilege} ${part === null ? 0 : 1} ${grantable ? 1 : 0}`
    const known = privileges.get(key)
    if (known?.columns && part !== null) known.columns.push(part)
    else privileges.set(key, { privilege, columns: part === null ? null : [part], grantable })
  }
  return [...privileges].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, privilege]) => privilege)
}

const privilegeText = ({ privilege, columns, grantable }: Privilege): string =>
  `${privilege.toUpperCase()}${columns === null ? '' : ` (${identList(columns)})`}${grantable ? ' WITH GRANT OPTION' : ''}`

const privilegesText = (privileges: readonly Privilege[]): string => privileges.map(privilegeText).join(', ')

const definitionOf = ({ privileges }: GrantFacts): string =>
  privileges.length === 0 ? 'REVOKED' : privilegesText(privileges)

/** Roles whose rights a role has, itself and PUBLIC not among them. */
const inheritedBy = (
  role: string,
  edges: readonly { member: string; role: string }[],
): ReadonlySet<string> => {
  const found = new Set<string>()
  const visit = (member: string): void => {
    for (const edge of edges.filter((e) => e.member === member))
      if (!found.has(edge.role)) {
        found.add(edge.role)
        visit(edge.role)
      }
  }
  visit(role)
  return found
}

const otherwiseOf = (
  grantee: string | null,
  rows: readonly GrantRow[],
  edges: readonly { member: string; role: string }[],
): Readonly<Record<string, string>> => {
  if (grantee === null) return {}
  const roles = inheritedBy(grantee, edges)
  const found = new Map<string, string>()
  for (const row of rows.filter((r) => r.part === null))
    for (const item of row.acl)
      if (item.grantee === null) found.set(item.privilege, 'PUBLIC')
      else if (roles.has(item.grantee) && !found.has(item.privilege)) found.set(item.privilege, item.grantee)
  return Object.fromEntries(found)
}

const columnsOtherwiseOf = (
  grantee: string | null,
  rows: readonly GrantRow[],
  edges: readonly { member: string; role: string }[],
): GrantFacts['columnsOtherwise'] => {
  if (grantee === null) return undefined
  const roles = inheritedBy(grantee, edges)
  const found: Record<string, Record<string, string>> = {}
  for (const { part, acl } of rows)
    for (const item of acl) {
      const from = item.grantee === null ? 'PUBLIC' : roles.has(item.grantee) ? item.grantee : null
      if (part !== null && from !== null) (found[item.privilege] ??= {})[part] ??= from
    }
  return Object.keys(found).length === 0 ? undefined : found
}

const structuresOf = (
  found: readonly GrantRow[],
  edges: readonly { member: string; role: string }[],
): readonly Structure<GrantFacts>[] => {
  const rows = found.toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0))
  const [first] = rows
  if (!first) return []
  const object = objectOf(first)
  const items = (list: 'acl' | 'given') =>
    rows.flatMap((row) => row[list].map((item) => ({ ...item, part: row.part })))
  const acl = items('acl')
  const given = items('given')
  const grantees = new Set([...acl, ...given].map((item) => item.grantee))
  return [...grantees].flatMap((grantee) => {
    const columnsOtherwise = columnsOtherwiseOf(grantee, rows, edges)
    const facts: GrantFacts = {
      grantee,
      object,
      privileges: gathered(acl.filter((item) => item.grantee === grantee)),
      given: gathered(given.filter((item) => item.grantee === grantee)),
      otherwise: otherwiseOf(grantee, rows, edges),
      ...(columnsOtherwise ? { columnsOtherwise } : {}),
      reaches: acl.every((item) => item.grantee !== grantee || item.reaches),
    }
    if (privilegesText(facts.privileges) === privilegesText(facts.given)) return []
    const columns = facts.privileges.flatMap((p) => p.columns ?? [])
    const structure: Structure<GrantFacts> = {
      id: structureId(object.id, 'grant', grantee ?? 'PUBLIC'),
      kind: 'grant',
      table: object.kind === 'table' ? object.id : null,
      name: grantee ?? 'PUBLIC',
      definition: definitionOf(facts),
      dependsOn:
        object.kind === 'table'
          ? [structureId(object.id, 'table'), ...columns.map((c) => structureId(object.id, 'column', c))]
          : [object.id],
      facts,
    }
    return [structure]
  })
}

const grouped = (rows: readonly GrantRow[]): readonly (readonly GrantRow[])[] => {
  const groups = new Map<string, GrantRow[]>()
  for (const row of rows) {
    const { sql } = objectOf(row)
    const group = groups.get(sql)
    if (group) group.push(row)
    else groups.set(sql, [row])
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group)
}

const granteeSql = ({ grantee }: GrantFacts): string => (grantee === null ? 'public' : ident(grantee))

/** `grant select ("a") on table "t" to "app" with grant option`. */
const grantSql = (facts: GrantFacts, { privilege, columns, grantable }: Privilege): string =>
  `grant ${privilege}${columns === null ? '' : ` (${identList(columns)})`} on ${facts.object.sql} to ${granteeSql(facts)}${grantable ? ' with grant option' : ''}`

const revokeAllSql = (facts: GrantFacts): string =>
  `revoke all on ${facts.object.sql} from ${granteeSql(facts)} cascade`

export const grantKind: StructureKind<GrantFacts> = {
  kind: 'grant',
  read: async (db: Session, tables) => {
    const [version] = await db.json<{ major: number }>(
      `select current_setting('server_version_num')::int / 10000 as major`,
    )
    const [rows, edges] = await Promise.all([
      db.json<GrantRow>(grantsSql),
      db.json<{ member: string; role: string }>(inheritanceSql(version?.major ?? 0)),
    ])
    return withoutTemplated(
      grouped(rows).flatMap((group) => structuresOf(group, edges)),
      tables,
    )
  },
  create: ({ facts }) => [revokeAllSql(facts), ...facts.privileges.map((p) => grantSql(facts, p))],
  drop: ({ facts }) => [revokeAllSql(facts), ...facts.given.map((p) => grantSql(facts, p))],
  mutants: grantMutants,
  declaredBy: ({ facts }) =>
    `t.visibleTo(${JSON.stringify(facts.grantee ?? 'PUBLIC')}, …) with exactly these privileges`,
}
