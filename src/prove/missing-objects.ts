/** Declared objects that no rule proves (an extension, a composite type) and that the database lacks. */
import type { Architecture } from '../architecture/architecture.ts'
import type { Catalog } from '../catalog/structure.ts'
import { isAskedFor } from './asked.ts'
import type { Finding } from './result.ts'

export const missingObjects = (
  { objects = [] }: Architecture,
  catalog: Catalog,
  only: readonly string[],
): readonly Finding[] =>
  objects
    .filter(
      ({ structure, rules }) =>
        rules.length === 0 && !catalog.structures.has(structure) && isAskedFor(structure, null, only),
    )
    .map(({ structure, design, at }) => ({
      code: 'object.missing',
      severity: 'error',
      structure,
      summary: `${structure} does not exist`,
      why: 'it is declared, and no migration makes it',
      fix: `add to a migration:\n${design.join('\n')}`,
      ...(at === null ? {} : { where: at }),
    }))
