/** Use case: what was changed by hand in a live database, and the scripts that take it in or out. */
import path from 'node:path'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { AssayError } from '../ground/errors.ts'
import { gitLogOf } from '../ground/git-log.ts'
import { fromHalfWay } from '../migrate/design/half-way.ts'
import {
  bothScripts,
  driftBetween,
  ownPart,
  scriptWithRows,
  type Compared,
  type DriftItem,
  type DriftScript,
} from '../migrate/drift/drift-between.ts'
import {
  driftFinding,
  halfApplied,
  noCopy,
  noSchemaLog,
  otherVersion,
  pendingMigrations,
  unknownMigration,
  unprovenScript,
} from '../migrate/drift/drift-findings.ts'
import { recordedBy } from '../migrate/drift/script-text.ts'
import type { Origin } from '../migrate/drift/origins.ts'
import { proveScript, type ScriptProof } from '../migrate/drift/prove-scripts.ts'
import type { Migration } from '../migrate/files/migration.ts'
import { readMigrations } from '../migrate/files/read-migrations.ts'
import { formOfSql } from '../migrate/forms/kinds.ts'
import { hasLeftNothing, isApplied, type JournalRow } from '../migrate/run/journal-row.ts'
import { findMigration } from '../migrate/run/plan-run.ts'
import { withoutPassword } from '../postgres/connection-url.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import type { Finding } from '../prove/result.ts'
import { withoutPlatform } from './adopt-platform.ts'
import { chooseArchitecture } from './choose-architecture.ts'
import { loadProject } from './config.ts'
import {
  makeCopy,
  makeExpected,
  openGround,
  readLiveDrift,
  readSchemas,
  type Ground,
  type LiveDrift,
} from './drift-source.ts'
import type { OnProgress } from './migrated.ts'
import type { ProjectArchitecture } from './project.ts'
import { isError } from './prove-project.ts'

export interface DriftSettings {
  /** Where the config is looked for, upwards. */
  readonly directory: string
  /** The live database. */
  readonly url: string
  /** Which one, when the configuration has several. */
  readonly architecture?: string
  /** The last migration that counts; absent: what the journal says, else all. */
  readonly to?: string
  readonly onProgress?: OnProgress
}

export interface DriftedItem extends DriftItem {
  readonly origin: Origin
}

export interface ProvenScript extends DriftScript {
  /** null: it could not be tried. */
  readonly holds: boolean | null
}

export interface DriftOutcome {
  readonly architecture: string
  /** As it was named, without its password. */
  readonly database: string
  /** How many migrations it was compared with; null: with what a command makes. */
  readonly migrations: number | null
  readonly structures: number
  readonly items: readonly DriftedItem[]
  /** null: there is no drift. */
  readonly takeIn: ProvenScript | null
  readonly takeOut: ProvenScript | null
  /** How a migration is written down in this database as applied; null: the tool that migrates it knows. */
  readonly recorded: string | null
  readonly findings: readonly Finding[]
  /** Whole commands that make sense now. */
  readonly next: readonly string[]
  readonly ok: boolean
}

interface Selected {
  /** null: there are no files that could be chosen from. */
  readonly migrations: readonly Migration[] | null
  readonly findings: readonly Finding[]
  readonly next: readonly string[]
}

/** Who applies the migrations, where that is another tool. */
const toolOf = ({ schema: { directory, migrations, command } }: ProjectArchitecture): string | null => {
  if (command !== undefined) return command
  return migrations === undefined ? null : formOfSql(path.resolve(directory, migrations)).tool
}

