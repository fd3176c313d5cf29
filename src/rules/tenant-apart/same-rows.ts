/** Moving a tenant changes nothing that anybody reads: each tenant has its rows as before, whatever was called how often. */
import { identList, ident, literal } from '../../postgres/quote.ts'
import type { Attempt } from '../attacks/attack.ts'
import type { Tenant } from '../attacks/tenancy.ts'
import { asOwner, call, type ApartGround, type Sort } from './ground.ts'

const kept = 'assay_before'

/** What each tenant has, kept for the tenants to read; then what is done. */
const keepRows = ({ tenancy, owner }: ApartGround, ...done: readonly string[]): readonly string[] => {
  const { relation, column, may, role } = tenancy
  return [
    `create temporary table ${kept} as select ${column}::text as tenant, row(${identList(may.columns.select)})::text as line from ${relation}`,
    `grant select on ${kept} to ${ident(role)}`,
    ...asOwner(owner, ...done),
  ]
}

const compared = ({ tenancy }: ApartGround, tenant: Tenant): string => {
  const now = `select row(${identList(tenancy.may.columns.select)})::text as line from ${tenancy.relation}`
  const then = `select line from pg_temp.${kept} where tenant = ${literal(tenant.value)}`
  return `select 'gone' as what, * from (${then} except all ${now}) g union all select 'come', * from (${now} except all ${then}) c order by 1, 2`
}

export const sameRows: Sort = {
  name: 'rows',
  async attempts(ground) {
    const { rule, tenancy, before, mends } = ground
    const { a, b, may } = tenancy
    if (may.columns.select.length === 0) return []
    const apart = call(rule.apart, a.value)
    const back = rule.together === null ? null : call(rule.together, a.value)
    const way = (
      who: readonly Tenant[],
      what: string,
      mend: string,
      ...done: readonly string[]
    ): readonly Attempt[] =>
      who.map((tenant) => ({
        title: `${tenant.title} reads the same rows after ${what}`,
        world: before,
        as: tenant.asker,
        given: keepRows(ground, ...done),
        when: [compared(ground, tenant)],
        then: { kind: 'rows', rows: [] },
        mend,
      }))
    return [
      ...way([a, b], 'tenant a was set apart', mends.apart, apart),
      ...way([a], 'it was set apart twice', mends.apart, apart, apart),
      ...way([a, b], 'tenant b was set apart', mends.apart, call(rule.apart, b.value)),
      ...way([b], 'both tenants were set apart', mends.apart, apart, call(rule.apart, b.value)),
      ...(back === null
        ? []
        : [
            ...way([a, b], 'tenant a was set apart and brought back', mends.together, apart, back),
            ...way([a], 'it was set apart and brought back twice', mends.together, apart, back, back),
            ...way([a], 'it was brought back, and had never been apart', mends.together, back),
            ...way(
              [a],
              'it was set apart, brought back and set apart again',
              mends.together,
              apart,
              back,
              apart,
            ),
          ]),
    ]
  },
}
