/**
 * The policy by which phases of a change of shape see all rows of a table whose row-level security binds its owner:
 * for the role that runs them, in a session that says so.
 */
import type { Structure } from '../../catalog/structure.ts'
import { literal } from '../../postgres/quote.ts'
import { fittedName } from '../../rules/ddl.ts'

/** A session sees all rows where it is `on`. */
export const seesAllRows = 'assay.sees_all_rows'

const prefix = 'assay_rows_of_'

export const rowsPolicyName = (change: string): string => fittedName(`${prefix}${change}`)

/** `inTriggers`: also for whoever writes, inside of triggers. */
export const rowsCondition = (inTriggers: boolean): string => {
  const isSaid = `pg_catalog.current_setting(${literal(seesAllRows)}, true) = 'on'`
  return inTriggers ? `${isSaid} or pg_catalog.pg_trigger_depth() > 0` : isSaid
}

/** What this file reads of a policy's facts. */
interface Facts {
  readonly permissive: boolean
  readonly command: string
  readonly roles: readonly (string | null)[]
  readonly using: string | null
  readonly withCheck: string | null
}

const isSaid = `(current_setting('${seesAllRows}'::text, true) = 'on'::text)`

/** As PostgreSQL prints `rowsCondition`. */
const printed: readonly (string | null)[] = [isSaid, `(${isSaid} OR (pg_trigger_depth() > 0))`]

/** Exactly such a policy, whoever it is for: another role on each server. One that lets in more is not. */
export const isRowsPolicy = ({ kind, name, facts }: Structure): boolean => {
  if (kind !== 'policy' || !name.startsWith(prefix)) return false
  const { permissive, command, roles, using, withCheck } = facts as Facts
  return (
    permissive &&
    command === 'all' &&
    roles.length === 1 &&
    roles[0] !== null &&
    printed.includes(using) &&
    using === withCheck
  )
}
