/** A view may ask a setting of the application's (`app.user_id`): what it shows then hangs on who reads it. */
import type { FunctionFacts } from '../../catalog/function.ts'
import { settingsIn } from '../../catalog/named-settings.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { ViewFacts } from '../../catalog/view/structure.ts'
import { literal } from '../../postgres/quote.ts'
import type { FilledTables } from './relation-rows.ts'
import type { RowChange } from './row-change.ts'

/** Values of one setting that are tried. */
const mostValues = 18

/** Those that the view reads, through other views and the functions that it calls, too. */
const settingsOf = (view: Structure, catalog: Catalog): readonly string[] => {
  const seen = new Set<string>()
  const visit = (one: Structure): readonly string[] => {
    if (seen.has(one.id)) return []
    seen.add(one.id)
    const text =
      one.kind === 'function'
        ? (one.facts as FunctionFacts).statement
        : one.kind === 'view' || one.kind === 'materializedView'
          ? (one.facts as ViewFacts).definition
          : null
    if (text === null) return []
    const under = one.dependsOn.flatMap((id) => catalog.structures.get(id) ?? [])
    return [...settingsIn(text), ...under.flatMap(visit)]
  }
  return [...new Set(visit(view))].toSorted()
}

/** Each setting with values that rows under the view have: in all columns, since a text tells not which is compared with it. */
export const settingChanges = (
  view: Structure,
  catalog: Catalog,
  { tables }: Pick<FilledTables, 'tables'>,
): readonly RowChange[] => {
  const names = settingsOf(view, catalog)
  if (names.length === 0) return []
  const read = new Set(
    view.dependsOn.flatMap((id) => {
      const on = catalog.structures.get(id)
      return on?.kind === 'column' ? [`${on.table} ${on.name}`] : []
    }),
  )
  const values = tables.flatMap(({ table, rows }) =>
    table.columns
      .filter((column) => read.size === 0 || read.has(`${table.id} ${column.name}`))
      // Some rows have less than it, some more.
      .flatMap((column) =>
        (['a', 'b', 'c'] as const).map((family) => rows.get(family)?.[column.name] ?? 'null'),
      )
      .filter((sql) => sql !== 'null' && sql !== 'default'),
  )
  return names.flatMap((name) =>
    [...new Set(values)].slice(0, mostValues).map((sql) => ({
      title: `${name} ${sql}`,
      sql: `select pg_catalog.set_config(${literal(name)}, (${sql})::text, true)`,
      table: `setting ${name}`,
      promises: 'asks' as const,
    })),
  )
}

/** One value for each setting: a view that cannot do without is read with it. */
export const oneOfEach = (changes: readonly RowChange[]): readonly RowChange[] => [
  ...new Map(changes.toReversed().map((change) => [change.table, change])).values(),
]
