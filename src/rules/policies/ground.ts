/** Where the policies' cells stand: the parents of the table's rows, and every privilege, so that policies alone decide. */
import type { FunctionFacts } from '../../catalog/function.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { World } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'
import { grantsAround, neededFor, readSurroundings } from '../surroundings.ts'
import { selectEach } from '../trial.ts'
import type { Reading } from './reading.ts'
import type { AskedRole } from './roles.ts'

const rowPrivileges = ['select', 'insert', 'update', 'delete']

const routine = (f: FunctionFacts): string => `function ${qualified(f)}(${f.args.join(', ')})`

/**
 * What the roles need to use the table at all, and what the policies themselves name: tables of their subqueries and
 * the functions that they call. What those functions read is theirs to reach: nothing is granted on it.
 */
export const grantsFor = async (
  context: RuleContext,
  roles: readonly AskedRole[],
  reading: Reading,
): Promise<readonly string[]> => {
  const { db, table } = context
  const grantees = [...new Set(roles.map(({ name }) => ident(name)))].join(', ')
  if (grantees === '') return []
  const around = await readSurroundings(db, table)
  const needed = roles.flatMap(({ name }) => neededFor(around, { role: name, privileges: rowPrivileges }))
  const read = reading.tables.filter((t) => t.direct).map((t) => t.table)
  const schemas = new Set([
    table.schema,
    ...read.map((t) => t.schema),
    ...reading.functions.map((f) => f.schema),
  ])
  return [
    `grant usage on schema ${[...schemas].toSorted().map(ident).join(', ')} to ${grantees}`,
    `grant all on ${qualified(table)} to ${grantees}`,
    ...read.map((t) => `grant select on ${qualified(t)} to ${grantees}`),
    ...reading.functions.map((f) => `grant execute on ${routine(f)} to ${grantees}`),
    ...grantsAround([...new Set(needed)], grantees).map((sql) => sql.replace(/;$/u, '')),
  ]
}

export const worldOfPolicies = (
  table: { readonly id: string },
  parents: World,
  grants: readonly string[],
): World => ({ id: `${table.id}+policies`, statements: [...parents.statements, ...grants] })

/** Whether no row of the table stands before any is inserted: parents may be rows of the table itself. */
export const isAlone = async ({ db, table }: RuleContext, world: World): Promise<boolean> => {
  const [counted] = await selectEach(db, world.statements, [`select count(*) from ${qualified(table)}`])
  return counted?.[0]?.[0] === '0'
}
