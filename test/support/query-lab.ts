/** Declared queries and writes of one architecture on a server of their own: proven, and measured. */
import type { Architecture } from '../../src/architecture/architecture.ts'
import type { Server } from '../../src/postgres/server.ts'
import type { Session } from '../../src/postgres/session.ts'
import { startServer } from '../../src/postgres/start.ts'
import { prove, type Step } from '../../src/prove/prove.ts'
import type { ProveResult } from '../../src/prove/result.ts'
import type { ValidateResult } from '../../src/queries/result.ts'
import { validateQueries } from '../../src/queries/validate.ts'
import { runAs } from './rule-lab.ts'

export interface QueryLab {
  prove(steps: readonly Step[], only: readonly string[]): Promise<ProveResult>
  validate(only?: readonly string[]): Promise<ValidateResult>
  /** On what was migrated, as a superuser; whoever takes it ends it. */
  connect(): Promise<Session>
  /** Names of all databases. */
  databases(): Promise<readonly unknown[]>
  close(): Promise<void>
}

/** `migration` is run by the owner, in an empty database. */
export const openQueryLab = async (migration: string, architecture: Architecture): Promise<QueryLab> => {
  const server: Server = await startServer({})
  const template = await server.createDatabase('shop')
  await runAs(server, template, 'owner', migration)
  await server.admitRoles()
  return {
    prove: (steps, only) => prove({ architecture, server, template, steps, only, startSeconds: 0 }),
    validate: (only = []) => validateQueries({ architecture, server, template, only }),
    connect: () => server.connect(template, 'administrator'),
    databases: async () => {
      const db = await server.connect(template, 'administrator')
      try {
        return (await db.query('select datname from pg_catalog.pg_database order by 1'))[0]!.rows
      } finally {
        await db.end()
      }
    },
    close: () => server.stop(),
  }
}
