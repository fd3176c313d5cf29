/** Use case: from what is red to the next migrations of a project, written only when they were seen to do it. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { designMigrations, type Design } from '../migrate/design/design-migrations.ts'
import type { DesignedMigration } from '../migrate/design/write-migrations.ts'
import { askedIn } from './asked-ids.ts'
import { loadProject } from './config.ts'
import { withMigrated, type Migrated, type ServerWish } from './migrated.ts'
import { runSqlFile } from './schema-script.ts'

export interface DesignSettings extends ServerWish {
  /** Where the config is looked for, upwards. */
  readonly directory: string
  readonly name: string | null
  readonly only: readonly string[]
  readonly drop: boolean
  /** false: the plain form of each change, in one transaction. */
  readonly online: boolean
  readonly dryRun: boolean
}

export interface ArchitectureDesign extends Design {
  readonly architecture: string
  /** Absolute; null when the schema comes from a command. */
  readonly directory: string | null
  /** Absolute paths. */
  readonly written: readonly string[]
  /** Whether `down` of its migrations is written; it was run in any case. */
  readonly hasDown: boolean
}

export interface ProjectDesign {
  readonly designs: readonly ArchitectureDesign[]
  readonly dryRun: boolean
}

const noDirectory = (command: string | undefined): AssayError =>
  new AssayError('There is no directory of migrations to write to.', {
    code: 'design.no-directory',
    exit: 2,
    asked: 'the next migrations, as files',
    found: command === undefined ? 'no schema.migrations' : `schema.command: ${command}`,
    why: 'another tool keeps these migrations, in its own form',
    mend: 'Let Assay print them, and give them to that tool:\nassay design --dry-run',
  })

/** Names of migrations, files and directories alike. */
const standingIn = (directory: string | null): readonly string[] => {
  if (directory === null) return []
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** Never over a file that stands: what is there was written by somebody. */
const write = (
  directory: string,
  migrations: readonly DesignedMigration[],
  hasDown: boolean,
): readonly string[] =>
  migrations.flatMap(({ name, up, down, isForward }) => {
    const place = path.join(directory, name)
    mkdirSync(place, { recursive: false })
    return (
      [
        ['up.sql', up],
        ['down.sql', down],
      ] as const
    ).flatMap(([file, text]): readonly string[] => {
      if (file === 'down.sql' && (!hasDown || isForward)) return []
      const whole = path.join(place, file)
      writeFileSync(whole, text, { flag: 'wx' })
      return [whole]
    })
  })

const designOne = async (
  { server, template, part }: Migrated,
  settings: DesignSettings,
): Promise<ArchitectureDesign> => {
  const { schema, architecture } = part
  const directory = schema.migrations === undefined ? null : path.resolve(schema.directory, schema.migrations)
  if (directory === null && !settings.dryRun) throw noDirectory(schema.command)
  const { only, drop, online, name, dryRun, onProgress } = settings
  const hasDown = part.direction !== 'forward'
  const design = await designMigrations({
    architecture,
    server,
    template,
    only,
    drop,
    online,
    name,
    standing: standingIn(directory),
    run: async (database, file, text) => {
      const owner = await server.connect(database, 'owner')
      try {
        const source = { file: path.join(directory ?? '', file), text }
        await runSqlFile(owner, source, { skipExtensionComments: (schema.extensions ?? []).length > 0 })
      } finally {
        await owner.end()
      }
    },
    ...(onProgress ? { onProgress } : {}),
  })
  const written = dryRun || directory === null ? [] : write(directory, design.migrations, hasDown)
  return { ...design, architecture: architecture.name, directory, written, hasDown }
}

export const designProject = async (settings: DesignSettings): Promise<ProjectDesign> => {
  const project = await loadProject(settings.directory)
  const designs = await withMigrated(project, settings, async (all) => {
    const asked = await askedIn(all, settings.only)
    const found: ArchitectureDesign[] = []
    for (const [i, migrated] of all.entries()) if (asked[i]) found.push(await designOne(migrated, settings))
    return found
  })
  return { designs, dryRun: settings.dryRun }
}
