/** Use case: from what is red to the next migrations of a project, written only when they were seen to do it. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { designMigrations, type Design } from '../migrate/design/design-migrations.ts'
import type { DesignedMigration } from '../migrate/design/write-migrations.ts'
import type { HistoryForm, NewFile } from '../migrate/forms/form.ts'
import { ownForm } from '../migrate/forms/own.ts'
import { askedIn } from './asked-ids.ts'
import { loadProject } from './config.ts'
import { designPlace, placeFindings } from './design-place.ts'
import { withMigrated, type Migrated, type ServerWish } from './migrated.ts'
import { runSqlFile } from './schema-script.ts'
import { writeNewFiles } from './write-new-files.ts'

export interface DesignSettings extends ServerWish {
  /** Where the config is looked for, upwards. */
  readonly directory: string
  readonly name: string | null
  readonly only: readonly string[]
  readonly drop: boolean
  /** direct: the plain form of each change, in one transaction; null: online, where the tool that runs it can. */
  readonly form: 'online' | 'direct' | null
  /** Of several directories of another tool the one to write to; null: there is one. */
  readonly into: string | null
  readonly dryRun: boolean
}

export interface ArchitectureDesign extends Design {
  readonly architecture: string
  /** Whose form they have; null: Assay's own. */
  readonly tool: string | null
  /** Absolute; null when the schema comes from a command of a tool whose form is not known. */
  readonly directory: string | null
  /** What is written, or would be. */
  readonly files: readonly NewFile[]
  /** Absolute paths. */
  readonly written: readonly string[]
  /** Whether `down` of its migrations is written; it was run in any case. */
  readonly hasDown: boolean
}

export interface ProjectDesign {
  readonly designs: readonly ArchitectureDesign[]
  readonly dryRun: boolean
}

/** Names of migrations, files and directories alike. */
const standingIn = (directory: string | null): readonly string[] => {
  if (directory === null) return []
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

const filesOf = (
  form: HistoryForm,
  migrations: readonly DesignedMigration[],
  hasDown: boolean,
): readonly NewFile[] =>
  form.filesOf(
    migrations.map(({ name, up, down, isForward }) => ({
      name,
      up,
      down: hasDown && !isForward ? down : null,
    })),
  )

const designOne = async (
  { server, template, part }: Migrated,
  settings: DesignSettings,
): Promise<ArchitectureDesign> => {
  const { schema, architecture } = part
  const { only, drop, name, dryRun, onProgress } = settings
  const form = designPlace(part, settings.into, dryRun)
  const directory = form?.directory ?? null
  const isPlain = form?.isOneTransaction === true && settings.form === null
  const hasDown = part.direction !== 'forward'
  const design = await designMigrations({
    architecture,
    server,
    template,
    only,
    drop,
    online: settings.form !== 'direct' && !isPlain,
    name,
    standing: standingIn(directory),
    ...(form ? { prefix: form.prefix } : {}),
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
  const files = filesOf(form ?? ownForm(''), design.migrations, hasDown)
  const written = dryRun || form === null ? [] : writeNewFiles(files)
  return {
    ...design,
    findings: [
      ...design.findings,
      ...(design.migrations.length === 0
        ? []
        : placeFindings(form, isPlain, schema.migrations === undefined)),
    ],
    architecture: architecture.name,
    tool: form?.tool ?? null,
    directory,
    files,
    written,
    hasDown,
  }
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
