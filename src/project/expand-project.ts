/** Use cases of assay migrate expand and contract: the next phases of changes that two applications live through. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { fromHalfWay } from '../migrate/design/half-way.ts'
import { volatileDefaults } from '../migrate/design/design-round.ts'
import { migrationNames } from '../migrate/design/name-migrations.ts'
import type { StatedSql } from '../migrate/expand/kinds/shape-kind.ts'
import type { ShapeLab } from '../migrate/expand/lab.ts'
import { readPhases, type PhaseOnDisk } from '../migrate/expand/phase-files.ts'
import {
  contractShapes,
  expandShapes,
  type Expanded,
  type WrittenPhase,
} from '../migrate/expand/write-phases.ts'
import type { HistoryForm, NewFile } from '../migrate/forms/form.ts'
import { formOfSql } from '../migrate/forms/kinds.ts'
import { unquoted } from '../postgres/quote.ts'
import { loadProject } from './config.ts'
import { withMigrated, type Migrated, type ServerWish } from './migrated.ts'
import type { Project } from './project.ts'
import { runSqlFile } from './schema-script.ts'
import { writeNewFiles } from './write-new-files.ts'

export interface ExpandSettings extends ServerWish {
  /** Where the config is looked for, upwards. */
  readonly directory: string
  /** `customers.first_name = split_part(full_name, ' ', 1)`. */
  readonly set: readonly string[]
  readonly back: readonly string[]
  readonly fill: readonly string[]
  /** The major version of PostgreSQL on which the phases will run. Absent: that of the server on which they are tried. */
  readonly serverVersion?: number
  /** `users.bio=profiles.bio`. */
  readonly move: readonly string[]
  readonly only: readonly string[]
  readonly dryRun: boolean
}

export interface ContractSettings extends ServerWish {
  readonly directory: string
  /** Names of changes; none: all that are under way. */
  readonly only: readonly string[]
  /** How long the way back is kept: `30 days`. */
  readonly keep: string
  readonly dryRun: boolean
}

export interface NamedPhase extends WrittenPhase {
  /** Of its migration. */
  readonly name: string
}

export interface ArchitecturePhases {
  readonly architecture: string
  /** Absolute. */
  readonly directory: string
  readonly phases: readonly NamedPhase[]
  readonly rules: readonly string[]
  readonly findings: Expanded['findings']
  /** Absolute paths. */
  readonly written: readonly string[]
}

const noDirectory = (command: string | undefined): AssayError =>
  new AssayError('There is no directory of migrations to write to.', {
    code: 'expand.no-directory',
    exit: 2,
    asked: 'phases as migrations in SQL files',
    found: command === undefined ? 'no schema.migrations' : `schema.command: ${command}`,
    why: 'each phase is released by itself, and knows by its files which one comes next',
    mend: "Say schema: { migrations: 'migrations' } in assay.config.ts.",
  })

const notRead = (option: string, text: string, found: string): AssayError =>
  new AssayError(`${option} does not say which column it means.`, {
    code: 'expand.option',
    exit: 2,
    asked: text,
    found,
    mend: `Write the column, an equals sign, and its value over the columns of the other side:\n--set "customers.first_name = split_part(full_name, ' ', 1)"`,
  })

