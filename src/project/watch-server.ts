/** The server of a watch, with a migrated database and a ground for proofs of each architecture, kept between rounds. */
import { startServer } from '../postgres/start.ts'
import type { Server } from '../postgres/server.ts'
import { openGround, type ProofGround } from '../prove/proof-ground.ts'
import type { ServerWish } from './migrated.ts'
import type { Project, ProjectArchitecture } from './project.ts'
import { keepSchema, type SchemaKeeper } from './watch-schema.ts'

export interface OpenPart {
  readonly server: Server
  readonly keeper: SchemaKeeper
  readonly part: ProjectArchitecture
  readonly template: string
  readonly ground: ProofGround
  /** Rounds on this ground. */
  readonly rounds: number
}

/** SQL files that were run again; null: the schema is the one of before. */
export type Remigrated = { readonly ran: number; readonly files: number } | null

export interface WatchServer {
  /** In the order of the project. */
  readonly parts: readonly OpenPart[]
  /** Every architecture anew, on a new server. */
  open(project: Project): Promise<void>
  /** What changed of the schemas is migrated; `mustRun`: what a schema.command reads was saved. */
  follow(project: Project, mustRun: boolean): Promise<readonly Remigrated[]>
  /** Puts away what earlier rounds worked on. */
  tidy(): Promise<void>
  /** The server is gone afterwards. */
  release(): Promise<void>
}

/** Clones wear out by what rolled-back experiments leave in them. */
const roundsOfOneGround = 40

/** Another one of these needs another server: which architectures there are, and how the server listens. */
const shapeOf = (project: Project): string =>
  JSON.stringify(project.architectures.map((a) => [a.architecture.name, a.schema.command !== undefined]))

export const makeWatchServer = ({ url, onProgress }: ServerWish): WatchServer => {
  let server: Server | null = null
  let parts: readonly OpenPart[] = []
  let shape = ''
  let unneeded: ProofGround[] = []

  const release = async (): Promise<void> => {
    const old = server
    server = null
    parts = []
    unneeded = []
    await old?.stop()
  }

  /** Files that people were at work on when the server had to be changed. */
  const edited = new Map<string, string>()

  const openPart = async (running: Server, part: ProjectArchitecture): Promise<OpenPart> => {
    const { name } = part.architecture
    onProgress?.(`migrating ${name}`, 0, 1)
    const keeper = keepSchema(running, name)
    const { template } = await keeper.first(part.schema, edited.get(name) ?? null)
    const ground = await openGround(running, template)
    return { server: running, keeper, part, template, ground, rounds: 0 }
  }

  const open = async (project: Project): Promise<void> => {
    await release()
    onProgress?.('starting PostgreSQL', 0, 1)
    const running = await startServer({
      ...(url === undefined ? {} : { url }),
      tcp: project.architectures.some((a) => a.schema.command !== undefined),
      onProgress: (text) => onProgress?.(text, 0, 1),
    })
    server = running
    const opened: OpenPart[] = []
    for (const part of project.architectures) opened.push(await openPart(running, part))
    parts = opened
    shape = shapeOf(project)
  }

  /** Null: only a new server has the roles that the files ask for. */
  const followOne = async (
    own: OpenPart,
    part: ProjectArchitecture,
    mustRun: boolean,
  ): Promise<{ readonly next: OpenPart; readonly how: Remigrated } | null> => {
    const made = await own.keeper.again(part.schema, mustRun && part.schema.command !== undefined)
    if (made !== 'same' && 'needsNewServer' in made) {
      if (made.edited !== null) edited.set(part.architecture.name, made.edited)
      return null
    }
    const isWorn = own.rounds >= roundsOfOneGround
    if (made === 'same' && !isWorn) return { next: { ...own, part, rounds: own.rounds + 1 }, how: null }
    const template = made === 'same' ? own.template : made.template
    const ground = await openGround(own.server, template)
    unneeded.push(own.ground)
    return { next: { ...own, part, template, ground, rounds: 0 }, how: made === 'same' ? null : made }
  }

  return {
    get parts() {
      return parts
    },
    open,
    async follow(project, mustRun) {
      const wanted = project.architectures
      const anew = async (): Promise<readonly Remigrated[]> => {
        await open(project)
        return wanted.map(() => null)
      }
      if (server === null || shapeOf(project) !== shape) return anew()
      const found: Remigrated[] = []
      for (const [i, part] of wanted.entries()) {
        const followed = await followOne(parts[i]!, part, mustRun)
        if (followed === null) return anew()
        parts = parts.with(i, followed.next)
        found.push(followed.how)
      }
      return found
    },
    async tidy() {
      for (const ground of unneeded.splice(0)) await ground.close()
      for (const { keeper } of parts) await keeper.tidy()
    },
    release,
  }
}
