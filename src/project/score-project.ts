/** Use case: judge a suite of tests that people already have by the mutants of the schema that it tests. */
import path from 'node:path'
import { catalogFingerprint, fingerprint } from '../catalog/fingerprint.ts'
import type { OperatorSet } from '../catalog/operator-set/names.ts'
import { kindOfStructure } from '../catalog/kind-of.ts'
import { mutantsOf } from '../catalog/operator-set/sets.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog, Mutant, Structure } from '../catalog/structure.ts'
import { AssayError, AssayErrors } from '../ground/errors.ts'
import type { Server } from '../postgres/server.ts'
import { isAskedFor } from '../prove/asked.ts'
import { makeCommandSuite } from '../score/command-suite.ts'
import { openJournal } from '../score/journal.ts'
import { scoreSuite, type ToScore } from '../score/score.ts'
import type { GoneStructure, ScoreResult } from '../score/score-result.ts'
import { readSuiteFile } from '../score/sql-suite-files.ts'
import { makeSqlSuite } from '../score/sql-suite.ts'
import { startWatchdog } from '../score/suite-watchdog.ts'
import type { Suite } from '../score/suite.ts'
import { unknownId, type KnownId } from './asked-ids.ts'
import { readDumpFile } from './dump-file.ts'
import { findEnvFiles, readEnvFiles } from './env-file.ts'
import type { ServerWish } from './migrated.ts'
import { readSqlFile } from '../migrate/files/migration-files.ts'
import { runSchemaFiles } from './migrations.ts'
import type { Project } from './project.ts'
import { redirectEnvironment } from './redirect-environment.ts'
import { assertRedirectable } from './schema-command-safety.ts'
import { withSchemaAtRef } from './schema-at-ref.ts'
import {
  readScoreSource,
  withScoreGround,
  type DumpWish,
  type ScoreGround,
  type ScoreSource,
} from './score-source.ts'
import { suiteFiles } from './suite-files.ts'

/** A command, or SQL files that are run inside the transaction of each mutant. */
export type SuiteWish = { readonly command: string } | { readonly sqlFiles: readonly string[] }

export interface ScoreSettings extends ServerWish, ScoreSource {
  readonly suite: SuiteWish
  /** SQL files that the suite needs besides the schema (pgTAP, seeds): nothing of them is mutated. */
  readonly before: readonly string[]
  readonly workers: number
  readonly limitSeconds: number | null
  readonly atLeast: number | null
  readonly only: readonly string[]
  readonly operators: OperatorSet | null
  /** A git ref: only mutants of structures that differ from the schema there. */
  readonly since: string | null
  readonly restart: boolean
  /** See ScoreOptions. */
  readonly onInterrupted?: (known: number, of: number) => void
  /** Directory of the journal; null: `.assay/score` of the project. */
  readonly journal: string | null
}

const catalogOf = async ({ server, template }: ScoreGround): Promise<Catalog> => {
  const reader = await server.connect(template, 'prover')
  try {
    return await readCatalog(reader)
  } finally {
    await reader.end()
  }
}

interface Before {
  readonly fingerprints: ReadonlyMap<string, string>
  /** Null: there was no schema. */
  readonly catalog: Catalog | null
}

/** On a server of its own, which is gone before the other begins: roles belong to a whole server. */
const readBeforeAt = async (
  project: Project,
  ref: string,
  isDump: boolean,
  wish: DumpWish,
): Promise<Before> => {
  const [part] = project.architectures
  return withSchemaAtRef(part!.schema, ref, async (schema) => {
    if (schema === null) return { fingerprints: new Map(), catalog: null }
    const then: Project = { ...project, architectures: [{ ...part!, schema }] }
    return withScoreGround(then, isDump, wish, async (ground) => {
      const catalog = await catalogOf(ground)
      const all = [...catalog.structures.values()]
      return { fingerprints: new Map(all.map((s) => [s.id, fingerprint(s, catalog)])), catalog }
    })
  })
}

const refuseUnknown = (only: readonly string[], catalog: Catalog): void => {
  const known: readonly KnownId[] = [
    ...[...catalog.tables.keys()].map((id) => ({ id, table: id })),
    ...[...catalog.structures.values()].map(({ id, table }) => ({ id, table })),
  ]
  const faults = only
    .filter((id) => !known.some((one) => isAskedFor(one.id, one.table, [id.replace(/~.*$/su, '')])))
    .map((id) => unknownId(id, known))
  if (faults.length > 0) throw faults.length === 1 ? faults[0]! : new AssayErrors(faults)
}

/** What the commit has and the schema has not; of a table that is gone, the table alone. */
const goneSince = (
  then: Catalog | null,
  catalog: Catalog,
  only: readonly string[],
): readonly GoneStructure[] =>
  [...(then?.structures.values() ?? [])]
    .filter((structure) => {
      const { id, table, kind } = structure
      if (catalog.structures.has(id) || kindOfStructure(structure).isWordsOnly === true) return false
      const isPart = table !== null && kind !== 'table' && !catalog.tables.has(table)
      return !isPart && isAskedFor(id, table, only)
    })
    .map(({ id, definition }) => ({ id, definition }))

const nothingToBreak = (found: Catalog, { operators, only }: ScoreSettings): AssayError =>
  new AssayError('There is nothing to break.', {
    code: 'score.nothing-to-break',
    exit: 3,
    asked:
      operators !== null
        ? `mutants of the operators of ${operators}`
        : only.length > 0
          ? `mutants of ${only.join(', ')}`
          : 'a schema whose structures can be broken',
    found:
      found.structures.size === 0
        ? 'an empty database: the SQL makes no table, view, function or type'
        : `${found.structures.size} structures, and no mutant of that kind`,
    why: 'a suite that nothing was put to protects nothing, and a gate would pass',
    mend: 'Name the SQL that makes the schema:\nassay score --migrations DIR --suite …\nassay score --sql FILE --suite …',
  })

