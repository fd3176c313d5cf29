/** Use case: run migrations on a clone that has rows, measure what each statement locks, rewrites and scans, and judge it. */
import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import type { Architecture } from '../architecture/architecture.ts'
import { placesOf } from '../architecture/architecture.ts'
import type { QueryRule } from '../architecture/kinds/query.ts'
import type { DeclaredRule } from '../architecture/rule.ts'
import type { Catalog } from '../catalog/structure.ts'
import { AssayError } from '../ground/errors.ts'
import { makeLineNumbers } from '../ground/line-numbers.ts'
import { relationId } from '../ground/names.ts'
import { parseDirectives } from '../migrate/files/directives.ts'
import {
  listMigrations,
  migrationsAt,
  readSqlFile,
  type MigrationFile,
} from '../migrate/files/migration-files.ts'
import { noTransactionMarker } from '../migrate/files/transaction-need.ts'
import { changedColumnsOf, createdRelationsOf } from '../migrate/lint/evidence.ts'
import { judgeMigration, type JudgedFinding } from '../migrate/lint/judge.ts'
import { measurementOf, type Measurement } from '../migrate/lint/measurement.ts'
import { openLab, type EmptyTable, type OpenLab } from '../migrate/lint/open-lab.ts'
import { rowsTogether, type Together } from '../migrate/lint/rows-together.ts'
import { runMigration } from '../migrate/lint/run-migration.ts'
import { runWithoutRows } from '../migrate/lint/run-without-rows.ts'
import type { MigrationTrace } from '../migrate/lint/trace.ts'
import { fillRows } from '../migrate/test/fill-rows.ts'
import { loadParser } from '../postgres/parse.ts'
import { scanWords } from '../postgres/scan.ts'
import { readScript } from '../postgres/script.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { startServer } from '../postgres/start.ts'
import type { Finding } from '../prove/result.ts'
import { loadProject } from './config.ts'
import { findInDirectories, type DirectoryFindings } from './lint-directory.ts'
import type { ServerWish } from './migrated.ts'
import { filesChangedSince } from './migrations-since.ts'
import { readBeforeFiles, runSchemaFiles } from './migrations.ts'
import type { Project, ProjectArchitecture } from './project.ts'
import { recordHistory, type RecordedHistory } from './record-history.ts'
import { createExtensions, extensionSchemas } from './schema-extensions.ts'
import { stepsToRun } from './schema-script.ts'
import { readScoreSource } from './score-source.ts'

export interface LintSettings extends ServerWish {
  /** Where the config is looked for, upwards. */
  readonly directory: string
  /** Migrations to look at; empty: those that are new since `since`. */
  readonly files: readonly string[]
  /** A git ref; null: the merge base with the default branch, and all where there is none. */
  readonly since: string | null
  /** A directory of SQL files instead of a configuration. */
  readonly migrations?: string
  /** Created first, with `migrations`. */
  readonly extensions?: readonly string[]
}

export interface LintedStatement extends Measurement {
  readonly line: number
}

export interface LintedMigration {
  /** Absolute. */
  readonly file: string
  readonly statements: readonly LintedStatement[]
  /** Tables that PostgreSQL took no row for: what needs rows to be seen is not seen there. */
  readonly empty: readonly EmptyTable[]
}

export interface LintResult {
  readonly major: number
  readonly migrations: readonly LintedMigration[]
  /** The commit that the files were compared with, in words; null: they were named, or all are looked at. */
  readonly since: string | null
  /** Migrations that stand in the directory. */
  readonly known: number
  /** Of migrations that were recorded: their SQL file → the file that a person wrote. */
  readonly sources: ReadonlyMap<string, string>
  readonly findings: readonly Finding[]
  /** Whole commands that make sense now. */
  readonly next: readonly string[]
  /** Findings that a comment of their migration allows; among `findings` as notes. */
  readonly allowed: number
  readonly ok: boolean
}

const noMigrations = (part: ProjectArchitecture): AssayError =>
  new AssayError(`${part.architecture.name} has no directory of SQL migrations.`, {
    code: 'lint.no-migrations',
    exit: 2,
    asked: 'statements to run and to measure',
    found: part.schema.command === undefined ? 'no schema.migrations' : 'a schema.command of another tool',
    mend: 'Name a directory of SQL files: assay lint --migrations db/migrations',
  })

