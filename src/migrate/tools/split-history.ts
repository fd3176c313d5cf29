/** Cuts what a tool sent into its migrations: each ends with the row that the tool writes about it. Call `loadParser` before. */
import type { SentStatement } from './sent-statement.ts'
import { roleOf, type StatementRole } from './statement-role.ts'
import type { ToolTable } from './tool-tables.ts'

export interface SentMigration {
  /** As the tool names it. */
  readonly name: string
  /** Settings of its session that were made before, then what it did. */
  readonly statements: readonly SentStatement[]
  /** Tables whose rows its code read, and perhaps decided by. */
  readonly reads: readonly string[]
}

export interface SentHistory {
  /** null: the tool wrote about no migration that is known. */
  readonly table: ToolTable | null
  /** In the order in which they ran. */
  readonly migrations: readonly SentMigration[]
  /** What changed something behind the last migration. */
  readonly behind: readonly SentStatement[]
}

/** What a client says for itself: its text comes as UTF-8 all the same. */
const ofClient = /\b(?:client_encoding|names|application_name|client_min_messages|bytea_output)\b/iu

interface Read {
  readonly sent: SentStatement
  readonly role: StatementRole
}

const readAll = (
  statements: readonly SentStatement[],
  direction: 'up' | 'down',
  known: ToolTable | null,
): { readonly table: ToolTable | null; readonly read: readonly Read[] } => {
  const first = statements.map(({ text }) => roleOf(text, direction, known)).find(({ is }) => is === 'mark')
  const table = known ?? (first?.is === 'mark' ? first.mark.table : null)
  return { table, read: statements.map((sent) => ({ sent, role: roleOf(sent.text, direction, table) })) }
}

/** `known`: the tool's table, as the way up has told it. */
export const splitHistory = (
  statements: readonly SentStatement[],
  direction: 'up' | 'down',
  known: ToolTable | null = null,
): SentHistory => {
  const { table, read } = readAll(statements, direction, known)
  const settings = new Map<number, SentStatement[]>()
  const migrations: SentMigration[] = []
  let within: SentStatement[] = []
  let reads: string[] = []
  /** Made by the session before the migration began. */
  const before = (): readonly SentStatement[] => {
    const session = within.find(({ transaction }) => transaction !== undefined)?.session
    const made = session === undefined ? [] : (settings.get(session) ?? [])
    return made.filter((setting) => !within.includes(setting))
  }
  const keepSettings = (): void => {
    for (const sent of within)
      if (roleOf(sent.text, direction, table).is === 'setting')
        settings.set(sent.session, [...(settings.get(sent.session) ?? []), sent])
  }
  for (const { sent, role } of read) {
    if (role.is === 'mark' && role.mark.table === table) {
      migrations.push({ name: role.mark.migration, statements: [...before(), ...within], reads })
      keepSettings()
      within = []
      reads = []
    } else if (role.is === 'setting') {
      if (ofClient.test(sent.text)) continue
      // Before a migration's first statement it is the session's; among its statements it is part of what it does.
      if (within.length === 0) settings.set(sent.session, [...(settings.get(sent.session) ?? []), sent])
      else within.push(sent)
    } else if (role.is === 'read') reads.push(...role.tables.filter((name) => !reads.includes(name)))
    else if (role.is === 'work') within.push(sent)
  }
  return { table, migrations, behind: within }
}
