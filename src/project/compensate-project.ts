/** Use case: the next migration, which takes one that stands back; written only when it was seen to do so. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import { AssayError } from '../ground/errors.ts'
import { compensate } from '../migrate/compensate/compensate.ts'
import { migrationNames } from '../migrate/design/name-migrations.ts'
import type { LossDirective } from '../migrate/files/directives.ts'
import type { Migration } from '../migrate/files/migration.ts'
import type { HistoryForm, NewFile } from '../migrate/forms/form.ts'
import { formOfSql } from '../migrate/forms/kinds.ts'
import { nameWords } from '../migrate/files/name-words.ts'
import { isNamed } from '../migrate/files/migration-number.ts'
import { readMigrations } from '../migrate/files/read-migrations.ts'
import { stagesOf } from '../migrate/files/steps.ts'
import { withProver } from '../migrate/test/database-state.ts'
import { runStages } from '../migrate/test/run-stages.ts'
import { ownerOf } from '../migrate/test/stop-halfway.ts'
import { loadParser } from '../postgres/parse.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import type { Finding } from '../prove/result.ts'
import { chooseArchitecture } from './choose-architecture.ts'
import { loadProject } from './config.ts'
import { placeFindings } from './design-place.ts'
import type { ServerWish } from './migrated.ts'
import { admitRoles, makeGround } from './migration-ground.ts'
import type { ProjectArchitecture } from './project.ts'
import { isError } from './prove-project.ts'
import { unknownName } from './test-migrations.ts'
import { writeNewFiles } from './write-new-files.ts'

export interface CompensateSettings extends ServerWish {
  /** Where the config is looked for, upwards. */
  readonly directory: string
  /** Its name or number; null: the last one. */
  readonly takesBack: string | null
  /** Which one, when the configuration has several. */
  readonly architecture?: string
  /** What the new migration is called, behind its number. */
  readonly name: string | null
  /** What it may lose, such as `products.legacy`. */
  readonly loses: readonly string[]
  readonly dryRun: boolean
}

export interface ProjectCompensation {
  readonly architecture: string
  readonly takesBack: string
  readonly name: string
  /** What it does, as SQL; it has no way back. */
  readonly text: string
  readonly losses: readonly LossDirective[]
  /** Whose form it has; null: Assay's own. */
  readonly tool: string | null
  /** Absolute paths, its own first; []: it was not written. */
  readonly written: readonly string[]
  readonly findings: readonly Finding[]
  readonly dryRun: boolean
  readonly ok: boolean
}

const noDirectory = ({ schema, architecture }: ProjectArchitecture): AssayError =>
  new AssayError(`${architecture.name} has no directory of SQL migrations.`, {
    code: 'compensate.no-directory',
    exit: 2,
    asked: 'a migration that is taken back by the next one',
    found: schema.command === undefined ? 'no schema.migrations' : `schema.command: ${schema.command}`,
    why: 'another tool keeps these migrations, in its own form',
    mend: 'Write it as the next migration of that tool, and let its source say what it takes back; `assay migrate test` runs both:\nassay: compensates NAME',
  })

const isRepeatable = ({ name }: Migration): AssayError =>
  new AssayError(`${name} is a repeatable file.`, {
    code: 'compensate.repeatable',
    exit: 2,
    asked: `a migration that takes ${name} back`,
    found: 'a file that runs again whenever its text changes',
    mend: 'Write its old text into it.',
  })

const chosen = (migrations: readonly Migration[], asked: string | null, directory: string): Migration => {
  const versioned = migrations.filter(({ kind }) => kind !== 'repeatable')
  const found = asked === null ? versioned.at(-1) : migrations.find(({ name }) => isNamed(name, asked))
  if (found === undefined)
    throw unknownName(
      asked ?? directory,
      migrations.map(({ name }) => name),
    )
  if (found.kind === 'repeatable') throw isRepeatable(found)
  return found
}

