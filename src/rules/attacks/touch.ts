/** A column that can be changed in either tenant's row with nothing else in the way: what update attacks write. */
import { ident, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import type { World } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'
import { isTaken, tryAll } from './trial.ts'

export interface Touch {
  readonly name: string
  /** `"name" = 'a'`: set to what this tenant's own row has. */
  set(tenant: { readonly row: Row }): string
}

interface Owner {
  readonly row: Row
  readonly key: string
}

/**
 * The role's first updatable column whose own value can be written again over its own row; columns of keys come
 * last, the tenant's own after them, because a refusal there may have another reason.
 */
export const chooseTouch = async (
  { db, table }: RuleContext,
  both: World,
  updatable: readonly string[],
  keyColumns: ReadonlySet<string>,
  tenantColumn: string,
  tenants: readonly Owner[],
): Promise<Touch | null> => {
  const rank = (name: string): number => (name === tenantColumn ? 2 : keyColumns.has(name) ? 1 : 0)
  const names = table.columns
    .filter((c) => updatable.includes(c.name) && c.generated === null && c.identity !== 'always')
    .map((c) => c.name)
    .toSorted((x, y) => rank(x) - rank(y))
  const touches = names.map((name): Touch => ({
    name,
    set: ({ row }) => `${ident(name)} = ${row[name] ?? 'default'}`,
  }))
  const tried = await tryAll(
    db,
    both,
    touches.flatMap((touch) =>
      tenants.map((tenant) => ({
        when: [`update ${qualified(table)} set ${touch.set(tenant)} where ${tenant.key}`],
      })),
    ),
  )
  const each = tenants.length
  return (
    touches.find((_, i) =>
      tried.slice(i * each, (i + 1) * each).every((t) => isTaken(t) && t.affected === 1),
    ) ?? null
  )
}
