/** What is wished of a filling: what the command line says, over what the architecture declares. */
import { createHash } from 'node:crypto'
import type { Architecture } from '../architecture/architecture.ts'
import type { VersionedRule } from '../architecture/kinds/versioned.ts'
import type { DeclaredRule } from '../architecture/rule.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { VolumeWish } from '../rows/volume/wish.ts'
import { resolveSizes, type NamedSizes } from './fill-sizes.ts'

export interface DeclaredVolumes {
  readonly volumes: NonNullable<Architecture['volumes']>
  /** Tables with the versions of others: made-up ones would be of rows that never were. */
  readonly histories: ReadonlySet<string>
}

const isVersioned = (rule: DeclaredRule): rule is VersionedRule => rule.kind === 'versioned'

export const declaredVolumes = (architectures: readonly Architecture[]): DeclaredVolumes => ({
  volumes: Object.assign({}, ...architectures.map(({ volumes = {} }) => volumes)),
  histories: new Set(
    architectures
      .flatMap(({ tables }) => tables)
      .flatMap(({ rules }) => rules.filter(isVersioned).map(({ history }) => history)),
  ),
})

/** Throws AssayError `fill.unknown-table`. */
export const wishOf = (
  catalog: Catalog,
  { named, usual }: NamedSizes,
  seed: number,
  { volumes, histories }: DeclaredVolumes,
): Partial<VolumeWish> => {
  const declared = Object.entries(volumes).flatMap(([id, { rows }]) =>
    rows === undefined ? [] : [[id, rows] as const],
  )
  const own = resolveSizes(catalog, named)
  // What Assay keeps in the database itself: journals of migrations and of fillings.
  const kept = [...catalog.tables.values()].filter(({ schema }) => schema === 'assay').map(({ id }) => id)
  const sizes = new Map([...(named.size === 0 && usual === null ? declared : []), ...own])
  const columns = new Map(Object.entries(volumes).map(([id, volume]) => [id, volume.columns ?? {}]))
  const leave = new Set([...histories, ...kept])
  return { seed, sizes, columns, leave, ...(usual === null ? {} : { usual }) }
}

const byName = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
  a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0

/** The same for the same wish. */
export const digestOf = ({
  seed,
  sizes = new Map(),
  columns = new Map(),
  usual,
}: Partial<VolumeWish>): string => {
  const all = [seed, [...sizes].toSorted(byName), [...columns].toSorted(byName), usual ?? null]
  return createHash('sha256').update(JSON.stringify(all)).digest('hex')
}