/** Those that ran there: as the journal says it; without one, all. */
const select = (
  { schema: { directory, migrations } }: ProjectArchitecture,
  journal: readonly JournalRow[] | null,
  to: string | undefined,
): Selected => {
  if (migrations === undefined) return { migrations: null, findings: [], next: [] }
  const all = readMigrations(path.resolve(directory, migrations))
  if (to !== undefined)
    return { migrations: all.slice(0, all.indexOf(findMigration(all, to)) + 1), findings: [], next: [] }
  if (journal === null) return { migrations: all, findings: [], next: [] }
  const row = (name: string): JournalRow | undefined => journal.find((one) => one.name === name)
  const ran = all.filter(({ name }) => isApplied(row(name)))
  const pending = all.filter(({ name }) => hasLeftNothing(row(name))).map(({ name }) => name)
  const half = journal.filter((one) => !isApplied(one) && !hasLeftNothing(one))
  const foreign = journal.filter((one) => isApplied(one) && !all.some(({ name }) => name === one.name))
  return {
    migrations: ran,
    findings: [
      ...foreign.map(({ name }) => unknownMigration(name)),
      ...half.map(({ name }) => halfApplied(name)),
      ...(pending.length === 0 ? [] : [pendingMigrations(pending)]),
    ],
    next: [
      ...(foreign.length === 0 ? [] : [gitLogOf(...foreign.map(({ name }) => name))]),
      ...(half.length === 0 ? [] : ['assay migrate up --url …', 'assay migrate down --url …']),
    ],
  }
}

interface Sides {
  readonly server: Server
  readonly ground: Ground
  readonly live: LiveDrift
  /** The database that the migrations make, and its catalog. */
  readonly expected: { readonly database: string } & Compared
  readonly own: (catalog: Catalog) => Catalog
}

interface Copied {
  readonly database: string
  readonly compared: Compared
}

const comparedIn = async (
  { server, ground, own }: Pick<Sides, 'server' | 'ground' | 'own'>,
  database: string,
): Promise<Compared> => {
  await server.admitRoles()
  const db = await server.connect(database, 'prover')
  try {
    const catalog = own(await readCatalog(db))
    return { catalog, schemas: await readSchemas(db, ground.platform), owner: server.owner }
  } finally {
    await db.end()
  }
}

/** The live database made again here; or why it cannot be. */
const copyOf = async (sides: Sides): Promise<Copied | Finding> => {
  try {
    const { database, applied } = await makeCopy(sides.server, sides.ground, sides.live)
    const [refused] = applied.refused
    if (refused) return noCopy(`${refused.message}: ${refused.text.split('\n')[0] ?? ''}`)
    return { database, compared: await comparedIn(sides, database) }
  } catch (cause) {
    if (!(cause instanceof AssayError)) throw cause
    return noCopy([cause.message, cause.found].filter((text) => text !== undefined).join(' '))
  }
}

const isCopy = (copied: Copied | Finding): copied is Copied => 'database' in copied

/** What a partition has as its parent had it is seen when the parent has it no more: a second look takes it out, too. */
const proveTakeOut = async (
  { server, expected, own }: Sides,
  database: string,
  script: DriftScript,
  written: (script: DriftScript) => DriftScript,
): Promise<{ readonly outOf: DriftScript; readonly takeOut: ScriptProof }> => {
  const first = written(script)
  const takeOut = await proveScript(server, database, first, expected.catalog, own)
  if (takeOut.left === null || takeOut.refused.length > 0) return { outOf: first, takeOut }
  const { schemas, owner } = expected
  const rest = written(scriptWithRows({ catalog: takeOut.found, schemas, owner }, expected))
  const second = await proveScript(server, database, rest, expected.catalog, own)
  return second.holds ? { outOf: bothScripts(first, rest), takeOut: second } : { outOf: first, takeOut }
}

