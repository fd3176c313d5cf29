/**
 * Statements outside of transactions that are broken off while they run, as a kill does it: the runner has to go on
 * from there to the same end, and to find the way back.
 */
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { AssayError } from '../../ground/errors.ts'
import type { Server } from '../../postgres/server.ts'
import type { Finding } from '../../prove/result.ts'
import type { Direction, Migration } from '../files/migration.ts'
import { structuresOfHistory } from '../files/history-fingerprint.ts'
import type { MigrationStep } from '../files/steps.ts'
import { openJournal, rowOf } from '../run/journal.ts'
import { runMigration } from '../run/run-migration.ts'
import { catalogsDiffer, withProver } from './database-state.ts'
import { dyingSession } from './dying-session.ts'
import type { Way } from './stop-halfway.ts'
import { brokenOff } from './test-findings.ts'

export interface BreakOffParts {
  readonly server: Server
  readonly migration: Migration
  /** As it stands before the direction; nobody is connected to it. */
  readonly database: string
  readonly way: Way
  /** Where it leads to, and where the other direction leads back to; null: there is no way back. */
  readonly ends: { readonly way: Catalog; readonly back: Catalog | null }
}

/** As the journal has it; `dies`: the statement in which the connection is cut. */
const run = async (
  { server, migration }: BreakOffParts,
  database: string,
  direction: Direction,
  dies: string | null,
): Promise<AssayError | null> => {
  const open = () => server.connect(database, 'owner')
  const db = await open()
  try {
    const rows = await openJournal(db)
    await runMigration({
      session: {
        db: dies === null ? db : dyingSession(db, open, dies),
        major: server.major,
        lockTimeoutMs: 0,
      },
      migration,
      direction,
      row: rowOf(rows, migration.name),
      writer: { runFrom: 'migrate test', assay: 'migrate test' },
      allowed: [],
      retries: 0,
    })
    return null
  } catch (cause) {
    if (cause instanceof AssayError) return cause
    throw cause
  } finally {
    await db.end()
  }
}

const own = (catalog: Catalog): Catalog => ({ ...catalog, structures: structuresOfHistory(catalog) })

const other: Readonly<Record<Direction, Direction>> = { up: 'down', down: 'up' }

/** What is wrong after `direction` has been run on what was left; null when it leads to its end. */
const goFrom = async (
  parts: BreakOffParts,
  database: string,
  direction: Direction,
  step: MigrationStep,
  end: Catalog,
): Promise<Finding | null> => {
  const { server, migration, way } = parts
  const fault = await run(parts, database, direction, null)
  const catalog = fault === null ? await withProver(server, database, (db) => readCatalog(db)) : null
  const found = catalog === null ? null : catalogsDiffer(own(end), own(catalog))
  return fault === null && found === null
    ? null
    : brokenOff(migration, way.script, way.direction, { step, direction, fault, difference: found })
}

/** null: it waited for nobody, so that there was nothing to be broken off. */
const breakOffIn = async (parts: BreakOffParts, step: MigrationStep): Promise<readonly Finding[] | null> => {
  const { server, database, way, ends } = parts
  const place = await server.clone(database, 'broken-off')
  try {
    const fault = await run(parts, place, way.direction, step.text)
    if (fault === null) return null
    const beside = ends.back === null ? null : await server.clone(place, 'broken-off-back')
    const findings = [await goFrom(parts, place, way.direction, step, ends.way)]
    if (beside !== null && ends.back !== null) {
      findings.push(await goFrom(parts, beside, other[way.direction], step, ends.back))
      await server.dropDatabase(beside)
    }
    return findings.filter((finding) => finding !== null)
  } finally {
    await server.dropDatabase(place)
  }
}

/** Answers how many statements were broken off, too. */
export const breakOff = async (
  parts: BreakOffParts,
): Promise<{ readonly findings: readonly Finding[]; readonly stops: number }> => {
  const steps = parts.way.stages.flatMap((stage) => (stage.begin === null ? stage.steps : []))
  const findings: Finding[] = []
  let stops = 0
  for (const step of steps) {
    const found = await breakOffIn(parts, step)
    if (found === null) continue
    stops += 1
    findings.push(...found)
  }
  return { findings, stops }
}
