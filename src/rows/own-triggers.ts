/** A rule about a trigger, a rewrite rule or a CHECK is proven with it: what set it aside for the sake of other rules is left out of its world. */
import type { Catalog } from '../catalog/structure.ts'
import { setAsideSql, toAside } from './asides.ts'
import type { Rows, RowWorld } from './rows.ts'

/** One world, whoever asks for it: experiments that share it share its statements. */
const kept = new WeakMap<readonly string[], Map<string, RowWorld>>()

const without = <W extends RowWorld>(world: W, heeded: readonly string[], catalog: Catalog): W => {
  const own = (world.asides ?? []).filter(({ structure }) => heeded.includes(structure))
  if (own.length === 0) return world
  const key = own.map(({ structure }) => structure).join(' ')
  const known = kept.get(world.statements) ?? new Map<string, RowWorld>()
  kept.set(world.statements, known)
  const statements = own.flatMap(({ structure }) => {
    const found = catalog.structures.get(structure)
    const aside = found ? toAside(catalog, found, '') : null
    return aside ? [setAsideSql(aside)] : []
  })
  const made = known.get(key) ?? {
    id: `${world.id} with ${key}`,
    statements: world.statements.filter((sql) => !statements.includes(sql)),
    asides: (world.asides ?? []).filter((one) => !own.includes(one)),
  }
  known.set(key, made)
  return { ...world, ...made }
}

/** `own`: ids of structures that the rule is about. */
export const withOwnTriggers = (rows: Rows, own: readonly string[], catalog: Catalog): Rows =>
  own.some((id) => ['trigger', 'rule', 'check'].includes(catalog.structures.get(id)?.kind ?? ''))
    ? { ...rows, world: async (table) => without(await rows.world(table), own, catalog) }
    : rows
