/** Composite types: attributes are added, dropped and typed in place where that leads to the same order. */
import type { CompositeFacts } from '../../catalog/composite.ts'
import type { Structure } from '../../catalog/structure.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import { together, type ChangeKind } from './change.ts'
import { madeAnew, madeAnewNotes } from './type.ts'

type Attribute = CompositeFacts['attributes'][number]

const typed = ({ type, collation }: Attribute): string =>
  `${type}${collation === null ? '' : ` collate ${collation}`}`

const create = (facts: CompositeFacts): string =>
  `create type ${qualified(facts)} as (${facts.attributes.map((a) => `${ident(a.name)} ${typed(a)}`).join(', ')})`

/** null: PostgreSQL adds an attribute behind the others only. */
const inPlace = (was: CompositeFacts, is: CompositeFacts): string | null => {
  const stays = was.attributes.filter(({ name }) => is.attributes.some((a) => a.name === name))
  if (stays.some(({ name }, i) => is.attributes[i]?.name !== name)) return null
  const parts = [
    ...was.attributes
      .filter((attribute) => !stays.includes(attribute))
      .map(({ name }) => `drop attribute ${ident(name)}`),
    ...is.attributes.map((attribute, i) => {
      const { name } = attribute
      const before = stays[i]
      if (before === undefined) return `add attribute ${ident(name)} ${typed(attribute)}`
      return typed(before) === typed(attribute)
        ? ''
        : `alter attribute ${ident(name)} type ${typed(attribute)}`
    }),
  ].filter((part) => part !== '')
  return `alter type ${qualified(is)} ${parts.join(', ')}`
}

export const compositeChange: ChangeKind = {
  isGround: true,
  notes: ({ id, before: old, after: next, does }, { before }) =>
    does === 'alter' &&
    old &&
    next &&
    inPlace(old.facts as CompositeFacts, next.facts as CompositeFacts) === null
      ? madeAnewNotes(
          id,
          before,
          'PostgreSQL adds an attribute behind the others only: the type is made anew',
        )
      : [],
  alter: (old, next, { before, after }) => {
    const [was, is] = [old.facts as CompositeFacts, next.facts as CompositeFacts]
    const sql = inPlace(was, is)
    if (sql !== null) return together(sql)
    return together(...madeAnew(before, old as Structure<CompositeFacts>, [create(is)], 'type', after))
  },
}
