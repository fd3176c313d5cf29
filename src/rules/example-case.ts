/** What accepts and rejects share: the structures that exist because of an example, and its row. */
import type { DeclaredRule } from '../architecture/rule.ts'
import type { Catalog } from '../catalog/structure.ts'
import { structureId } from '../ground/names.ts'

/** `by` names structures by their ids, or by `kind:name` of the rule's own table. */
export const structuresBehind = (
  rule: DeclaredRule & { readonly by: readonly string[] },
  catalog: Catalog,
): readonly string[] =>
  rule.by.flatMap((text) => {
    if (catalog.structures.has(text)) return [text]
    const colon = text.indexOf(':')
    if (colon < 0) return []
    const [kind, name] = [text.slice(0, colon), text.slice(colon + 1)]
    const own = structureId(rule.table, kind, name)
    if (catalog.structures.has(own)) return [own]
    return catalog
      .of(rule.table, kind)
      .filter((s) => s.name === name)
      .map((s) => s.id)
  })
