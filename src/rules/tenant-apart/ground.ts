/**
 * What experiments on a tenant that is set apart stand on: shape 1's tenancy, in a world in which tenant a has a
 * partition of its own and tenant b is with the others; and the same rows before anybody was moved.
 */
import type { IsolatedByRule } from '../../architecture/kinds/isolated-by.ts'
import type { TenantApartRule } from '../../architecture/kinds/tenant-apart.ts'
import type { RelationName } from '../../ground/names.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Rows } from '../../rows/rows.ts'
import type { Attempt } from '../attacks/attack.ts'
import { isGap, type Gap } from '../attacks/gap.ts'
import { readTenancy, type Tenancy } from '../attacks/tenancy.ts'
import type { World } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'
import { argumentType, apartDdl, rulesOfFunction, togetherDdl } from './design.ts'

export interface ApartGround {
  readonly rule: TenantApartRule
  readonly context: RuleContext
  /** Whether the function sets a tenant apart at all; where not, that is what has to be told first. */
  readonly works: boolean
  /** Tenant a is apart before it has rows. */
  readonly tenancy: Tenancy
  /** Rows of both tenants, nobody is apart. */
  readonly before: World
  readonly owner: string
  readonly argument: string
  /** This rule tells of the functions, for all tables that they move. */
  readonly isFirst: boolean
  readonly mends: { readonly apart: string; readonly together: string }
}

export const call = (name: RelationName, tenant: string | null): string =>
  `select ${qualified(name)}(${literal(tenant)})`

export const asOwner = (owner: string, ...sql: readonly string[]): readonly string[] => [
  `set local role ${ident(owner)}`,
  ...sql,
  'set local role none',
]

/** In every world that rows make, once its parents stand, this is done. */
const withMove = (rows: Rows, move: readonly string[]): Rows => ({
  ...rows,
  world: async (table) => {
    const made = await rows.world(table)
    return { ...made, id: `${made.id}+apart`, statements: [...made.statements, ...move] }
  },
})

/** In place of a function of the same name, whatever that answers or calls its argument. */
const insteadOf = (name: RelationName, type: string, ddl: readonly string[]): string =>
  [`drop function if exists ${qualified(name)}(${type});`, ...ddl].join('\n')

export const readApartGround = async (
  rule: TenantApartRule,
  context: RuleContext,
): Promise<ApartGround | Gap> => {
  const { architecture, rows, table } = context
  const isolation: IsolatedByRule = { ...rule, kind: 'isolatedBy' }
  const plain = await readTenancy(isolation, context)
  if (isGap(plain)) return plain
  const { owner } = table
  const move = asOwner(owner, call(rule.apart, plain.a.value))
  const tenancy = await readTenancy(isolation, { ...context, rows: withMove(rows, move) })
  const type = argumentType(rule, architecture)
  return {
    rule,
    context,
    works: !isGap(tenancy),
    // Where the function does not work yet the experiments say so, in the world that was to be.
    tenancy: isGap(tenancy) ? moved(plain, move) : tenancy,
    before: plain.both,
    owner,
    argument: type,
    isFirst: rulesOfFunction(rule, architecture)[0]?.id === rule.id,
    mends: {
      apart: insteadOf(rule.apart, type, apartDdl(rule, architecture)),
      together: rule.together === null ? '' : insteadOf(rule.together, type, togetherDdl(rule, architecture)),
    },
  }
}

const moved = (plain: Tenancy, move: readonly string[]): Tenancy => {
  const after = ({ id, statements }: World): World => ({
    id: `${id}+apart`,
    statements: [...statements, ...move],
  })
  return { ...plain, empty: after(plain.empty), both: after(plain.both) }
}

/** The verb of this room's files: experiments of one sort, before they have their ids. */
export interface Sort {
  /** Part of the experiments' ids. */
  readonly name: string
  attempts(ground: ApartGround): Promise<readonly Attempt[]>
}
