/** Faults that say nothing of the rows: another moment, another server or another role would have taken them. */
import { PgError, type PgFault } from '../../postgres/fault.ts'

/** No connection, a server that is only read, a collision, no room or memory, an end from outside, a broken disk. */
const ofServer = /^(?:08|25006|40|53|55P03|57|58|XX00[12])/u

export const isServerFault = ({ sqlstate }: PgFault): boolean => ofServer.test(sqlstate)

export const isCollision = (cause: unknown): boolean =>
  cause instanceof PgError && (cause.fault.sqlstate === '40P01' || cause.fault.sqlstate === '40001')

/** For the transaction alone: what a role may be given for its usual statements is too short for stretches of rows. */
export const withoutTimeouts = `select pg_catalog.set_config(name, '0', true) from pg_catalog.pg_settings
  where name in ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout') and setting <> '0'`
