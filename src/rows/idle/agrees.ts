/** Proofs that conditions agree, each made once: large databases say the same of many tables. */
import type { Column, Table } from '../../catalog/table.ts'
import type { Session } from '../../postgres/session.ts'
import { proveAgreement } from '../agreement.ts'
import type { TableFacts } from '../facts.ts'

export interface Standing {
  readonly expression: string
  readonly columns: readonly string[]
}

/** proveAgreement asks for no more of a table than its columns. */
const bareFacts = (table: Table, columns: readonly Column[]): TableFacts => ({
  table: { ...table, columns },
  checks: [],
  keys: [],
  exclusions: [],
  references: [],
  partition: null,
  triggers: [],
  restsNull: new Set(),
  generatedFrom: new Map(),
})

const proofs = new WeakMap<Session, Map<string, Promise<readonly boolean[]>>>()

/**
 * For each of `others`, whether it accepts exactly the rows that the expression accepts, as CHECK has it, among those
 * that `standing` allows. `columns` are those that any of them reads, with what is promised of each.
 */
export const agrees = (
  db: Session,
  table: Table,
  columns: readonly Column[],
  expression: string,
  others: readonly string[],
  standing: readonly Standing[] = [],
): Promise<readonly boolean[]> => {
  const facts = columns.map(
    ({ position: _position, default: _default, identity: _identity, ...rest }) => rest,
  )
  const key = JSON.stringify([facts, expression, others, standing.map((one) => one.expression)])
  const known = proofs.get(db) ?? new Map<string, Promise<readonly boolean[]>>()
  proofs.set(db, known)
  const proof = known.get(key) ?? proveAgreement(db, bareFacts(table, columns), expression, others, standing)
  known.set(key, proof)
  return proof
}
