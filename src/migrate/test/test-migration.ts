/**
 * Tests one migration on clones of the database as it stands before it, filled with solved rows: up, down and up again,
 * with every stop on the way, what becomes of the rows, and of rows that are written in between.
 */
import { difference, isSame } from '../../catalog/difference.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import type { Finding } from '../../prove/result.ts'
import type { Moment } from '../files/expectation-files.ts'
import type { Migration, MigrationScript } from '../files/migration.ts'
import { stagesOf } from '../files/steps.ts'
import { catalogsDiffer, readState, withProver, type DatabaseState } from './database-state.ts'
import { isDeclared } from './declared-losses.ts'
import { breakOff } from './break-off.ts'
import { checkExpectations } from './expectations.ts'
import { fillRows, recount, rowsWithGaps, wholeRows, type FilledTable } from './fill-rows.ts'
import { testNewRows } from './new-rows.ts'
import { hiddenRows } from './hidden-rows.ts'
import { withNeighbours } from './order-tables.ts'
import { rowDifference, sequencesBack, type RowDifference } from './row-difference.ts'
import { readRowFingerprint } from './row-fingerprint.ts'
import { withoutRepeats } from './same-cause.ts'
import { runStages } from './run-stages.ts'
import { ownerOf, runWithStops, type Way } from './stop-halfway.ts'
import {
  dataChangesCatalog,
  downDiffers,
  noDown,
  notFilled,
  notIdempotent,
  refused,
  rowsDecide,
  rowsDiffer,
  sequenceBack,
  upDiffers,
  upNeedsRows,
} from './test-findings.ts'
import { readSystemRows } from './system-rows.ts'
import { testNewShape } from './test-new-shape.ts'
import { touchedTables } from './touched-tables.ts'
import { takeOutUnfit, type UnfitRows } from './unfit-rows.ts'

export interface TestParts {
  readonly server: Server
  readonly migration: Migration
  /** A database as it stands before the migration, without rows of ours; nobody is connected to it. */
  readonly before: string
  /** Of that database, and of the same after up. */
  readonly catalogs: { readonly before: Catalog; readonly after: Catalog }
  /** Rows that it has already: none are made. */
  readonly given?: readonly FilledTable[]
}

export interface MigrationTest {
  readonly findings: readonly Finding[]
  /** Tables that were given rows, with how many. */
  readonly filled: readonly FilledTable[]
  /** Places at which a direction was broken off. */
  readonly stops: number
}

interface Testing extends TestParts {
  readonly up: Way
  readonly down: Way | null
  readonly touched: ReadonlySet<string>
  /** The clone in which it all happens. */
  readonly database: string
  readonly start: DatabaseState
}

const wayOf = (direction: Way['direction'], script: MigrationScript): Way => ({
  direction,
  script,
  stages: stagesOf(script),
})

/**
 * Those that the migration does not say. A phase of a change of shape fills the new side, which goes as a whole: what
 * was null in rows of earlier migrations has its value then.
 */
const undeclared = (migration: Migration, found: readonly RowDifference[]): readonly RowDifference[] =>
  found.filter(
    (one) =>
      !isDeclared(migration.directives.loses, one) &&
      !(migration.writtenFor !== undefined && one.does === 'filled'),
  )

/** Where there is no way back what up loses is lost; other values are what a migration may be for. */
const lostForGood = ({ migration, up, start }: Testing, end: DatabaseState): readonly Finding[] =>
  undeclared(migration, rowDifference(start.rows, end.rows))
    .filter(({ does }) => does === 'lost')
    .map((one) => rowsDiffer(migration, up.script, one, 'after up'))

const ofCatalogs = ({ migration, catalogs, start }: Testing, end: DatabaseState): readonly Finding[] => {
  const decided = catalogsDiffer(catalogs.after, end.catalog)
  const changed = migration.kind === 'data' ? catalogsDiffer(start.catalog, end.catalog) : null
  return [
    ...(decided === null ? [] : [rowsDecide(migration, decided)]),
    ...(changed === null ? [] : [dataChangesCatalog(migration, changed)]),
  ]
}

