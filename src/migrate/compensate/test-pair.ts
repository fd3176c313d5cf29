/**
 * Whether one migration takes another back: both are run over rows, with all that stands between them, and the
 * structures and rows have to be what they were.
 */
import { difference, isSame, type CatalogDifference } from '../../catalog/difference.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Server } from '../../postgres/server.ts'
import type { Finding } from '../../prove/result.ts'
import type { Migration } from '../files/migration.ts'
import { stagesOf } from '../files/steps.ts'
import { readState, withProver, type DatabaseState } from '../test/database-state.ts'
import { isDeclared, lossDirective } from '../test/declared-losses.ts'
import { fillRows } from '../test/fill-rows.ts'
import { testNewRows } from '../test/new-rows.ts'
import { withNeighbours } from '../test/order-tables.ts'
import { rowDifference } from '../test/row-difference.ts'
import { runStages } from '../test/run-stages.ts'
import { withoutRepeats } from '../test/same-cause.ts'
import { ownerOf } from '../test/stop-halfway.ts'
import { refused, rowsDiffer } from '../test/test-findings.ts'
import { testNewShape } from '../test/test-new-shape.ts'
import { touchedTables } from '../test/touched-tables.ts'
import { changedIds } from './changed-since.ts'

export interface Pair {
  readonly server: Server
  /** The one that is taken back. */
  readonly first: Migration
  /** Versioned ones between the two, in their order. */
  readonly between: readonly Migration[]
  readonly last: Migration
  /** A database as it stands before the first, without rows of ours; nobody is connected to it. */
  readonly before: string
  /** Of that database, and of the same with the first. */
  readonly catalogs: { readonly before: Catalog; readonly after: Catalog }
}

/** What the first changed has to be as before it; everything else as the last one found it. */
const leftOver = ({ catalogs }: Pair, found: Catalog, end: Catalog): CatalogDifference | null => {
  const own = changedIds(catalogs.before, catalogs.after)
  const isOwn = ({ id }: { readonly id: string }): boolean => own.has(id)
  const taken = difference(catalogs.before, end)
  const others = difference(found, end)
  const left: CatalogDifference = {
    ...taken,
    made: [...taken.made.filter(isOwn), ...others.made.filter((one) => !isOwn(one))],
    changed: [...taken.changed.filter(isOwn), ...others.changed.filter((one) => !isOwn(one))],
    gone: [...taken.gone.filter(isOwn), ...others.gone.filter((one) => !isOwn(one))],
  }
  return isSame(left) ? null : left
}

const listed = ({ made, changed, gone }: CatalogDifference): string =>
  [
    ...made.map(({ id, definition }) => `is left behind: ${id} ${definition}`),
    ...gone.map(({ id, definition }) => `is not made again: ${id} ${definition}`),
    ...changed.map(({ id, before, after }) => `${id} was ${before}, is ${after}`),
  ].join('\n')

const differs = ({ first, last }: Pair, found: CatalogDifference): Finding => {
  const ids = [...found.made, ...found.changed, ...found.gone].map(({ id }) => id)
  const more = ids.length > 5 ? ` and ${ids.length - 5} more` : ''
  return {
    code: 'migrate.compensation-differs',
    severity: 'error',
    ...(ids[0] === undefined ? {} : { structure: ids[0] }),
    summary: `${last.name} does not take ${first.name} back: ${ids.slice(0, 5).join(', ')}${more}`,
    why: 'it says that it compensates that migration, and leaves another database than there was before it',
    fix: `Let it undo all that ${first.name} does. What differs:\n${listed(found)}`,
    where: { file: last.up.file, line: 1 },
  }
}

const ofRows = ({ first, between, last }: Pair, start: DatabaseState, end: DatabaseState) => {
  const loses = [first, ...between, last].flatMap(({ directives }) => directives.loses)
  const known = rowDifference(start.rows, end.rows).filter((one) => !isDeclared(loses, one))
  return between.length === 0 ? known : known.filter(({ does }) => does === 'lost')
}

/** What a way back is told in, for a migration that goes forward. */
const ofForward = (finding: Finding): Finding => ({
  ...finding,
  summary: finding.summary
    .replace(/\bdown is refused\b/u, 'it is refused')
    .replace(/\bdown loses\b/u, 'it loses'),
  fix: finding.fix.replaceAll('down.sql', 'it'),
})

/** Needs `loadParser()`. Its copies are gone afterwards. */
export const testPair = async (pair: Pair): Promise<readonly Finding[]> => {
  const { server, first, between, last, before, catalogs } = pair
  const database = await server.clone(before, 'pair')
  const open = ownerOf(server, database)
  try {
    const touched = touchedTables(first, catalogs.before, catalogs.after)
    await withProver(server, database, (db) =>
      fillRows(db, catalogs.before, withNeighbours(catalogs.before, touched)),
    )
    const start = await readState(server, database)
    for (const one of [first, ...between]) {
      const refusal = await runStages(open, stagesOf(one.up))
      if (refusal !== null) return [refused(one, one.up, 'up', refusal, true)]
    }
    const found = await readState(server, database)
    const later = await server.clone(database, 'later')
    try {
      const refusal = await runStages(open, stagesOf(last.up))
      if (refusal !== null) return [refused(last, last.up, 'up', refusal, true)]
      const end = await readState(server, database)
      const left = leftOver(pair, found.catalog, end.catalog)
      const known = ofRows(pair, start, end)
      const findings = [
        ...(left === null ? [] : [differs(pair, left)]),
        ...known.map((one): Finding => ({
          ...rowsDiffer(last, last.up, one, `behind ${first.name}`),
          fix: `Write the values back in ${last.name}, or say at its head that they are lost:\n${lossDirective(one)}`,
        })),
      ]
      if (left !== null || between.length > 0) return findings
      const parts = {
        server,
        migration: last,
        database: later,
        down: { direction: 'down' as const, script: last.up, stages: stagesOf(last.up) },
        before: start,
        after: found,
        touched,
        known,
      }
      const ofShape = await testNewShape(parts)
      return withoutRepeats([
        ...findings,
        ...[...ofShape, ...(await testNewRows(parts, ofShape))].map(ofForward),
      ])
    } finally {
      await server.dropDatabase(later)
    }
  } finally {
    await server.dropDatabase(database)
  }
}
