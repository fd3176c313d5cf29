/** What `objects: […]` of an architecture takes: things of the database that belong to no table. */
import type { DeclaredObject } from './architecture.ts'
import { declarationFault, type RulePlace } from './rule-set.ts'
import type { UserType } from './user-type.ts'

/** One object as its function answers it; its rules are made when it is put into an architecture. */
export interface ObjectDeclaration {
  /** Where what is wrong with it is reported. */
  readonly declare: (refuse: RulePlace['refuse']) => DeclaredObject
}

/** An enumType or a domainType stands for itself where no column of a table uses it. */
export type AnyObject = ObjectDeclaration | UserType

export const objectOf = (value: unknown, place: RulePlace): DeclaredObject | null => {
  if (typeof value === 'object' && value !== null) {
    if ('declare' in value && typeof value.declare === 'function')
      return (value as ObjectDeclaration).declare((fault) => place.refuse(fault))
    if ('standing' in value && typeof value.standing === 'function')
      return (value as Required<Pick<UserType, 'standing'>>).standing(place)
  }
  place.refuse(
    declarationFault(
      place,
      'not-an-object',
      `${place.table}: among the objects is something that is none (${typeof value}).`,
      "Give what sequence('…'), fn('…'), extension('…'), enumType('…') and their like answer.",
    ),
  )
  return null
}
