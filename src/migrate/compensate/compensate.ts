/** The next migration, which takes one that stands back: written from the catalogs, and run behind it before it is a file. */
import type { Catalog } from '../../catalog/structure.ts'
import { AssayError } from '../../ground/errors.ts'
import { PgError } from '../../postgres/fault.ts'
import type { Server } from '../../postgres/server.ts'
import type { Finding } from '../../prove/result.ts'
import type { Migration } from '../files/migration.ts'
import { migrationOfText } from '../files/read-migrations.ts'
import { changedSince } from './changed-since.ts'
import { testPair } from './test-pair.ts'
import { writeCompensation } from './write-compensation.ts'

export interface CompensateWish {
  readonly server: Server
  readonly first: Migration
  /** Those that stand behind it. */
  readonly between: readonly Migration[]
  /** Databases as they stand before it, with it, and with all of them; nobody is connected to them. */
  readonly databases: { readonly before: string; readonly after: string }
  readonly catalogs: { readonly before: Catalog; readonly after: Catalog; readonly now: Catalog }
  /** Of the migration that is written, and its file. */
  readonly name: string
  readonly file: string
  /** In the online form of each change; absent: yes. */
  readonly online?: boolean
  /** What it may lose, each as a directive says it: `products.legacy`. */
  readonly loses: readonly string[]
}

export interface Compensation {
  readonly text: string
  readonly directives: Migration['directives']
  /** With an error among them it is not to be written. */
  readonly findings: readonly Finding[]
}

const rowsOnly = ({ name }: Migration): AssayError =>
  new AssayError(`${name} changes no structure: nothing says how its rows were before.`, {
    code: 'compensate.rows-only',
    exit: 2,
    asked: `a migration that takes ${name} back`,
    found: 'the same catalog before and after it',
    why: 'what takes it back is written from what it changed in the catalog',
    mend: `Write it by hand, and let its head say what it takes back; \`assay migrate test\` runs both:\n-- assay: compensates ${name}\n-- assay: direction forward because it takes back ${name}`,
  })

const changedAgain = (
  { first, between, catalogs }: CompensateWish,
  ids: readonly string[],
): AssayError | null => {
  const [last] = between.slice(-1)
  if (ids.length === 0 || last === undefined) return null
  return new AssayError(`What ${first.name} made was changed again behind it.`, {
    code: 'compensate.changed-since',
    exit: 2,
    asked: `a migration that takes ${first.name} back and leaves all others as they are`,
    found: `${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ` and ${ids.length - 5} more` : ''}: another now (${catalogs.now.structures.size} structures) than it was left`,
    why: 'taking the first back would take a part of the later one with it',
    mend: `Begin with the later one:\nassay migrate compensate ${last.name}`,
  })
}

const unwritable = (first: Migration, cause: PgError): AssayError =>
  new AssayError(`What takes ${first.name} back could not be written: ${cause.fault.message}`, {
    code: 'compensate.refused',
    exit: 1,
    asked: `the names as they were before ${first.name}`,
    found: `SQLSTATE ${cause.fault.sqlstate}`,
    mend: `Write it by hand, with this at its head:\n-- assay: compensates ${first.name}`,
    cause,
  })

/** A refusal of a text that nobody wrote. */
const byHand = ({ name }: Migration, finding: Finding): Finding => ({
  ...finding,
  why: `what ${name} took away cannot be made again out of nothing`,
  fix: finding.fix.replace(
    /^[^\n]*/u,
    'Write the text above to a file of your own, give the rows their values before this statement, and let `assay migrate test` run both:',
  ),
})

/** Needs `loadParser()`. Throws AssayError where there is nothing that could be written. */
export const compensate = async (wish: CompensateWish): Promise<Compensation> => {
  const { server, first, between, databases, catalogs, name, file, loses, online = true } = wish
  const again = changedAgain(wish, changedSince(catalogs.before, catalogs.after, catalogs.now))
  if (again !== null) throw again
  const head = loses.map((what) => `assay: loses ${what} because ${first.name} did not keep it`)
  const written = await writeCompensation({ server, name: first.name, ...databases, head, online }).catch(
    (cause: unknown) => {
      throw cause instanceof PgError ? unwritable(first, cause) : cause
    },
  )
  if (written === null) throw rowsOnly(first)
  const last = migrationOfText(name, file, written)
  const findings = await testPair({
    server,
    first,
    between,
    last,
    before: databases.before,
    catalogs: { before: catalogs.before, after: catalogs.after },
  })
  return {
    text: written,
    directives: last.directives,
    findings: findings.map((one) => (one.code === 'migrate.up-fails' ? byHand(first, one) : one)),
  }
}
