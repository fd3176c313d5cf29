/** The runtime side of the compiler's check of column types: a config is loaded without type-checking. */
import type { AssayError } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import { declarationFault, type RulePlace } from './rule-set.ts'
import { sqlTypeModifiers, sqlTypeNames } from './sql-types.ts'

const shape = /^([a-z][a-z0-9_ ]*?)\s*(?:\(\s*([^)]*?)\s*\))?( [a-z ]+)?((?:\s*\[\d*\])*)$/u
const serial: Readonly<Record<string, string>> = {
  serial: 'integer',
  serial4: 'integer',
  bigserial: 'bigint',
  serial8: 'bigint',
  smallserial: 'smallint',
  serial2: 'smallint',
}

const isKnown = (name: string): name is keyof typeof sqlTypeModifiers => Object.hasOwn(sqlTypeModifiers, name)

/** The base name and the modifiers of a type's text, or null when it has another shape. */
export const parseSqlType = (
  text: string,
): { readonly name: string; readonly modifiers: readonly string[] } | null => {
  const match = shape.exec(text)
  if (match?.[1] === undefined) return null
  const name = `${match[1]}${match[3] ?? ''}`
  const modifiers = match[2] === undefined ? [] : match[2].split(',').map((part) => part.trim())
  return { name: name.startsWith('interval ') ? 'interval' : name, modifiers }
}

/** Null when the column's type is one. */
export const columnTypeFault = (place: RulePlace, column: string, type: unknown): AssayError | null => {
  if (typeof type === 'object' && type !== null && 'columnRules' in type) return null
  const fault = (code: string, summary: string, mend: string): AssayError =>
    declarationFault(place, code, `${place.table}: column "${column}" ${summary}`, mend)
  if (typeof type !== 'string')
    return fault('column-type', 'has no type.', `Give it a SQL type, such as { ${column}: 'text' }.`)
  const whole = serial[type]
  if (whole !== undefined)
    return fault(
      'serial',
      `is declared as ${type}, which is not a type but a shorthand.`,
      `Write '${whole}', and t.identity('${column}') among the rules.`,
    )
  const parsed = parseSqlType(type)
  if (parsed === null || !isKnown(parsed.name))
    return fault(
      'column-type',
      `has the type "${type}", which is not one of PostgreSQL's own.${didYouMean(parsed?.name ?? type, sqlTypeNames)}`,
      `Correct the name, or declare it as a type of your schema: enumType, domainType or sqlType('${type}').`,
    )
  const most = sqlTypeModifiers[parsed.name]
  if (parsed.modifiers.length > most || parsed.modifiers.some((part) => !/^-?\d+$/u.test(part)))
    return fault(
      'column-type',
      `has the type "${type}", but ${parsed.name} takes ${most === 0 ? 'no numbers' : `at most ${most} whole number${most === 1 ? '' : 's'}`} in parentheses.`,
      `Write '${parsed.name}${most === 0 ? '' : most === 1 ? '(n)' : '(precision,scale)'}'.`,
    )
  return null
}
