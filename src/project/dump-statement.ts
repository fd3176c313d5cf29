/** What is done with a statement of a dump: most are run; what belongs to the server, not to the database, is left out. */
import type { ParseNode } from '../postgres/parse.ts'
import { parseStatement } from '../migrate/files/transaction-need.ts'

export type DumpPlan =
  | { readonly do: 'run' }
  /** It says nothing about the schema, or is true already. */
  | { readonly do: 'pass' }
  | { readonly do: 'leave'; readonly because: LeaveReason; readonly role?: string }
  | { readonly do: 'extension'; readonly name: string; readonly schema: string | null }
  /** Roles belong to the server: Assay's own has them without login and without rights over the server. */
  | {
      readonly do: 'role'
      readonly name: string
      readonly bypassesRowSecurity: boolean
      readonly memberships: readonly (readonly [member: string, group: string])[]
    }

export type LeaveReason = 'owner' | 'server' | 'rows'

/** Only these are parsed; a dump has thousands of others. */
const worthALook =
  /^(?:(?:create|drop)\s+(?:database|extension|role|user|group|tablespace|subscription|owned)\b|alter\s+(?:database|role|user|group|system|tablespace|subscription|extension)\b|alter\s[^]*\bowner\s+to\b|(?:re)?set\b|comment\s+on\s+(?:database|extension|role|tablespace|subscription)\b|(?:grant|revoke)\b[^]*\bon\s+(?:database|tablespace|parameter)\b|reassign\b|security\s+label\b)/iu

/** pg_dump --inserts, and what people write: rows, which are no part of an architecture. */
const plainRows = /^insert\s+into\s+[^\s(]+\s*(?:\([^)]*\)\s*)?(?:overriding\s+\w+\s+value\s+)?values\b/iu

const run: DumpPlan = { do: 'run' }
const pass: DumpPlan = { do: 'pass' }

const word = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

interface Option {
  readonly name: string
  readonly value: unknown
}

const optionsOf = (content: ParseNode): readonly Option[] =>
  ((content['options'] ?? []) as readonly { readonly DefElem?: ParseNode }[]).flatMap(({ DefElem }) =>
    DefElem === undefined ? [] : [{ name: String(DefElem['defname']), value: DefElem['arg'] }],
  )

const stringOf = (value: unknown): string | null =>
  word((value as { readonly String?: { readonly sval?: unknown } } | undefined)?.String?.sval)

const isTrue = (value: unknown): boolean =>
  (value as { readonly Boolean?: { readonly boolval?: boolean } } | undefined)?.Boolean?.boolval === true

const roleOf = (value: unknown): string | null =>
  word((value as { readonly rolename?: unknown } | undefined)?.rolename)

const leave = (because: LeaveReason, role: string | null = null): DumpPlan => ({
  do: 'leave',
  because,
  ...(role === null ? {} : { role }),
})

const bypasses = (content: ParseNode): boolean =>
  optionsOf(content).some(({ name, value }) => name === 'bypassrls' && isTrue(value))

/** Names in an option such as IN ROLE a, b. */
const rolesIn = (content: ParseNode, option: string): readonly string[] =>
  optionsOf(content).flatMap(({ name, value }) => {
    if (name !== option) return []
    const list = (value as { readonly List?: { readonly items?: readonly ParseNode[] } } | undefined)?.List
    return (list?.items ?? []).flatMap((item) => roleOf(item['RoleSpec']) ?? [])
  })

const role = (content: ParseNode, name: string | null): DumpPlan => {
  if (name === null) return pass
  const groups = rolesIn(content, 'addroleto').map((group) => [name, group] as const)
  const members = ['rolemembers', 'adminmembers'].flatMap((option) => rolesIn(content, option))
  return {
    do: 'role',
    name,
    bypassesRowSecurity: bypasses(content),
    memberships: [...groups, ...members.map((member) => [member, name] as const)],
  }
}

/** `alter table … owner to …` and nothing else. */
const newOwner = (content: ParseNode): string | null => {
  const commands = (content['cmds'] ?? []) as readonly { readonly AlterTableCmd?: ParseNode }[]
  const owners = commands.flatMap(({ AlterTableCmd }) =>
    AlterTableCmd?.['subtype'] === 'AT_ChangeOwner' ? [roleOf(AlterTableCmd['newowner']) ?? ''] : [],
  )
  return owners.length > 0 && owners.length === commands.length ? (owners[0] ?? '') : null
}

/** Comments on what belongs to the server or, as extensions do, to the administrator. */
const foreignObjects = new Set([
  'OBJECT_DATABASE',
  'OBJECT_EXTENSION',
  'OBJECT_ROLE',
  'OBJECT_TABLESPACE',
  'OBJECT_SUBSCRIPTION',
  'OBJECT_PARAMETER_ACL',
])

type Judge = (content: ParseNode) => DumpPlan

const server: Judge = () => leave('server')

/** By the node of PostgreSQL's parser. */
const judges: Readonly<Record<string, Judge>> = {
  CreatedbStmt: () => pass,
  DropdbStmt: () => pass,
  AlterDatabaseStmt: server,
  AlterDatabaseSetStmt: server,
  AlterDatabaseRefreshCollStmt: () => pass,
  AlterSystemStmt: server,
  CreateTableSpaceStmt: server,
  DropTableSpaceStmt: () => pass,
  AlterTableSpaceOptionsStmt: server,
  CreateSubscriptionStmt: server,
  AlterSubscriptionStmt: server,
  DropSubscriptionStmt: () => pass,
  DropRoleStmt: () => pass,
  DropOwnedStmt: () => pass,
  ReassignOwnedStmt: () => pass,
  AlterRoleSetStmt: server,
  SecLabelStmt: server,
  AlterExtensionStmt: () => pass,
  CreateExtensionStmt: (content) => {
    const schema = optionsOf(content).find(({ name }) => name === 'schema')
    return { do: 'extension', name: String(content['extname']), schema: stringOf(schema?.value) }
  },
  CreateRoleStmt: (content) => role(content, word(content['role'])),
  AlterRoleStmt: (content) => role(content, roleOf(content['role'])),
  AlterOwnerStmt: (content) => leave('owner', roleOf(content['newowner'])),
  AlterTableStmt: (content) => {
    const owner = newOwner(content)
    return owner === null ? run : leave('owner', owner === '' ? null : owner)
  },
  // Everything belongs to who loads it, whoever the file would become.
  VariableSetStmt: (content) =>
    content['name'] === 'role' || content['name'] === 'session_authorization' ? pass : run,
  CommentStmt: (content) => (foreignObjects.has(String(content['objtype'])) ? pass : run),
  GrantStmt: (content) => (foreignObjects.has(String(content['objtype'])) ? leave('server') : run),
}

/** Call `loadParser` of parse.ts before. `keepsRows`: the file's rows are run too. */
export const planStatement = (text: string, keepsRows: boolean): DumpPlan => {
  if (!keepsRows && plainRows.test(text)) return leave('rows')
  if (!worthALook.test(text)) return run
  const [kind, content] = parseStatement(text) ?? []
  return kind === undefined || content === undefined ? run : (judges[kind]?.(content) ?? run)
}