const compare = async (
  sides: Sides,
): Promise<Pick<DriftOutcome, 'items' | 'takeIn' | 'takeOut' | 'findings'>> => {
  const { server, live, expected, own } = sides
  const isSameMajor = live.catalog.major === expected.catalog.major
  const here: Compared = { catalog: own(live.catalog), schemas: live.schemas, owner: live.owner }
  const nothing = { items: [], takeIn: null, takeOut: null, findings: [] }
  if (isSameMajor && driftBetween(expected, here) === null) return nothing
  const copied = await copyOf(sides)
  const version = isSameMajor ? [] : [otherVersion(live.catalog.major, expected.catalog.major)]
  if (!isSameMajor && !isCopy(copied))
    throw new AssayError('The database cannot be compared.', {
      code: 'drift.not-compared',
      exit: 3,
      asked: `a copy of PostgreSQL ${live.catalog.major} on ${expected.catalog.major}, where definitions are printed alike`,
      found: copied.why,
      mend: 'Leave out what the local server does not have (schema.before names what belongs to the platform).',
    })
  const there = isSameMajor || !isCopy(copied) ? here : copied.compared
  const drift = driftBetween(expected, there)
  if (drift === null) return { ...nothing, findings: version }
  const items = drift.items.map((item): DriftedItem => {
    const { origins } = live
    const there = live.catalog.structures.get(item.id)
    const gone = expected.catalog.structures.get(item.id)
    const tableIn = ({ tables }: Catalog): Table | undefined => tables.get(item.table ?? '')
    const origin = there
      ? origins.of(there, tableIn(live.catalog))
      : gone
        ? origins.ofGone(gone, tableIn(expected.catalog))
        : { owner: null, changedAt: null, by: null }
    return { ...item, origin }
  })
  const { log } = live.origins
  const told = [
    ...items.map((item) => driftFinding(item, item.origin)),
    ...(log === 'read' ? [] : [noSchemaLog(log)]),
  ]
  if (!isCopy(copied))
    return {
      items,
      takeIn: { ...drift.takeIn, holds: null },
      takeOut: { ...drift.takeOut, holds: null },
      findings: [...told, ...version, copied],
    }
  const onto = await server.clone(expected.database, 'take-in')
  // One that may stop half way leaves what the other one has to begin with.
  const written = (script: DriftScript): DriftScript =>
    drift.takeOut.isOne ? script : { ...script, statements: script.statements.map(fromHalfWay) }
  const into = written(drift.takeIn)
  const takeIn = await proveScript(server, onto, into, there.catalog, own)
  const { outOf, takeOut } = await proveTakeOut(sides, copied.database, drift.takeOut, written)
  return {
    items,
    takeIn: { ...into, holds: takeIn.holds },
    takeOut: { ...outOf, holds: takeOut.holds },
    findings: [
      ...told,
      ...version,
      ...(takeIn.holds ? [] : [unprovenScript('in', takeIn)]),
      ...(takeOut.holds ? [] : [unprovenScript('out', takeOut)]),
    ],
  }
}

/** Where nothing of it is half done, and nothing of another branch: of those the scripts say nothing yet. */
const nextOf = (items: readonly DriftItem[], findings: readonly Finding[]): readonly string[] => {
  if (items.length > 0) return ['assay drift --url … --sql']
  return findings.some(({ code }) => code === 'drift.pending') ? ['assay migrate plan --url …'] : []
}

/** Throws AssayError or AssayErrors for what keeps it from being compared at all. The live database is only read. */
export const driftProject = async (settings: DriftSettings): Promise<DriftOutcome> => {
  const { url, to } = settings
  const onProgress: OnProgress = settings.onProgress ?? (() => undefined)
  const part = chooseArchitecture(
    await loadProject(settings.directory),
    settings.architecture,
    'assay drift --url …',
  )
  const { architecture, schema } = part
  onProgress('starting PostgreSQL', 0, 1)
  const server = await startServer({ tcp: schema.command !== undefined })
  try {
    const ground = await openGround(server, schema)
    onProgress('reading the database', 0, 1)
    const live = await readLiveDrift(url, ground.platform)
    const { migrations, findings, next } = select(part, live.journal, to)
    onProgress('migrating', 0, 1)
    const database = await makeExpected(server, ground, schema, migrations)
    const own = (catalog: Catalog): Catalog =>
      ownPart(withoutPlatform(catalog, ground.platform), architecture.leftAlone ?? [])
    const expected = { database, ...(await comparedIn({ server, ground, own }, database)) }
    onProgress('comparing', 0, 1)
    const compared = await compare({ server, ground, live, expected, own })
    const told = [...findings, ...compared.findings]
    const all = [...told.filter(isError), ...told.filter((finding) => !isError(finding))]
    return {
      ...compared,
      architecture: architecture.name,
      recorded: recordedBy({ hasJournal: (live.journal ?? []).length > 0, tool: toolOf(part) }),
      database: withoutPassword(url),
      migrations: migrations === null ? null : migrations.length,
      structures: expected.catalog.structures.size,
      findings: all,
      next: next.length > 0 ? next : nextOf(compared.items, all),
      ok: !all.some(isError),
    }
  } finally {
    await server.stop()
  }
}
