/** A column type that takes exactly the labels named here. */
import { declaredAt } from './declared-at.ts'
import { makeEnumRule } from './kinds/enum.ts'
import { standingEnum } from './objects/types.ts'
import { typeText, type TypeName, type UserType } from './user-type.ts'

/**
 * A PostgreSQL enum that the schema makes. Columns of it are read and written as its labels, and each of them
 * gets a rule that it takes exactly these.
 *
 * @example
 * const orderStatus = enumType('order_status', ['open', 'paid', 'sent'])  // create type order_status as enum ('open', 'paid', 'sent')
 * table('orders', { status: orderStatus }, …)                             // "status" order_status
 */
export const enumType = <const Labels extends readonly string[]>(
  name: TypeName,
  labels: Labels,
): UserType<Labels[number], Labels[number], false> => {
  const at = declaredAt(enumType)
  const type = typeText(name)
  return {
    type,
    refusesNull: false,
    columnRules: (place, column) => [makeEnumRule(place, column, type, labels)],
    standing: () => standingEnum(name, labels, at),
  }
}
