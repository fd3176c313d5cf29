/** Repeatable files that stand on each other: what one is told that runs too early. */
import type { PgFault } from '../../postgres/fault.ts'

const unknownNames = new Set(['42P01', '42883', '42704', '42703'])

/** No such table or view, function, type or role, column. */
export const isUnknownName = ({ sqlstate }: Pick<PgFault, 'sqlstate'>): boolean => unknownNames.has(sqlstate)

export const repeatableOrder =
  'Repeatable files run behind all migrations, in the order of their names. Where another one makes what is missing, name this one so that it comes behind it (10_base.sql, 20_on_top.sql); else correct the name in the statement.'