interface Selection {
  readonly structures: readonly ToScore[]
  readonly leftOut: number
}

/** Structures and mutants that are asked for; a mutant may be named by its own id, and what is words only has to be named. */
const select = (catalog: Catalog, settings: ScoreSettings, before: Before | null): Selection => {
  const { only, operators } = settings
  const isTouched = (s: Structure): boolean =>
    before === null || before.fingerprints.get(s.id) !== fingerprint(s, catalog)
  let leftOut = 0
  const structures = [...catalog.structures.values()].filter(isTouched).flatMap((structure) => {
    const all = mutantsOf(structure, catalog, operators)
    const asked: readonly Mutant[] = isAskedFor(structure.id, structure.table, only)
      ? all
      : all.filter(({ id }) => only.includes(id))
    const isNamed = only.some((id) => id.startsWith(structure.id))
    const isSilent = kindOfStructure(structure).isWordsOnly === true && !isNamed
    if (isSilent) leftOut += asked.length
    return isSilent || asked.length === 0 ? [] : [{ structure, mutants: asked }]
  })
  return { structures, leftOut }
}

/** The migrated database with what the suite needs besides; the template itself when that is nothing. */
const readySuiteTemplate = async (
  server: Server,
  template: string,
  before: readonly string[],
): Promise<string> => {
  if (before.length === 0) return template
  const database = await server.clone(template, 'suite')
  const files = before.map((file) => readSqlFile(path.resolve(file)))
  await runSchemaFiles(server, database, files, { directory: process.cwd() })
  return database
}

const withSuite = async <T>(
  settings: ScoreSettings,
  project: Project,
  { server, template }: ScoreGround,
  work: (suite: Suite) => Promise<T>,
): Promise<T> => {
  const { suite } = settings
  if ('sqlFiles' in suite) {
    const files = suiteFiles(suite.sqlFiles, process.cwd()).map((name) => readSuiteFile(name, process.cwd()))
    return work(makeSqlSuite({ server, template, files, name: suite.sqlFiles.join(' ') }))
  }
  const { directory } = project
  const envFiles = readEnvFiles(findEnvFiles(directory))
  const watchdog = startWatchdog()
  try {
    const environment = (url: string): NodeJS.ProcessEnv => redirectEnvironment(process.env, envFiles, url)
    return await work(
      makeCommandSuite({ server, template, command: suite.command, directory, environment, watchdog }),
    )
  } finally {
    watchdog.dismiss()
  }
}

/** What can be refused before a server is started. */
const refuseEarly = (settings: ScoreSettings, { directory }: Project): void => {
  const { suite } = settings
  for (const file of settings.before) readDumpFile(file, '--before')
  if ('sqlFiles' in suite) {
    for (const name of suiteFiles(suite.sqlFiles, process.cwd())) readSuiteFile(name, process.cwd())
    return
  }
  assertRedirectable(directory, suite.command, {
    what: 'suite',
    place: '--suite',
    code: 'score.suite-refused',
  })
}

/** Throws AssayError or AssayErrors for what keeps the suite from being judged at all. */
export const scoreProject = async (settings: ScoreSettings): Promise<ScoreResult> => {
  const { url, onProgress, onInterrupted, since, only, workers, limitSeconds, restart } = settings
  const project = await readScoreSource(settings)
  const [part] = project.architectures
  refuseEarly(settings, project)
  const wish: DumpWish = {
    ...(settings.variables ? { variables: settings.variables } : {}),
    ...(url === undefined ? {} : { url }),
    ...(onProgress ? { onProgress } : {}),
    tcp: !('sqlFiles' in settings.suite),
  }
  const isDump = (settings.sql ?? []).length > 0
  const before = since === null ? null : await readBeforeAt(project, since, isDump, wish)
  return withScoreGround(project, isDump, wish, async (ground) => {
    const { server, template } = ground
    const catalog = await catalogOf(ground)
    refuseUnknown(only, catalog)
    const { structures, leftOut } = select(catalog, settings, before)
    if (structures.length === 0 && leftOut === 0 && since === null) throw nothingToBreak(catalog, settings)
    const place = await readySuiteTemplate(server, template, settings.before)
    const result = await withSuite(settings, project, { ...ground, template: place }, (suite) =>
      scoreSuite({
        name: part!.architecture.name,
        catalog,
        suite,
        structures,
        leftOut,
        since:
          before === null || since === null
            ? null
            : { ref: since, gone: goneSince(before.catalog, catalog, only) },
        workers,
        limitSeconds,
        // A change that touches no structure asks nothing of a suite.
        atLeast: since !== null && structures.length === 0 ? null : settings.atLeast,
        journal: () =>
          openJournal({
            directory: path.resolve(settings.journal ?? path.join(project.directory, '.assay', 'score')),
            question: [
              catalogFingerprint(catalog),
              suite.identity,
              ...settings.before.map((file) => readSqlFile(path.resolve(file)).text),
              '',
              settings.operators ?? '',
              since ?? '',
              ...only,
            ],
            restart,
          }),
        ...(onProgress ? { onProgress } : {}),
        ...(onInterrupted ? { onInterrupted } : {}),
      }),
    )
    return { ...result, findings: [...ground.findings, ...result.findings] }
  })
}