/** The first one that stands in no quoted name; -1: there is none. */
const equalsSign = (text: string): number => {
  const [place = ''] = /^(?:[^"=]|"(?:[^"]|"")*")*(?==)/u.exec(text) ?? []
  return place === '' ? text.indexOf('=') : place.length
}

/** Ids of tables may hold dots: the longest one that fits is meant. */
const readStated = (option: string, texts: readonly string[], project: Project): readonly StatedSql[] => {
  const tables = project.architectures
    .flatMap(({ architecture }) => architecture.tables.map(({ id }) => id))
    .toSorted((a, b) => b.length - a.length)
  return texts.map((text) => {
    const at = equalsSign(text)
    const place = text.slice(0, Math.max(at, 0)).trim()
    const sql = text.slice(at + 1).trim()
    if (at < 0 || sql === '') throw notRead(option, text, 'no equals sign, or nothing behind it')
    const table = tables.find((id) => place.startsWith(`${id}.`))
    if (table === undefined)
      throw notRead(
        option,
        text,
        `no table of the declaration before "="; there is ${tables.toSorted().join(', ')}`,
      )
    return { table, column: unquoted(place.slice(table.length + 1)), sql }
  })
}

const filesOf = (directory: string, phases: readonly NamedPhase[]): readonly NewFile[] =>
  phases.flatMap(({ name, files }) =>
    Object.entries(files).map(([file, text]) => ({
      migration: name,
      file: path.join(directory, name, file),
      text,
    })),
  )

/** Whether what it runs is read as phases: a phase is several files, and several transactions. */
const refuseOtherForm = ({ tool, directory }: HistoryForm): void => {
  if (tool === null) return
  throw new AssayError(`The migrations are those of ${tool}, which does not read phases.`, {
    code: 'expand.other-tool',
    exit: 2,
    asked: `phases as migrations in ${directory}`,
    found: `migrations in the form of ${tool}`,
    why: 'a phase runs in several transactions, and has files beside it by which the next one is written: only `assay migrate up` runs it',
    mend: `Let Assay run what is to come: keep those migrations as they are, begin a directory of its own with what stands (pg_dump -s), name it in assay.config.ts (schema: { migrations: 'migrations' }), and tell each database that it has that: assay migrate baseline --to 0001 --url …
Or look at the phases, and write each by hand for ${tool}: assay migrate expand --dry-run`,
  })
}

/** The first version for which statements are chosen. */
const oldest = 14

/** Phases are tried on a server that knows all that is written. */
const versionOf = (asked: number | undefined, major: number): number => {
  if (asked === undefined || (Number.isInteger(asked) && asked >= oldest && asked <= major))
    return asked ?? major
  throw new AssayError(`Phases cannot be written here for PostgreSQL ${asked}.`, {
    code: 'expand.server-version',
    exit: 2,
    asked: `--server-version ${asked}`,
    found: `a server of version ${major}, on which each phase is tried`,
    why: `its statements are those of the versions ${oldest} to ${major}`,
    mend:
      asked > major
        ? `Try them on a server of that version: assay migrate expand --url postgres://…`
        : `Name the major version of the database, from ${oldest} to ${major}: --server-version ${major}`,
  })
}

const each = async (
  project: Project,
  wish: ServerWish & { readonly dryRun: boolean; readonly serverVersion?: number },
  work: (lab: ShapeLab, standing: readonly PhaseOnDisk[]) => Promise<Expanded>,
): Promise<readonly ArchitecturePhases[]> =>
  withMigrated(project, wish, async (all: readonly Migrated[]) => {
    const found: (ArchitecturePhases & { readonly form: HistoryForm })[] = []
    for (const { server, template, part } of all) {
      const { schema, architecture } = part
      if (schema.migrations === undefined) throw noDirectory(schema.command)
      const directory = path.resolve(schema.directory, schema.migrations)
      const form = formOfSql(directory)
      const major = versionOf(wish.serverVersion, server.major)
      wish.onProgress?.(`trying phases of ${architecture.name}`, 0, 1)
      const run: ShapeLab['run'] = async (database, file, text) => {
        const owner = await server.connect(database, 'owner')
        try {
          await runSqlFile(
            owner,
            { file: path.join(directory, file), text },
            { skipExtensionComments: (schema.extensions ?? []).length > 0 },
          )
        } finally {
          await owner.end()
        }
      }
      const lab: ShapeLab = {
        server,
        template,
        architecture,
        major,
        fromHalfWay,
        volatile: volatileDefaults,
        run,
      }
      const { phases, rules, findings } = await work(lab, readPhases(directory))
      const names = migrationNames(
        readdirSync(directory),
        phases.map(({ purpose }) => purpose),
        null,
        form.prefix,
      )
      const named = phases.map((phase, i) => ({ ...phase, name: names[i] ?? phase.purpose }))
      found.push({
        architecture: architecture.name,
        directory,
        form,
        phases: named,
        rules,
        findings,
        written: [],
      })
    }
    if (wish.dryRun) return found
    for (const { form, phases } of found) if (phases.length > 0) refuseOtherForm(form)
    return found.map((one) => ({ ...one, written: writeNewFiles(filesOf(one.directory, one.phases)) }))
  })

export const expandProject = async (settings: ExpandSettings): Promise<readonly ArchitecturePhases[]> => {
  const project = await loadProject(settings.directory)
  const stated = {
    set: readStated('--set', settings.set, project),
    back: readStated('--back', settings.back, project),
    fill: readStated('--fill', settings.fill, project),
  }
  return each(project, settings, (lab, standing) => {
    const own = (all: readonly StatedSql[]): readonly StatedSql[] =>
      all.filter(({ table }) => lab.architecture.tables.some(({ id }) => id === table))
    const { set, back, fill } = stated
    return expandShapes(
      lab,
      { set: own(set), back: own(back), fill: own(fill), move: settings.move, only: settings.only },
      standing,
    )
  })
}

export const contractProject = async (settings: ContractSettings): Promise<readonly ArchitecturePhases[]> =>
  each(await loadProject(settings.directory), settings, (lab, standing) =>
    contractShapes(lab, settings, standing),
  )