interface Chosen {
  readonly part: ProjectArchitecture
  /** All that run, in order. */
  readonly files: readonly string[]
  readonly linted: ReadonlySet<string>
  readonly since: string | null
  /** Of how they were read. */
  readonly findings: readonly Finding[]
  /** As LintResult has them. */
  readonly sources: ReadonlyMap<string, string>
  /** Files that were asked for and are another tool's; null: the migrations are SQL files. */
  readonly claimed: ReadonlySet<string> | null
}

const real = (file: string): string => {
  try {
    return realpathSync(path.resolve(file))
  } catch {
    return path.resolve(file)
  }
}

/** Of another tool's migrations: the SQL that they sent, chosen by the files that people wrote. */
const chooseRecorded = async (
  { ground, migrations, findings }: RecordedHistory,
  settings: LintSettings,
): Promise<Chosen> => {
  const files = migrations.map(({ up }) => real(up.file))
  const sources = new Map(
    migrations.flatMap(({ up, source }) => (source === null ? [] : [[real(source), real(up.file)] as const])),
  )
  const sourceOf = new Map([...sources].map(([source, file]) => [file, source]))
  const isOwn = (file: string): boolean => sources.size === 0 || [...sources.values()].includes(file)
  const chosen = (linted: ReadonlySet<string>, since: string | null): Chosen => ({
    part: ground,
    files,
    linted,
    since,
    sources: sourceOf,
    claimed: new Set(settings.files.map(real).filter((file) => files.includes(sources.get(file) ?? file))),
    // Of those that are looked at, and of all of them.
    findings: findings.filter(({ where }) => where === undefined || linted.has(real(where.file))),
  })
  if (settings.files.length > 0) {
    const asked = settings.files.map(real).map((file) => sources.get(file) ?? file)
    return chosen(new Set(asked.filter((file) => files.includes(file))), null)
  }
  const changed = await filesChangedSince(ground.schema.directory, settings.since)
  const isChanged = (source: string | undefined): boolean =>
    changed === null || source === undefined || changed.files.has(source)
  return chosen(
    new Set(files.filter((file) => isOwn(file) && isChanged(sourceOf.get(file)))),
    changed?.since ?? null,
  )
}

const notRecorded = (file: string, directory: string): AssayError =>
  new AssayError(`${path.basename(file)} is none of the migrations that were run.`, {
    code: 'lint.not-a-migration',
    exit: 2,
    asked: file,
    found: `migrations that schema.command runs, with their files below ${directory}`,
    mend: 'Name the file of a migration that the command applies.',
  })

const noSuchFile = (file: string): AssayError =>
  new AssayError(`There is no file ${file}.`, {
    code: 'lint.no-file',
    exit: 2,
    asked: `to lint ${file}`,
    found: `nothing at ${path.resolve(file)}`,
    mend: 'Name files as they stand from the working directory on; without names, what this branch adds is looked at: assay lint',
  })

const chooseIn = async (part: ProjectArchitecture, settings: LintSettings): Promise<Chosen> => {
  const recorded = await recordHistory(part, 'up', settings)
  if (recorded !== null) return chooseRecorded(recorded, settings)
  const { schema } = part
  const directory = schema.migrations === undefined ? null : path.resolve(schema.directory, schema.migrations)
  const files = directory === null ? [] : listMigrations(directory).map(real)
  if (settings.files.length > 0) {
    const asked = settings.files.flatMap(migrationsAt).map(real)
    // A file that no directory has yet runs after all that it has.
    const others = asked.filter((file) => !files.includes(file))
    return {
      part,
      files: [...files, ...others],
      linted: new Set(asked),
      since: null,
      findings: [],
      sources: new Map(),
      claimed: null,
    }
  }
  if (directory === null) throw noMigrations(part)
  const changed = await filesChangedSince(directory, settings.since)
  return {
    part,
    files,
    linted: new Set(files.filter((file) => changed === null || changed.files.has(file))),
    since: changed?.since ?? null,
    findings: [],
    sources: new Map(),
    claimed: null,
  }
}

