/** The database that migrations begin with, and the roles that they make on the way. */
import type { Server } from '../postgres/server.ts'
import { applySchema } from './migrations.ts'
import type { ProjectArchitecture } from './project.ts'

/** The prover may become every role that there is; and migrations go on making roles, which admitting ends before PostgreSQL 16. */
export const admitRoles = async (server: Server): Promise<void> => {
  await server.admitRoles()
  if (!server.isOwn && server.major < 16) await server.dropDatabase(await server.createDatabase('roles'))
}

/** Before the first migration. */
export const makeGround = async (
  server: Server,
  { architecture, schema }: ProjectArchitecture,
): Promise<string> => {
  const database = await server.createDatabase(architecture.name)
  const { migrations: _, ...ground } = schema
  await applySchema(server, database, ground)
  await admitRoles(server)
  return database
}
