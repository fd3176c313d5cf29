/**
 * What an architecture leaves to others: single tables, whole schemas (`auth.*`) with everything in them, and structures
 * that stand in none (a platform's publication), by their ids.
 */
import type { Architecture } from '../architecture/architecture.ts'
import { standsIn } from '../catalog/schema-of.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import { unquoted } from '../postgres/quote.ts'

/** Structures that rules claim themselves, not only what these need: they are asked for wherever they stand. */
export const statedBy = (rules: readonly { readonly claims: readonly string[] }[]): ReadonlySet<string> =>
  new Set(rules.flatMap(({ claims }) => claims))

/** Of which nothing is asked: what is others' own, and what stands only while a change of shape lasts. */
export type Others = Pick<Architecture, 'leftAlone' | 'temporary'>

export const isLeftAlone = (
  structure: Structure,
  catalog: Catalog,
  { leftAlone = [], temporary = [] }: Others,
  stated: ReadonlySet<string>,
): boolean => {
  // A rule of all policies of a table does not mean one that stands while a change of shape lasts.
  if (temporary.includes(structure.id)) return true
  if (leftAlone.length === 0 || stated.has(structure.id)) return false
  if (leftAlone.includes(structure.id)) return true
  if (structure.table !== null && leftAlone.includes(structure.table)) return true
  const schemas = leftAlone.filter((id) => id.endsWith('.*')).map((id) => unquoted(id.slice(0, -2)))
  return standsIn(structure, catalog, schemas)
}