const twice = async (
  { server, migration, database, up }: Testing,
  first: DatabaseState,
): Promise<readonly Finding[]> => {
  const refusal = await runStages(ownerOf(server, database), up.stages)
  if (refusal !== null) return [refused(migration, up.script, 'up', refusal, false)]
  const found = difference(first.catalog, (await readState(server, database)).catalog)
  return isSame(found) ? [] : [notIdempotent(migration, found)]
}

interface Told {
  readonly findings: readonly Finding[]
  readonly stops: number
  /** SQLSTATE of what refused up; none: nothing did. */
  readonly refusedBy?: string | null
}

/** Down and up again, and once more down over rows of the new shape. */
const goBack = async (testing: Testing, down: Way, end: DatabaseState): Promise<Told> => {
  const { server, migration, database, up, start, touched } = testing
  const hidden = await hiddenRows(server, database, migration, down, touched)
  const back = await runWithStops({
    server,
    migration,
    database,
    way: down,
    back: { way: up, end: end.catalog },
    start: end,
  })
  if (back.end === null) return { findings: [...hidden, ...back.findings], stops: back.stops }
  const { catalog, rows } = back.end
  const differs = catalogsDiffer(start.catalog, catalog)
  const known = undeclared(migration, rowDifference(start.rows, rows))
  const findings = [
    ...hidden,
    ...back.findings,
    ...(differs === null ? [] : [downDiffers(migration, down.script, differs)]),
    ...known.map((one) => rowsDiffer(migration, down.script, one, 'after up and down')),
    ...sequencesBack(start.rows, rows).map((one) => sequenceBack(migration, down.script, one)),
  ]
  // Where down led elsewhere, all that follows would only say so again.
  if (differs !== null) return { findings, stops: back.stops }
  const upKilled = await breakOff({
    server,
    migration,
    database,
    way: up,
    ends: { way: end.catalog, back: start.catalog },
  })
  findings.push(...upKilled.findings)
  const refusal = await runStages(ownerOf(server, database), up.stages)
  if (refusal !== null)
    return { findings: [...findings, refused(migration, up.script, 'up', refusal, true)], stops: back.stops }
  const again = await readState(server, database)
  const isOther = catalogsDiffer(end.catalog, again.catalog)
  if (isOther !== null) findings.push(upDiffers(migration, isOther))
  const downKilled = await breakOff({
    server,
    migration,
    database,
    way: down,
    ends: { way: start.catalog, back: end.catalog },
  })
  findings.push(...downKilled.findings)
  const ofNew = { server, migration, database, down, before: start, after: again, touched, known }
  const ofShape = await testNewShape(ofNew)
  findings.push(...ofShape, ...(await testNewRows(ofNew, ofShape)))
  return { findings, stops: back.stops + upKilled.stops + downKilled.stops }
}

const testOn = async (testing: Testing): Promise<Told> => {
  const { server, migration, database, up, down, start, touched } = testing
  const expects = (moment: Moment): Promise<readonly Finding[]> =>
    withProver(server, database, (db) => checkExpectations(db, migration, moment))
  const unmet = [
    ...(await expects('before')),
    ...(await hiddenRows(server, database, migration, up, touched)),
  ]
  const hasAlone = up.stages.some(({ begin }) => begin === null)
  const fresh = down === null && hasAlone ? await server.clone(database, 'fresh') : null
  const gone = await runWithStops({
    server,
    migration,
    database,
    way: up,
    back: down === null ? null : { way: down, end: start.catalog },
    start,
  })
  if (gone.end === null)
    return {
      findings: [...unmet, ...gone.findings],
      stops: gone.stops,
      refusedBy: gone.refusedBy,
    }
  const findings = [...unmet, ...gone.findings, ...ofCatalogs(testing, gone.end), ...(await expects('after'))]
  if (migration.kind === 'repeatable')
    return { findings: [...findings, ...(await twice(testing, gone.end))], stops: gone.stops }
  if (down === null) {
    const killed =
      fresh === null
        ? { findings: [], stops: 0 }
        : await breakOff({
            server,
            migration,
            database: fresh,
            way: up,
            ends: { way: gone.end.catalog, back: null },
          })
    return {
      findings: [
        ...findings,
        ...(migration.directives.forward === null ? [noDown(migration)] : []),
        ...lostForGood(testing, gone.end),
        ...killed.findings,
      ],
      stops: gone.stops + killed.stops,
    }
  }
  const back = await goBack(testing, down, gone.end)
  return { findings: [...findings, ...back.findings], stops: gone.stops + back.stops }
}

