/** What a column has besides its type: a default, an identity, an expression that computes it. */
import { alterColumn, alterTable, columnOf, tableOf } from '../../catalog/alter.ts'
import { defaultKind, type DefaultFacts } from '../../catalog/default.ts'
import { columnKeys } from '../../catalog/dependency/dependents.ts'
import type { GeneratedFacts } from '../../catalog/generated.ts'
import { identityKind, type IdentityFacts } from '../../catalog/identity.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { ident } from '../../postgres/quote.ts'
import { together, asOwner, type ChangeKind } from './change.ts'
import { aroundStanding } from './standing.ts'
import { columnSql } from './table.ts'

const setDefault = (structure: Structure, catalog: Catalog): readonly string[] =>
  defaultKind.create(structure as Structure<DefaultFacts>, catalog)

export const defaultChange: ChangeKind = {
  make: (structure, { after }) => together(...setDefault(structure, after)),
  alter: (_old, next, { after }) => together(...setDefault(next, after)),
  remove: (structure, { before }) =>
    together(...defaultKind.drop(structure as Structure<DefaultFacts>, before)),
}

const identify = (structure: Structure, catalog: Catalog): string =>
  `${alterColumn(tableOf(structure, catalog), structure.name)} add ${structure.definition.toLowerCase()}`

export const identityChange: ChangeKind = {
  make: (structure, { after }) => together(identify(structure, after)),
  alter: (old, next, { before, after }) => {
    const [was, is] = [old.facts as IdentityFacts, next.facts as IdentityFacts]
    const tail = (text: string): string => text.replace(/^GENERATED (?:ALWAYS|BY DEFAULT)/u, '')
    if (tail(old.definition) === tail(next.definition) && was.generation !== is.generation)
      return together(`${alterColumn(tableOf(next, after), next.name)} set generated ${is.generation}`)
    return together(...identityKind.drop(old as Structure<IdentityFacts>, before), identify(next, after))
  },
  remove: (structure, { before }) =>
    together(...identityKind.drop(structure as Structure<IdentityFacts>, before)),
}

/** The column dropped and added as the other catalog has it, with all that stands on it around that. */
const readded = (structure: Structure, from: Catalog, to: Catalog): readonly string[] => {
  const table = tableOf(structure, to)
  const around = aroundStanding(from, to, columnKeys(from, table.id, structure.name), () => true)
  return [
    ...asOwner(around.before),
    `${alterTable(table)} drop column ${ident(structure.name)}`,
    `${alterTable(table)} add column ${columnSql(to, table, columnOf(table, structure.name))}`,
    ...asOwner(around.after),
  ]
}

/** SET EXPRESSION came with this version. */
const setExpressionSince = 17

export const generatedChange: ChangeKind = {
  make: (structure, { before, after }) => together(...readded(structure, before, after)),
  alter: (old, next, { before, after }) => {
    const [was, is] = [old.facts as GeneratedFacts, next.facts as GeneratedFacts]
    if (was.storage !== is.storage || after.major < setExpressionSince)
      return together(...readded(next, before, after))
    return together(`${alterColumn(tableOf(next, after), next.name)} set expression as (${is.expression})`)
  },
  remove: (structure, { before, after }) => {
    const { storage } = structure.facts as GeneratedFacts
    if (storage === 'stored')
      return together(`${alterColumn(tableOf(structure, before), structure.name)} drop expression`)
    return together(...readded(structure, before, after))
  },
}
