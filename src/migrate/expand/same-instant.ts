/**
 * Two sessions that insert one key in the same instant. While a key stands twice, under the old name and under the new one,
 * ON CONFLICT looks at one of its indexes, and the other one would refuse the second row. So that one waits before its
 * row is looked at, as it would wait at the index, and then finds the first.
 */
import type { KeyFacts } from '../../catalog/key/key.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { relationId } from '../../ground/names.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { ColumnsShape } from './shape.ts'
import type { Sides, SyncWay } from './sides.ts'

/** Two rows of one deferred constraint may stand together for a while: its index refuses nothing at once. */
export const refusesAtOnce = ({ kind, facts }: Structure): boolean =>
  (kind === 'primaryKey' || kind === 'unique') &&
  (facts as KeyFacts).deferrable === 'no' &&
  !(facts as KeyFacts).withoutOverlaps

/** Columns of each key with one of the old columns, as they are called before the change. */
export const keysOf = (
  { table, olds }: Pick<ColumnsShape, 'table' | 'olds'>,
  catalog: Catalog,
): readonly (readonly string[])[] =>
  catalog
    .of(relationId(table))
    .filter(refusesAtOnce)
    .map(({ facts }) => (facts as KeyFacts).keys.flatMap(({ column }) => column ?? []))
    .filter((columns) => olds.some(({ name }) => columns.includes(name)))

/** Locks that one transaction takes: as many as PostgreSQL has room for in each. Whoever writes more of a time does not wait. */
const most = 64

const counted = `coalesce(nullif(pg_catalog.current_setting('assay.keys_waited_for', true), ''), '0')::int`

/** Statements behind those that tell both sides; '': no key stands twice. */
export const waitForSameKey = ({ shape, olds, news }: Sides, way: SyncWay): string => {
  const { keys = [], table } = shape
  if (keys.length === 0 || way === 'aside') return ''
  const isOld = shape.kind === 'rename-in-place' ? way === 'from-old' : way !== 'from-new'
  const nameOf = (column: string): string => {
    const at = shape.olds.findIndex(({ name }) => name === column)
    return (at < 0 ? undefined : (isOld ? olds[at] : news[at])?.physical) ?? column
  }
  const parts = keys.map((columns) => {
    const names = columns.map(nameOf)
    const values = names.map((name) => `new.${ident(name)}`)
    const all = (each: (name: string, i: number) => string): string => names.map(each).join(' and ')
    return `
    if ${all((_, i) => `${values[i]} is not null`)}
      and ${all((name) => `pg_catalog.has_column_privilege(${literal(qualified(table))}, ${literal(name)}, 'select')`)} then
      perform 1 from ${qualified(table)} as t where ${all((name, i) => `t.${ident(name)} = ${values[i]}`)};
      if not found then
        perform pg_catalog.set_config('assay.keys_waited_for', (${counted} + 1)::text, true),
          pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(row(${values.join(', ')})::text, pg_catalog.hashtextextended(${literal(`${qualified(table)} (${columns.map(ident).join(', ')})`)}, 0)));
      end if;
    end if;`
  })
  return `
  -- Whoever inserts the same key in this very instant is waited for: ON CONFLICT looks at one of two indexes.
  if tg_op = 'INSERT' and ${counted} < ${most} then${parts.join('')}
  end if;`
}