/** With several databases, a file belongs to the one whose directory has it; named ones of none to the first. */
const chooseAll = async (project: Project, settings: LintSettings): Promise<readonly Chosen[]> => {
  const all: Chosen[] = []
  for (const part of project.architectures) all.push(await chooseIn(part, settings))
  if (settings.files.length === 0) return all
  const claimed = new Set(all.flatMap((one) => [...(one.claimed ?? [])]))
  const ofFiles = all.filter((one) => one.claimed === null)
  const stray = settings.files.map(real).find((file) => !claimed.has(file))
  if (stray !== undefined && ofFiles.length === 0) throw notRecorded(stray, project.directory)
  if (all.length === 1) return all
  return all.flatMap((one) => {
    if (one.claimed !== null) return one.linted.size === 0 ? [] : [one]
    const own = [...one.linted].filter((file) => {
      const at = ofFiles.findIndex(({ part: { schema } }) => {
        const place = schema.migrations && real(path.resolve(schema.directory, schema.migrations))
        return place !== undefined && file.startsWith(`${place}${path.sep}`)
      })
      return !claimed.has(file) && (at < 0 ? 0 : at) === ofFiles.indexOf(one)
    })
    const files = one.files.filter((file) => !one.linted.has(file) || own.includes(file))
    return own.length === 0 ? [] : [{ ...one, files, linted: new Set(own) }]
  })
}

const fill = async (prover: Session, catalog: Catalog): Promise<readonly EmptyTable[]> => {
  const filled = await fillRows(prover, catalog, [...catalog.tables.values()])
  return filled.flatMap(({ table, rows, problem }) =>
    rows > 0 ? [] : [{ table, why: problem ?? 'a trigger took its rows away' }],
  )
}

/** Statements in which it may name columns: its own, or those of a query of the application. */
const textsOf = (rule: DeclaredRule): readonly string[] => {
  const own = (rule.sql ?? []).flatMap(({ text, names }) => (names === 'statement' ? [text] : []))
  return rule.kind === 'query' ? [...own, ...(rule as QueryRule).forms.map(({ sql }) => sql)] : own
}

/** Rules of the architecture that name a column which a migration drops. */
const readersOf = (
  architecture: Architecture,
  table: string,
  name: string,
  column: string,
): readonly string[] =>
  placesOf(architecture).flatMap(({ rules }) =>
    rules.flatMap((rule) => {
      const isNamed = rule.table === table && rule.columns.includes(column)
      const isRead = textsOf(rule).some((text) => {
        const words = new Set(scanWords(text).flatMap((word) => [word.text, word.text.replaceAll('"', '')]))
        return words.has(name) && words.has(column)
      })
      return isNamed || isRead ? [rule.id] : []
    }),
  )

const stillReadFindings = (
  trace: MigrationTrace,
  architecture: Architecture,
  whereOf: (start: number) => Finding['where'],
): readonly Finding[] =>
  trace.statements.flatMap((statement) =>
    changedColumnsOf(trace, statement).flatMap(({ table, before, after }): readonly Finding[] => {
      if (before === null || after !== null) return []
      const id = relationId(table)
      const readers = readersOf(architecture, id, table.name, before.name)
      const declared = architecture.tables.find((one) => one.id === id)
      const isDeclared = declared !== undefined && Object.hasOwn(declared.columns, before.name)
      if (readers.length === 0 && !isDeclared) return []
      const where = whereOf(statement.start)
      return [
        {
          code: 'lint.drops-column-still-read',
          severity: 'error',
          structure: id,
          summary: `${id}.${before.name} is dropped, and ${readers.length === 0 ? 'the architecture still declares it' : `${readers.slice(0, 3).join(', ')} still read${readers.length === 1 ? 's' : ''} it`}`,
          why: 'what is declared is what the application counts on',
          fix: 'Take it out of the architecture first, release the application, and drop it then.',
          ...(where ? { where } : {}),
        },
      ]
    }),
  )

