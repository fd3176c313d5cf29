/** A server with one migrated database per architecture, for the length of a use case. */
import { startServer } from '../postgres/start.ts'
import type { Server } from '../postgres/server.ts'
import { applySchema } from './migrations.ts'
import type { Project, ProjectArchitecture } from './project.ts'

export type OnProgress = (stage: string, done: number, of: number) => void

export interface Migrated {
  readonly server: Server
  readonly template: string
  readonly part: ProjectArchitecture
  /** Seconds that starting the server (for the first) and migrating took. */
  readonly seconds: number
}

export interface ServerWish {
  /** An existing server instead of the embedded one. */
  readonly url?: string
  readonly onProgress?: OnProgress
  /** The embedded server shall listen on 127.0.0.1 too, for commands of other tools. */
  readonly tcp?: boolean
}

export interface OpenMigrated {
  readonly all: readonly Migrated[]
  /** The server is gone afterwards. */
  close(): Promise<void>
}

/**
 * Every architecture of a project migrated on a server of its own making. All are migrated before it answers: a
 * migration that fails is told before anything is proven.
 */
export const openMigrated = async (project: Project, wish: ServerWish): Promise<OpenMigrated> => {
  let from = performance.now()
  wish.onProgress?.('starting PostgreSQL', 0, 1)
  const server = await startServer({
    ...(wish.url === undefined ? {} : { url: wish.url }),
    tcp: wish.tcp === true || project.architectures.some((a) => a.schema.command !== undefined),
    onProgress: (text) => wish.onProgress?.(text, 0, 1),
  })
  try {
    const all: Migrated[] = []
    for (const part of project.architectures) {
      wish.onProgress?.(`migrating ${part.architecture.name}`, 0, 1)
      const template = await server.createDatabase(part.architecture.name)
      await applySchema(server, template, part.schema)
      await server.admitRoles()
      all.push({ server, template, part, seconds: Math.round(performance.now() - from) / 1000 })
      from = performance.now()
    }
    return { all, close: () => server.stop() }
  } catch (cause) {
    await server.stop()
    throw cause
  }
}

/** Runs `work` with every architecture of a project migrated; the server is gone afterwards. */
export const withMigrated = async <T>(
  project: Project,
  wish: ServerWish,
  work: (all: readonly Migrated[]) => Promise<T>,
): Promise<T> => {
  const opened = await openMigrated(project, wish)
  try {
    return await work(opened.all)
  } finally {
    await opened.close()
  }
}
