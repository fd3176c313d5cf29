/**
 * Tests a migration where direction is 'forward': it has no way back of its own, so the migration that would take it
 * back is made here, and run like one.
 */
import path from 'node:path'
import type { Catalog } from '../catalog/structure.ts'
import { placeInFile } from '../ground/source-place.ts'
import { writeCompensation } from '../migrate/compensate/write-compensation.ts'
import type { Migration } from '../migrate/files/migration.ts'
import { withWayBack } from '../migrate/files/read-migrations.ts'
import type { FilledTable } from '../migrate/test/fill-rows.ts'
import { testMigration, type MigrationTest } from '../migrate/test/test-migration.ts'
import { PgError } from '../postgres/fault.ts'
import type { Server } from '../postgres/server.ts'
import type { Finding } from '../prove/result.ts'

export interface ForwardTest {
  readonly server: Server
  readonly migration: Migration
  /** A database as it stands before it, and a copy of that with it; nobody is connected to either. */
  readonly before: string
  readonly after: string
  readonly catalogs: { readonly before: Catalog; readonly after: Catalog }
  /** Rows that the database before it has already: none are made. */
  readonly given?: readonly FilledTable[]
}

/** Whether the configuration speaks for it: a migration that says where it goes, or has a way back, speaks for itself. */
export const goesForward = (
  { down, directives, kind }: Migration,
  direction: 'forward' | undefined,
): boolean => direction === 'forward' && down === null && directives.forward === null && kind !== 'repeatable'

/** As one that has said itself that there is no way back. */
export const asForward = (migration: Migration): Migration => ({
  ...migration,
  directives: { ...migration.directives, forward: { because: 'the configuration says so' } },
})

const notCompensated = ({ name, up }: Migration, said: string, more: Partial<Finding>): Finding => ({
  severity: 'error',
  ...more,
  code: 'migrate.not-compensated',
  summary: `${name}: no migration could be made that takes it back: ${said}`,
  why: "with direction 'forward' the next migration takes back what went wrong; here it would lose what nobody has said is lost, or fail",
  fix: [
    `Say at the head of ${path.basename(up.file)} what is lost, or why there is no way back:`,
    '-- assay: loses products.legacy because …',
    '-- assay: direction forward because …',
  ].join('\n'),
  where: { file: up.file, line: 1 },
})

/** The runner goes on with a migration that stopped; only one that is complete is compensated. */
const ofStops: ReadonlySet<string> = new Set(['migrate.cannot-turn-back'])

const told = (migration: Migration, generated: string, finding: Finding): readonly Finding[] => {
  if (ofStops.has(finding.code)) return []
  if (finding.where?.file !== generated) return [finding]
  const said = finding.summary.replace(`${migration.name}: `, '')
  if (finding.severity === 'error') return [notCompensated(migration, said, finding)]
  return [{ ...finding, where: { file: migration.up.file, line: 1 } }]
}

/** Needs `loadParser()`. */
export const testForward = async (parts: ForwardTest): Promise<MigrationTest> => {
  const { server, migration, before, after, catalogs } = parts
  const given = parts.given === undefined ? {} : { given: parts.given }
  const { name, up } = migration
  let text: string | null
  try {
    text = await writeCompensation({ server, name, before, after, head: [], online: true })
  } catch (cause) {
    if (!(cause instanceof PgError)) throw cause
    const findings = [notCompensated(migration, cause.fault.message, {})]
    return { findings, filled: [], stops: 0 }
  }
  if (text === null)
    return testMigration({ server, migration: asForward(migration), before, catalogs, ...given })
  const generated = `${up.file}.compensation`
  const wayBack = withWayBack(migration, generated, text)
  const place = placeInFile(generated, '', 0).file
  const test = await testMigration({ server, migration: wayBack, before, catalogs, ...given })
  return { ...test, findings: test.findings.flatMap((one) => told(migration, place, one)) }
}
