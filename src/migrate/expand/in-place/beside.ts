/** What the column beside needs to stand for the one in its place: its rights, and an index wherever that one has one. */
import type { ExcludesFacts } from '../../../catalog/excludes.ts'
import type { GrantFacts } from '../../../catalog/grant.ts'
import type { KeyFacts } from '../../../catalog/key/key.ts'
import { kindOfStructure } from '../../../catalog/kind-of.ts'
import type { Catalog, Structure } from '../../../catalog/structure.ts'
import { relationId, structureId } from '../../../ground/names.ts'
import { ident, qualified } from '../../../postgres/quote.ts'
import { fittedName } from '../../../rules/ddl.ts'
import { refusesAtOnce } from '../same-instant.ts'
import type { ColumnsShape } from '../shape.ts'

/** Rights that somebody has on these columns and not on the whole table. */
const grants = (shape: ColumnsShape, catalog: Catalog): readonly string[] =>
  catalog.of(relationId(shape.table), 'grant').flatMap(({ facts }) => {
    const { grantee, privileges } = facts as GrantFacts
    return privileges.flatMap(({ privilege, columns, grantable }) => {
      const also = shape.olds.flatMap(({ name }, i) =>
        columns?.includes(name) === true ? [ident(shape.news[i]?.name ?? '')] : [],
      )
      return also.length === 0
        ? []
        : [
            `grant ${privilege} (${also.join(', ')}) on table ${qualified(shape.table)} to ${grantee === null ? 'public' : ident(grantee)}${grantable ? ' with grant option' : ''}`,
          ]
    })
  })

/** Columns beside those that stand, as these sort. */
export const addBeside = (shape: ColumnsShape, catalog: Catalog): readonly string[] => {
  const standing = catalog.tables.get(relationId(shape.table))?.columns ?? []
  return [
    ...shape.news.map(({ name, type }, i) => {
      const collation = standing.find((one) => one.name === shape.olds[i]?.name)?.collation ?? null
      return `alter table ${qualified(shape.table)} add column ${ident(name)} ${type}${collation === null ? '' : ` collate ${collation}`}`
    }),
    // Rows that stand get none: the backfill tells them.
    ...shape.news.flatMap(({ name, default: preset }) =>
      preset === undefined
        ? []
        : [`alter table ${qualified(shape.table)} alter column ${ident(name)} set default ${preset}`],
    ),
    ...grants(shape, catalog),
  ]
}

const indexed: ReadonlySet<string> = new Set(['primaryKey', 'unique', 'index', 'excludes'])

const asIndex = (one: Structure): Structure<KeyFacts> => {
  const known = one.facts as KeyFacts
  const facts: KeyFacts = {
    ...known,
    ...(one.kind === 'excludes' ? { keys: (one.facts as ExcludesFacts).elements } : {}),
    name: fittedName(`assay_twin_${one.name}`),
    comment: null,
    isReplicaIdentity: false,
    isConstraint: false,
    nullsNotDistinct: refusesAtOnce(one) && known.nullsNotDistinct,
    withoutOverlaps: false,
    deferrable: 'no',
  }
  return { ...one, kind: refusesAtOnce(one) ? 'unique' : 'index', name: facts.name, facts }
}

/** Statements that make them while the columns beside have the names of those that stand: the texts are the same. */
export const indexesBeside = (shape: ColumnsShape, catalog: Catalog): readonly string[] => {
  const id = relationId(shape.table)
  const columns = shape.olds.map(({ name }) => structureId(id, 'column', name))
  return catalog
    .of(id)
    .filter(({ kind, dependsOn }) => indexed.has(kind) && columns.some((one) => dependsOn.includes(one)))
    .flatMap((one) => {
      const index = asIndex(one)
      return kindOfStructure(index).create(index, catalog)
    })
}
