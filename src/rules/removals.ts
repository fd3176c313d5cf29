/** Deeds that remove a row: DELETE, MERGE, TRUNCATE, through parents and through partitions. */
import { referencesOf } from '../catalog/references.ts'
import type { ReferencesFacts } from '../catalog/foreign-key.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { ident, identList, qualified } from '../postgres/quote.ts'
import { byEverybody, mergeDeeds, type Deed, type DeedStage } from './deeds.ts'

/** Its parents, each with the foreign keys that lead to it; a table's pointers to itself are among its own rows. */
const parentsOf = ({
  context,
}: DeedStage): readonly { readonly parent: Table; readonly keys: readonly ReferencesFacts[] }[] => {
  const { catalog, table } = context
  const keys = referencesOf(catalog, table.id).map((s) => s.facts)
  const parents = [...new Set(keys.map((k) => k.target))].filter((id) => id !== table.id)
  return parents.flatMap((id) => {
    const parent = catalog.tables.get(id)
    return parent ? [{ parent, keys: keys.filter((k) => k.target === id) }] : []
  })
}

/** `("tenant_id", "id") in (select …)`: the parents that the standing row points to. */
const isParent = ({ context, key }: DeedStage, facts: ReferencesFacts): string =>
  `(${identList(facts.targetColumns)}) in (select ${identList(facts.columns)} from ${qualified(context.table)} where ${key})`

const pointing = new WeakMap<Catalog, ReadonlyMap<string, readonly string[]>>()

/** Table → those that point to it, in the order of the catalog: asked for every table, so that looking through all of them would tell in a large database. */
const pointingIn = (catalog: Catalog): ReadonlyMap<string, readonly string[]> => {
  const known = pointing.get(catalog)
  if (known) return known
  const found = new Map<string, Set<string>>()
  for (const { id } of catalog.tables.values()) {
    for (const { facts } of referencesOf(catalog, id)) {
      const children = found.get(facts.target)
      if (children) children.add(id)
      else found.set(facts.target, new Set([id]))
    }
  }
  const all = new Map([...found].map(([id, children]) => [id, [...children]]))
  pointing.set(catalog, all)
  return all
}

/** Tables that point to this one, through others too: TRUNCATE CASCADE of it empties them. */
export const referring = (
  catalog: Catalog,
  table: string,
  found = new Set<string>(),
): ReadonlySet<string> => {
  for (const child of pointingIn(catalog).get(table) ?? []) {
    if (found.has(child)) continue
    found.add(child)
    referring(catalog, child, found)
  }
  return found
}

/** Their triggers asleep: a refusal has to be the table's own. */
const othersAsleep = (
  { context: { catalog, table }, given }: DeedStage,
  truncated: string,
): readonly string[] => [
  ...[...referring(catalog, truncated)]
    .filter((id) => id !== table.id && catalog.of(id, 'trigger').length > 0)
    .map((id) => `alter table ${qualified(catalog.tables.get(id)!)} disable trigger user`),
  ...given,
]

/** What happens to the row when its parent goes or changes its key; nothing where PostgreSQL itself refuses that. */
export const throughParents = (stage: DeedStage, how: 'removed' | 'changed'): readonly Deed[] =>
  parentsOf(stage).flatMap(({ parent, keys }) => {
    const refersBy = (facts: ReferencesFacts): string => facts.columns.join(', ')
    const deletes = (action: ReferencesFacts['onDelete']): boolean =>
      how === 'removed' ? action === 'cascade' : action === 'set null' || action === 'set default'
    return [
      ...keys
        .filter((facts) => deletes(facts.onDelete))
        .map((facts) => ({
          title: `deleting its row of ${parent.id} (${refersBy(facts)})`,
          when: [`delete from ${qualified(parent)} where ${isParent(stage, facts)}`],
          counts: true,
        })),
      ...(how === 'changed'
        ? []
        : [
            {
              title: `truncating ${parent.id} with CASCADE`,
              given: othersAsleep(stage, parent.id),
              when: [`truncate ${qualified(parent)} cascade`],
              counts: false,
            },
          ]),
    ]
  })

/** By everybody, and in every way but through parents and partitions. */
export const directRemovals = (stage: DeedStage): readonly Deed[] => {
  const { context, key } = stage
  const relation = qualified(context.table)
  return [
    ...byEverybody(stage, {
      title: 'deleting it',
      when: [`delete from ${relation} where ${key}`],
      counts: true,
    }),
    ...mergeDeeds(stage, [{ title: 'merging a deletion', action: 'delete' }]),
    ...byEverybody(
      { ...stage, given: othersAsleep(stage, context.table.id) },
      {
        title: 'truncating the table',
        when: [`truncate ${relation} cascade`],
        counts: false,
      },
    ),
  ]
}

/** A trigger that runs always, also in a session that replicates. */
export const triggerOn = (
  name: string,
  relation: string,
  events: string,
  each: 'row' | 'statement',
  called: string,
): readonly string[] => [
  `create trigger ${ident(name)} before ${events} on ${relation} for each ${each} execute function ${called}();`,
  `alter table ${relation} enable always trigger ${ident(name)};`,
]