/** Rows change no catalog, unless a trigger does (one that makes partitions): then it is read again. */
const fill = async (
  db: Session,
  catalog: Catalog,
  touched: ReadonlySet<string>,
  { given, migration }: Pick<TestParts, 'given' | 'migration'>,
): Promise<{ readonly filled: readonly FilledTable[]; readonly start: DatabaseState }> => {
  const system = await readSystemRows(db)
  // A phase of a change of shape names the rows that one side cannot say, and stops: such rows are no fault of it.
  const wish = migration.writtenFor === undefined ? rowsWithGaps : wholeRows
  const filled = given ?? (await fillRows(db, catalog, withNeighbours(catalog, touched), wish))
  const own = (await readSystemRows(db)) === system ? catalog : await readCatalog(db)
  return { filled, start: { catalog: own, rows: await readRowFingerprint(db, own) } }
}

interface Tested extends Told {
  readonly filled: readonly FilledTable[]
  readonly unfit: readonly UnfitRows[]
}

/** `isFitting`: rows that what up makes refuses are taken out first. */
const testFilled = async (
  parts: TestParts,
  touched: ReadonlySet<string>,
  isFitting: boolean,
): Promise<Tested> => {
  const { server, migration, before, catalogs } = parts
  const database = await server.clone(before, 'migration')
  try {
    const { filled, start, unfit } = await withProver(server, database, async (db) => {
      const all = await fill(db, catalogs.before, touched, parts)
      const gone = isFitting ? await takeOutUnfit(db, catalogs) : []
      if (gone.length === 0) return { ...all, unfit: gone }
      return {
        filled: await recount(db, catalogs.before, all.filled),
        start: { ...all.start, rows: await readRowFingerprint(db, all.start.catalog) },
        unfit: gone,
      }
    })
    const { directives, kind } = migration
    const down =
      migration.down === null || directives.forward !== null || kind === 'repeatable' ? null : migration.down
    if (isFitting && unfit.length === 0) return { findings: [], stops: 0, filled, unfit }
    const told = await testOn({
      ...parts,
      up: wayOf('up', migration.up),
      down: down === null ? null : wayOf('down', down),
      touched,
      database,
      start,
    })
    return { ...told, filled, unfit }
  } finally {
    await server.dropDatabase(database)
  }
}

/** Class 23: a row breaks a constraint. */
const isOfRows = (sqlstate: string | null | undefined): boolean => sqlstate?.startsWith('23') === true

/** Needs `loadParser()`. Its clones are gone afterwards. */
export const testMigration = async (parts: TestParts): Promise<MigrationTest> => {
  const { migration, catalogs } = parts
  const touched = touchedTables(migration, catalogs.before, catalogs.after)
  const first = await testFilled(parts, touched, false)
  // Rows of a real database are what it has; those that were made for the test may only happen to be like that.
  const isMade = parts.given === undefined && isOfRows(first.refusedBy)
  const second = isMade ? await testFilled(parts, touched, true) : null
  const isBetter = second !== null && second.unfit.length > 0 && !isOfRows(second.refusedBy)
  const { findings, filled, stops, unfit } = isBetter ? second : first
  const empty = filled.filter(({ rows, table }) => rows === 0 && touched.has(table))
  const told = [
    ...findings,
    ...unfit.map((one) => upNeedsRows(migration, one)),
    ...empty.map((one) => notFilled(migration, one)),
  ]
  return { findings: withoutRepeats(told), filled, stops }
}
