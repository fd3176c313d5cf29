/** What a policy lets through whatever the row, and what keeps it in. */
import type { Catalog } from '../../catalog/structure.ts'
import type { RowConstant } from '../../rows/idle/row-constants.ts'
import { commandsOf, policiesOf, type Command, type Policy } from './table-policies.ts'

export interface Constants {
  /** For rows that are there; null: it depends on the row, or there is no such condition. */
  readonly using: RowConstant | null
  /** For rows that are written: USING where WITH CHECK is left out. */
  readonly check: RowConstant | null
}

const asksOldRows = (command: Command): boolean => command !== 'insert'
const asksNewRows = (command: Command): boolean => command === 'insert' || command === 'update'

export const passes = (command: Command, { using, check }: Constants): boolean =>
  (!asksOldRows(command) || using === 'true') && (!asksNewRows(command) || check === 'true')

const isNo = (constant: RowConstant | null): boolean => constant === 'false' || constant === 'null'

export const refuses = (command: Command, { using, check }: Constants): boolean =>
  (asksOldRows(command) && isNo(using)) || (asksNewRows(command) && isNo(check))

/** A restrictive policy that asks something of the same command, and of this role: null is everybody. */
export const isNarrowed = (
  policy: Policy,
  command: Command,
  role: string | null,
  catalog: Catalog,
  constants: ReadonlyMap<Policy, Constants>,
): boolean =>
  policiesOf(catalog, policy.table ?? '').some((other) => {
    const own = constants.get(other)
    const { permissive, roles } = other.facts
    return (
      !permissive &&
      (roles.includes(null) || roles.includes(role)) &&
      commandsOf(other).includes(command) &&
      own !== undefined &&
      !passes(command, own)
    )
  })