const toFinding = (
  { hazard, relation, summary, fix, allowed }: JudgedFinding,
  where: Finding['where'],
): Finding => ({
  code: hazard.code,
  severity: allowed === null ? hazard.severity : 'note',
  ...(relation === null ? {} : { structure: relation }),
  ...(allowed === null ? { reason: hazard.title } : {}),
  summary: allowed === null ? summary : `allowed (${allowed.because}): ${summary}`,
  why: hazard.why,
  fix: allowed === null ? fix : 'Nothing: the comment in the migration allows it.',
  ...(where ? { where } : {}),
})

interface Looked {
  readonly migration: LintedMigration
  readonly findings: readonly Finding[]
  readonly allowed: number
  readonly trace: MigrationTrace
}

const moreLikeIt = ({ start, text }: { start: number; text: string }, more: Together['more']) => {
  const others = more.get(start)
  return others === undefined ? {} : { text: `-- ${others} more like it, and\n${text}` }
}

const lookAt = async (
  lab: OpenLab,
  source: MigrationFile,
  { architecture, schema }: ProjectArchitecture,
): Promise<Looked> => {
  const { extensions = [] } = schema
  const options = {
    skipExtensionComments: extensions.length > 0,
    madeSchemas: extensionSchemas(extensions),
  }
  const sent = readScript(source.text).filter(({ kind }) => kind !== 'meta')
  const directives = parseDirectives(source, sent, 'up')
  const inTransaction = !noTransactionMarker.test(source.text) && !directives.isTransactionNone
  const { steps, more } = rowsTogether(stepsToRun(source, options))
  const script = { inTransaction, steps }
  const onRows = await runMigration(lab, script, await lab.countRows())
  const withoutRows = await runWithoutRows(lab, script, onRows)
  const trace = { ...(withoutRows ?? onRows), goesOn: directives.isTransactionNone }
  const lineOf = makeLineNumbers(source.text)
  const stepOf = (start: number): number => sent.findIndex((step) => step.start === start) + 1
  const { findings, unused } = judgeMigration(trace, directives.allows, stepOf, withoutRows && onRows)
  const whereOf = (start: number): Finding['where'] => ({ file: source.file, line: lineOf(start) })
  return {
    trace: onRows,
    allowed: findings.filter((one) => one.allowed !== null).length,
    migration: {
      file: source.file,
      empty: lab.empty,
      statements: trace.statements.map((statement) => ({
        ...measurementOf(trace, statement),
        ...moreLikeIt(statement, more),
        line: lineOf(statement.start),
      })),
    },
    findings: [
      ...findings.map((one) => toFinding(one, whereOf(one.statement.start))),
      ...stillReadFindings(trace, architecture, whereOf),
      ...unused.map((allow): Finding => ({
        code: 'lint.allows-nothing',
        severity: 'warning',
        summary: `${allow.code} is allowed, and nothing of it was found`,
        why: 'a comment that allows what is not there would allow it when it comes',
        fix: 'Take the comment out.',
        where: { file: source.file, line: allow.line },
      })),
    ],
  }
}

/** Nothing that stands behind a refused migration can be run. */
const withNotReached = (looked: Looked, refused: string, rest: readonly string[]): Looked => ({
  ...looked,
  findings: [
    ...looked.findings,
    ...rest.map((file): Finding => ({
      code: 'lint.not-reached',
      severity: 'error',
      summary: `${path.basename(file)} was not looked at: ${path.basename(refused)}, which stands before it, is refused`,
      why: 'a migration is looked at on the database that those before it make',
      fix: `Correct ${path.basename(refused)} first.`,
      where: { file, line: 1 },
    })),
  ],
})

/** Refused where there are no rows too, for what no hazard speaks of: the migration itself is wrong. */
const refusalsOfHazards: ReadonlySet<string> = new Set(['25001', '55P04'])

const isReusable = ({ statements }: MigrationTrace): boolean =>
  statements.every(
    (statement) =>
      statement.fault === null &&
      !createdRelationsOf(statement).some(({ kind }) => kind === 'r' || kind === 'p') &&
      ![...statement.activity.values()].some((done) => done.deleted > 0),
  )

