/** What a column has besides its type: a default, an identity, an expression that computes it. */
import { alterColumn, alterTable, columnOf, tableOf } from '../../catalog/alter.ts'
import { defaultKind, defaultsOf, type DefaultFacts } from '../../catalog/default.ts'
import { columnKeys } from '../../catalog/dependency/dependents.ts'
import type { GeneratedFacts } from '../../catalog/generated.ts'
import { identityKind, type IdentityFacts } from '../../catalog/identity.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { ident } from '../../postgres/quote.ts'
import { together, asOwner, isNewTable, type ChangeContext, type ChangeKind } from './change.ts'
import { rewrites } from './note.ts'
import { numbersOn } from './numbering.ts'
import { aroundStanding } from './standing.ts'
import { columnSql } from './table.ts'

const setDefault = (structure: Structure, catalog: Catalog): readonly string[] =>
  defaultKind.create(structure as Structure<DefaultFacts>, catalog)

/** A sequence of its own that it did not have before begins behind what the rows hold. */
const numbered = (structure: Structure, { before, after }: ChangeContext): readonly string[] => {
  const { sequence, column } = structure.facts as DefaultFacts
  const table = tableOf(structure, after)
  const had = defaultsOf(before, table.id).find((s) => s.name === column)?.facts.sequence ?? null
  if (sequence === null || had !== null || isNewTable(table.id, { before })) return []
  return [numbersOn(table, column)]
}

export const defaultChange: ChangeKind = {
  make: (structure, context) =>
    together(...setDefault(structure, context.after), ...numbered(structure, context)),
  alter: (_old, next, context) => together(...setDefault(next, context.after), ...numbered(next, context)),
  remove: (structure, { before }) =>
    together(...defaultKind.drop(structure as Structure<DefaultFacts>, before)),
}

const identify = (structure: Structure, catalog: Catalog): string =>
  `${alterColumn(tableOf(structure, catalog), structure.name)} add ${structure.definition.toLowerCase()}`

/** What the sequence of an identity does otherwise. */
const renumbered = (was: IdentityFacts['sequence'], is: IdentityFacts['sequence']): readonly string[] => [
  ...(was.minimum === is.minimum ? [] : [`set minvalue ${is.minimum}`]),
  ...(was.maximum === is.maximum ? [] : [`set maxvalue ${is.maximum}`]),
  ...(was.start === is.start ? [] : [`set start with ${is.start}`]),
  ...(was.increment === is.increment ? [] : [`set increment by ${is.increment}`]),
  ...(was.cache === is.cache ? [] : [`set cache ${is.cache}`]),
  ...(was.cycle === is.cycle ? [] : [`set ${is.cycle ? '' : 'no '}cycle`]),
]

export const identityChange: ChangeKind = {
  make: (structure, { after }) => {
    const table = tableOf(structure, after)
    const { sequence } = structure.facts as IdentityFacts
    return together(identify(structure, after), numbersOn(table, structure.name, sequence))
  },
  // Dropped and added again it would begin with numbers that rows have.
  alter: (old, next, { after }) => {
    const [was, is] = [old.facts as IdentityFacts, next.facts as IdentityFacts]
    const words = [
      ...(was.generation === is.generation ? [] : [`set generated ${is.generation}`]),
      ...renumbered(was.sequence, is.sequence),
    ]
    return together(
      ...(words.length === 0 ? [] : [`${alterColumn(tableOf(next, after), next.name)} ${words.join(' ')}`]),
    )
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
  notes: ({ id, table, does, after }, { effects }) => {
    const isStored = (after?.facts as GeneratedFacts | undefined)?.storage === 'stored'
    const isSeen = effects?.get(id)
    if (does === 'remove' || (isSeen ? isSeen.rewritten.length === 0 : !isStored)) return []
    return [
      rewrites(id, [table ?? ''], 'the values of a stored generated column are computed when it is made'),
    ]
  },
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
