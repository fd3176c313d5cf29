/** A column type that an extension or the schema brings and that is neither an enum nor a domain. */
import { typeText, type TypeName, type UserType } from './user-type.ts'

/**
 * Any other type: of an extension, a composite or range of the schema's own. The type parameter says what
 * a query returns for it (node-postgres gives text for types that it does not know).
 *
 * @example
 * table('places', { path: sqlType<string>('ltree') }, …)            // "path" ltree
 * table('documents', { embedding: sqlType<string>('vector(384)') }, …)  // "embedding" vector(384)
 */
export const sqlType = <Read = string, Write = Read>(name: TypeName): UserType<Read, Write, false> => ({
  type: typeText(name),
  refusesNull: false,
  columnRules: () => [],
})