const stopped = (one: Migration, message: string, directory: string): AssayError =>
  new AssayError(`${one.name} is refused: ${message}`, {
    code: 'compensate.refused',
    exit: 1,
    asked: `the migrations of ${directory}, one after the other`,
    found: message,
    mend: `Correct it first: assay migrate test ${one.name}`,
  })

/** What people have to know of a migration that another tool runs. */
const ofForm = (form: HistoryForm): readonly Finding[] =>
  placeFindings(form, form.isOneTransaction, true).map((one) =>
    one.code === 'design.plain-form'
      ? { ...one, fix: 'Measure what it locks: assay lint. For tables in use apply it when few write.' }
      : one,
  )

interface Ran {
  readonly databases: { readonly before: string; readonly after: string }
  readonly catalogs: { readonly before: Catalog; readonly after: Catalog; readonly now: Catalog }
}

/** Copies of the database before and behind one of them, and what it is behind all. */
const runAll = async (
  server: Server,
  part: ProjectArchitecture,
  migrations: readonly Migration[],
  first: Migration,
): Promise<Ran> => {
  const current = await makeGround(server, part)
  const catalogOf = (): Promise<Catalog> => withProver(server, current, (db) => readCatalog(db))
  let databases: Ran['databases'] | null = null
  let catalogs: Omit<Ran['catalogs'], 'now'> | null = null
  for (const one of migrations) {
    const isFirst = one === first
    const before = isFirst ? await server.clone(current, 'before') : ''
    const was = isFirst ? await catalogOf() : null
    const refusal = await runStages(ownerOf(server, current), stagesOf(one.up))
    if (refusal !== null) throw stopped(one, refusal.fault.message, part.schema.migrations ?? '')
    await admitRoles(server)
    if (was === null) continue
    databases = { before, after: await server.clone(current, 'after') }
    catalogs = { before: was, after: await catalogOf() }
  }
  if (databases === null || catalogs === null) throw unknownName(first.name, [])
  return { databases, catalogs: { ...catalogs, now: await catalogOf() } }
}

/** Throws AssayError or AssayErrors where there is nothing that could be written. */
export const compensateProject = async (settings: CompensateSettings): Promise<ProjectCompensation> => {
  const { directory, takesBack, name: wanted, loses, dryRun, url, onProgress } = settings
  const project = await loadProject(directory)
  const part = chooseArchitecture(project, settings.architecture, 'assay migrate compensate')
  if (part.schema.migrations === undefined) throw noDirectory(part)
  const place = path.resolve(part.schema.directory, part.schema.migrations)
  await loadParser()
  const migrations = readMigrations(place)
  const first = chosen(migrations, takesBack, place)
  const versioned = migrations.filter(({ kind }) => kind !== 'repeatable')
  const form = formOfSql(place)
  const [name = ''] = migrationNames(
    readdirSync(place),
    [`takes_back_${nameWords(first.name)}`],
    wanted,
    form.prefix,
  )
  const filesWith = (up: string): readonly NewFile[] => form.filesOf([{ name, up, down: null }])
  onProgress?.('starting PostgreSQL', 0, 1)
  const server = await startServer({
    ...(url === undefined ? {} : { url }),
    onProgress: (text) => onProgress?.(text, 0, 1),
  })
  try {
    onProgress?.('migrating', 0, 1)
    const ran = await runAll(server, part, versioned, first)
    onProgress?.(`taking ${first.name} back`, 0, 1)
    const { text, directives, findings } = await compensate({
      server,
      first,
      between: versioned.slice(versioned.indexOf(first) + 1),
      ...ran,
      name,
      file: filesWith('')[0]?.file ?? place,
      online: !form.isOneTransaction,
      loses,
    })
    const ok = !findings.some(isError)
    return {
      architecture: part.architecture.name,
      takesBack: first.name,
      name,
      text,
      losses: directives.loses,
      tool: form.tool,
      written: ok && !dryRun ? writeNewFiles(filesWith(text)) : [],
      findings: [...findings, ...(ok ? ofForm(form) : [])],
      dryRun,
      ok,
    }
  } finally {
    await server.stop()
  }
}
