/** What stands on a column that has no other of its own beside it: what is computed of it, and what no two rows may share. */
import type { ExcludesFacts } from '../../catalog/excludes.ts'
import type { GeneratedFacts } from '../../catalog/generated.ts'
import { kindOfStructure } from '../../catalog/kind-of.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { relationId, structureId } from '../../ground/names.ts'
import type { Finding } from '../../prove/result.ts'
import { ofGenerated } from './key/obstacles.ts'
import { saysShape } from './lab.ts'
import type { ColumnsShape } from './shape.ts'

const standing = (shape: ColumnsShape, catalog: Catalog, kind: string): readonly Structure[] => {
  const id = relationId(shape.table)
  const olds = shape.olds.map(({ name }) => structureId(id, 'column', name))
  return catalog.of(id, kind).filter(({ dependsOn }) => olds.some((one) => dependsOn.includes(one)))
}

/** Columns that are stored and computed of an old one: PostgreSQL writes them anew. */
export const computedOf = (shape: ColumnsShape, catalog: Catalog, major: number): readonly Finding[] =>
  standing(shape, catalog, 'generated')
    .filter(({ facts }) => (facts as GeneratedFacts).storage === 'stored')
    .map((one) => {
      const { id, what, why, fix } = ofGenerated(one, catalog, major)
      return {
        code: 'expand.generated',
        severity: 'error',
        structure: id,
        summary: `${saysShape(shape)}: ${what}`,
        why,
        fix,
      }
    })

/** PostgreSQL builds the index of such a constraint only under a lock: contract does so, where a rule asks for it. */
export const excludedBy = (shape: ColumnsShape, catalog: Catalog): readonly Finding[] =>
  standing(shape, catalog, 'excludes').map((one) => {
    const isEqual = (one.facts as ExcludesFacts).elements.every(({ operator }) => operator === '=')
    return {
      code: 'expand.excludes',
      severity: 'warning',
      structure: one.id,
      summary: `${saysShape(shape)}: contract builds ${one.name} over the new column while nobody reads or writes the table`,
      why: 'PostgreSQL builds the index of an EXCLUDE constraint only under a lock of the whole table, and takes none that was built before; until then the one over the old column holds',
      fix: `try on a copy how long it takes, and run contract when that may be: ${kindOfStructure(one).create(one, catalog)[0] ?? ''}${isEqual ? '\nIt compares by = alone: t.unique(…) says the same, and its index is built while writers go on' : ''}`,
    }
  })
