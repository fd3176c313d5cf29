/** What a platform's preset asks for and its SQL may not do: done with the administrator's rights, to roles alone. */
import { ident } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import type { MigrationFile } from '../migrate/files/migration-files.ts'

/**
 * Call when the file has run; answers whether new sessions begin with other settings. On a server of the user's, roles
 * may be his own: there nobody is let past policies.
 */
export const settlePreset = async (
  server: Server,
  database: string,
  { preset }: Pick<MigrationFile, 'preset'>,
): Promise<boolean> => {
  const { bypassing = [], searchPath = [] } = preset ?? {}
  const statements = [
    ...(server.isOwn ? bypassing.map((role) => `alter role ${ident(role)} bypassrls`) : []),
    ...(searchPath.length === 0
      ? []
      : [server.owner, server.prover].map(
          (role) => `alter role ${ident(role)} set search_path = ${searchPath.join(', ')}`,
        )),
  ]
  if (statements.length === 0) return false
  const admin = await server.connect(database, 'administrator')
  try {
    await admin.query(statements.join(';\n'))
  } finally {
    await admin.end()
  }
  return searchPath.length > 0
}
