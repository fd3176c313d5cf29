/** What ends a filling half way, told with what is left of it and how to go on. */
import type { Catalog } from '../catalog/structure.ts'
import { AssayError } from '../ground/errors.ts'
import { ConnectionLost, PgError, type PgFault } from '../postgres/fault.ts'
import { isServerFault } from '../rows/volume/server-fault.ts'

export interface FillStage {
  /** What was asked for, in a word. */
  readonly asked: string
  /** In a database that is named: a journal stands there. */
  readonly isResumable: boolean
  /** Rows may be there already; otherwise only the plan was made. */
  readonly isWriting: boolean
  /** The command said so: given again, it would begin anew. */
  readonly truncate: boolean
  readonly catalog: Catalog
}

const leftOf = ({ isResumable, isWriting }: FillStage): string =>
  !isResumable
    ? 'The copy is gone with its server'
    : isWriting
      ? 'What was written stays, whole stretches of rows with a note of each'
      : 'Nothing was written yet'

const goOn = 'then run the same command again'

/** The rows that were to go are gone once others are written. */
const beginsAnew = ({ isWriting, truncate }: FillStage): boolean => isWriting && truncate

const goingOn = (mend: string, stage: FillStage): string =>
  stage.isResumable && beginsAnew(stage) ? mend.replace(goOn, `${goOn} without --truncate`) : mend

/** Whose options are known where the command is. */
const nextOf = (stage: FillStage): readonly string[] =>
  stage.isResumable && !beginsAnew(stage) ? ['assay fill --url …'] : []

const lost = (found: string, stage: FillStage, cause: unknown): AssayError =>
  new AssayError('The connection was lost while rows were written.', {
    code: 'fill.lost',
    exit: 3,
    asked: stage.asked,
    found,
    why: leftOf(stage),
    mend: stage.isResumable
      ? goingOn(`Wait until the server takes connections, ${goOn}: it goes on where this one ended.`, stage)
      : `Look at the free memory and the free disk of this machine, ${goOn}.`,
    next: nextOf(stage),
    cause,
  })

/** The first that fits; faults of the server that none of them names are told as they are. */
const causes: readonly {
  readonly fits: RegExp
  readonly code: string
  readonly message: string
  readonly mend: string
  /** Of a local copy, where that is another one. */
  readonly here?: string
}[] = [
  {
    fits: /^53100$/u,
    code: 'fill.disk-full',
    message: 'The disk of the server is full.',
    mend: `Make room on it, ${goOn}; or take fewer rows: --rows … --truncate.`,
    here: 'Make room where the local copy stands, or name another place: TMPDIR=/mnt/large npx assay fill …; or take fewer rows with --rows.',
  },
  {
    fits: /^53/u,
    code: 'fill.server',
    message: 'The server has not what filling its tables needs.',
    mend: `Give it more memory or connections, or take fewer: --sessions 1; ${goOn}.`,
  },
  {
    fits: /^25006$/u,
    code: 'fill.read-only',
    message: 'The server takes no rows: its transactions only read.',
    mend: 'Name the primary server, not a replica; where it is a setting: alter role … set default_transaction_read_only = off;',
  },
  {
    fits: /^(?:40|55P03|57014)/u,
    code: 'fill.server',
    message: 'Somebody else’s work on the same tables stood in the way.',
    mend: `Wait until it has ended, ${goOn}.`,
  },
]

const ofServer = ({ sqlstate, message }: PgFault, stage: FillStage, cause: unknown): AssayError => {
  const found = `${message} (SQLSTATE ${sqlstate})`
  const known = causes.find(({ fits }) => fits.test(sqlstate))
  if (known === undefined) return lost(found, stage, cause)
  const { code, message: summary, mend, here = mend } = known
  return new AssayError(summary, {
    code,
    exit: 3,
    asked: stage.asked,
    found,
    why: leftOf(stage),
    mend: stage.isResumable ? goingOn(mend, stage) : here,
    next: mend.includes(goOn) ? nextOf(stage) : [],
    cause,
  })
}

/** As an AssayError where there is more to say than the cause says itself. */
export const fillFault = (cause: unknown, stage: FillStage): unknown => {
  if (cause instanceof ConnectionLost) return lost(cause.message, stage, cause)
  if (!(cause instanceof PgError)) return cause
  if (isServerFault(cause.fault)) return ofServer(cause.fault, stage, cause)
  const { sqlstate, message, schema, table } = cause.fault
  const where = [...stage.catalog.tables.values()].find((one) => one.schema === schema && one.name === table)
  const asked = where === undefined ? stage.asked : `rows in ${where.id}`
  if (sqlstate === '42501')
    return new AssayError('The role may not do what filling the tables needs.', {
      code: 'fill.no-right',
      exit: 3,
      asked,
      found: message,
      why: stage.isWriting
        ? `foreign keys that lead in a circle are written by way of a temporary table, or set by an update. ${leftOf(stage)}`
        : leftOf(stage),
      mend: 'Give the connection string of the role that owns the tables, or grant what is missing to this one.',
      cause,
    })
  if (!stage.isWriting) return cause
  return new AssayError('PostgreSQL refused a row that was made up.', {
    code: 'fill.refused-row',
    exit: 1,
    asked,
    found: `${message} (SQLSTATE ${sqlstate})`,
    why: `its conditions take such values seldom, so the trial did not meet one. ${leftOf(stage)}`,
    mend: 'Say how the column’s values are spread, with volumes in architecture(…), and begin anew with --truncate.',
    cause,
  })
}
