/** Runs a proof function (escape hatch `proves`) in a transaction that is taken back; what it throws is the outcome. */
import type { Catalog } from '../catalog/structure.ts'
import { ownFault, PgError, type PgFault } from '../postgres/fault.ts'
import { loadParser } from '../postgres/parse.ts'
import { ident } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import type { Rows } from '../rows/rows.ts'
import type { Experiment } from '../rules/experiment.ts'
import { endOfFunction } from './end-of-function.ts'
import { openProof, ProofRefusal, type OpenProof } from './proof-database.ts'
import type { Observation } from './result.ts'

export interface ProofRun {
  /** A prover session outside any transaction. */
  readonly db: Session
  /** The role that DDL runs as. */
  readonly owner: string
  readonly ddl: readonly string[]
  readonly rows: Rows
  readonly catalog: Catalog
  readonly experiment: Experiment
}

/** What PostgreSQL refused under it. */
const refusalIn = (thrown: unknown): PgFault | null =>
  thrown instanceof ProofRefusal || thrown instanceof PgError ? thrown.fault : null

/** A proof that asks PostgreSQL nothing, or does not wait for the answer, shows nothing. */
const emptiness = (proof: OpenProof): PgFault | null => {
  if (proof.issued() === 0) {
    return ownFault('P0004', 'the proof asserts nothing: it sends no statement to the database')
  }
  const unawaited = proof.unawaited()
  if (unawaited === 0) return null
  return ownFault(
    'P0004',
    `the proof does not wait for ${unawaited} of its statements: write await before each`,
  )
}

const judge = async (db: Session, proof: OpenProof, run: () => Promise<void>): Promise<PgFault | null> => {
  const outcome = await endOfFunction('proof', run, refusalIn)
  await proof.close()
  const fault = outcome ?? emptiness(proof)
  if (fault) return fault
  const [reply] = await db.batch(['set constraints all immediate'])
  return reply!.fault
}

/** `fault` is null when the proof ran to its end and nothing that was deferred spoke up then. */
export const runProof = async ({
  db,
  owner,
  ddl,
  rows,
  catalog,
  experiment,
}: ProofRun): Promise<Observation> => {
  await loadParser()
  await db.query('begin')
  try {
    if (ddl.length > 0) {
      const message = [`set local role ${ident(owner)}`, ...ddl, 'set local role none'].join(';\n')
      const [reply] = await db.batch([message])
      if (reply!.fault) return { fault: reply!.fault, stage: 'world', affected: 0, rows: [] }
    }
    const proof = openProof({ db, rows, catalog })
    const fault = await judge(db, proof, () => experiment.proof!(proof.database))
    return { fault, stage: 'when', affected: 0, rows: [] }
  } finally {
    await db.batch(['rollback'])
  }
}