const lintPart = async (
  server: Server,
  { part, files, linted }: Chosen,
  settings: LintSettings,
): Promise<readonly Looked[]> => {
  const { schema } = part
  const template = await server.createDatabase(part.architecture.name)
  await createExtensions(server, template, schema.extensions ?? [])
  await runSchemaFiles(server, template, readBeforeFiles(schema), schema)
  const looked: Looked[] = []
  let lab: OpenLab | null = null
  const leave = async (): Promise<void> => {
    await lab?.close()
    lab = null
  }
  try {
    for (const [n, file] of files.entries()) {
      const source = readSqlFile(file)
      settings.onProgress?.(path.basename(file), n, files.length)
      const isLooked = linted.has(file)
      if (isLooked && lab === null) {
        await server.admitRoles()
        lab = await openLab(server, template, fill)
      }
      let refusal: unknown = null
      // First where there are no rows: roles that it makes are then there for both.
      await runSchemaFiles(server, template, [source], schema).catch((cause: unknown) => (refusal = cause))
      if (!isLooked || lab === null) {
        await leave()
        if (refusal !== null) throw refusal
        continue
      }
      const found: Looked = await lookAt(lab, source, part)
      const fault = found.trace.statements.at(-1)?.fault ?? null
      if (refusal !== null && !(fault !== null && refusalsOfHazards.has(fault.sqlstate))) throw refusal
      looked.push(found)
      if (refusal !== null) {
        const rest = files.slice(n + 1).filter((other) => linted.has(other))
        return looked.map((one) => (one === found ? withNotReached(one, file, rest) : one))
      }
      if (!isReusable(found.trace)) await leave()
    }
    return looked
  } finally {
    await leave()
    await server.dropDatabase(template)
  }
}

/** Of directories of SQL files; the order of another tool's is the tool's to refuse. */
const findBeside = (chosen: readonly Chosen[], { files }: LintSettings): DirectoryFindings => {
  const ofFiles = chosen.filter(({ claimed }) => claimed === null)
  const linted = new Set(ofFiles.flatMap((one) => [...one.linted]))
  const directories = ofFiles.flatMap(({ part: { schema } }) =>
    schema.migrations === undefined ? [] : [real(path.resolve(schema.directory, schema.migrations))],
  )
  const named = files.map(real)
  const isNamed = (file: string): boolean =>
    named.some((one) => file === one || file.startsWith(`${one}${path.sep}`))
  return findInDirectories(directories, linted, named.length === 0 ? () => true : isNamed)
}

/** Throws AssayError or AssayErrors for what keeps the migrations from being run at all. */
export const lintProject = async (settings: LintSettings): Promise<LintResult> => {
  const { directory, migrations, extensions = [], url, onProgress } = settings
  const project =
    migrations === undefined
      ? await loadProject(directory)
      : await readScoreSource({ directory, migrations, extensions })
  const lost = settings.files.find((file) => !existsSync(file))
  if (lost !== undefined) throw noSuchFile(lost)
  const chosen = await chooseAll(project, settings)
  await loadParser()
  const known = chosen.reduce((n, { files }) => n + files.length, 0)
  const since = chosen[0]?.since ?? null
  const sources = new Map(chosen.flatMap((one) => [...one.sources]))
  const { findings: beside, next } = findBeside(chosen, settings)
  const isSound = (findings: readonly Finding[]): boolean =>
    findings.every(({ severity }) => severity !== 'error')
  const told = { since, known, sources, next }
  if (chosen.every(({ linted }) => linted.size === 0))
    return { ...told, major: 0, migrations: [], findings: beside, allowed: 0, ok: isSound(beside) }
  onProgress?.('starting PostgreSQL', 0, 1)
  const server = await startServer(url === undefined ? {} : { url })
  try {
    const looked: Looked[] = []
    for (const one of chosen) if (one.linted.size > 0) looked.push(...(await lintPart(server, one, settings)))
    const findings = [
      ...beside,
      ...chosen.flatMap((one) => one.findings),
      ...looked.flatMap((one) => one.findings),
    ]
    return {
      ...told,
      major: server.major,
      migrations: looked.map(({ migration }) => migration),
      findings,
      allowed: looked.reduce((n, { allowed }) => n + allowed, 0),
      ok: isSound(findings),
    }
  } finally {
    await server.stop()
  }
}
