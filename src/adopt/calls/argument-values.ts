/** What is worth giving a function: values of rows that stand, what its text speaks of, edges of the type, null. */
import type { Catalog } from '../../catalog/structure.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import { nearComposites, typicalComposite, type Composite } from '../../rows/candidates/composites.ts'
import { typeFamily } from '../../rows/candidates/families.ts'
import { mergeClues, type ValueClues } from '../../rows/constants.ts'
import type { FunctionClues } from '../../rows/function-clues.ts'
import type { Row } from '../../rows/rows.ts'
import type { FunctionReads } from './function-reads.ts'
import type { StandingRows } from './standing-rows.ts'
import type { Argument, Signature } from './signatures.ts'

/** One list of arguments, each as SQL. */
export type Arguments = readonly string[]

export interface ArgumentChoices {
  /** As rows of the families have them: a first. Each is a whole list. */
  readonly aligned: readonly Arguments[]
  /** By argument: what else is worth trying. */
  readonly others: readonly (readonly string[])[]
}

/** Of one argument at least, and of all. */
const leastValues = 14
const mostValues = 48

const bareNumbers = new Set(['integer', 'bigint', 'numeric', 'real', 'double precision'])

/** Constants that a call takes as they stand, where no other function has its name. */
const isBare = (argument: Argument, value: string): boolean =>
  /^(?:'(?:[^']|'')*'|null)$/u.test(value) ||
  (bareNumbers.has(argument.type) &&
    /^-?\d+(?:\.\d+)?$/u.test(value) &&
    !(argument.type === 'bigint' && value.includes('.'))) ||
  (argument.type === 'boolean' && (value === 'true' || value === 'false'))

const polymorphic: Readonly<Record<string, readonly string[]>> = {
  anyelement: ['1', `'a'::text`, 'null::integer'],
  anynonarray: ['1', `'a'::text`, 'null::integer'],
  anycompatible: ['1', `'a'::text`, 'null::integer'],
  anycompatiblenonarray: ['1', `'a'::text`, 'null::integer'],
  anyarray: [`array[1, 2]`, `array['a', 'b']`, `'{}'::integer[]`, 'null::integer[]'],
  anycompatiblearray: [`array[1, 2]`, `array['a', 'b']`, `'{}'::integer[]`, 'null::integer[]'],
  anyrange: ['int4range(1, 5)', `'empty'::int4range`, 'null::int4range'],
  anycompatiblerange: ['int4range(1, 5)', `'empty'::int4range`, 'null::int4range'],
  anymultirange: ['int4multirange(int4range(1, 5))', 'null::int4multirange'],
  '"any"': ['1', `'a'::text`, 'null::integer'],
}

/** Types whose values no SQL makes. */
export const isCallable = (signature: Signature): boolean =>
  signature.arguments.every((one) => one.kind !== 'p' || Object.hasOwn(polymorphic, one.type))

const cast = (argument: Argument, value: string, isOverloaded: boolean): string => {
  if (Object.hasOwn(polymorphic, argument.type)) return value
  if (!isOverloaded && isBare(argument, value)) return value
  return /^(?:'(?:[^']|'')*'|null|true|false|\d+(?:\.\d+)?)$/u.test(value)
    ? `${value}::${argument.type}`
    : `cast(${value} as ${argument.type})`
}

const about = (clues: FunctionClues, { schema, name }: Signature, argument: Argument): ValueClues => {
  const atoms = clues.atomsOf(schema, name)
  const own = argument.name === '' ? [] : atoms.filter((atom) => atom.columns.includes(argument.name))
  const constants = atoms.flatMap((atom) => atom.constants)
  const merged = mergeClues(own)
  return own.length === 0
    ? mergeClues(atoms.filter((atom) => atom.columns.length === 0 || argument.name === ''))
    : { ...merged, constants: [...new Set([...merged.constants, ...constants])] }
}

const familyOf = (argument: Argument) => {
  const slot = {
    name: argument.name === '' ? 'value' : argument.name,
    type: argument.base,
    modifier: -1,
    labels: argument.labels,
    key: false,
  }
  return { slot, family: typeFamily(slot, argument.isArray) }
}

/** Of a composite type of its own. */
const compositeOf = ({ type, attributes }: Argument): Composite | null =>
  attributes ? { sql: type, attributes } : null

const nearOf = (argument: Argument, clues: ValueClues): readonly string[] => {
  const composite = compositeOf(argument)
  const { slot, family } = familyOf(argument)
  return composite ? nearComposites(composite, clues) : family.near(slot, clues)
}

const rowValue = (standing: StandingRows, argument: Argument, n: number): string | null => {
  const found = standing.find(
    ({ table }) => table.schema === argument.table?.schema && table.name === argument.table.name,
  )
  const row = found?.rows[n]
  if (!found || !row || row.where === null) return null
  return `(select ${ident(found.table.name)} from ${qualified(found.table)} where ${row.where})`
}

/** What stands in the columns that the argument is compared with. */
const valuesOfRows = (standing: StandingRows, columns: readonly string[], n: number): readonly string[] =>
  columns.flatMap((column) =>
    standing.flatMap(({ rows }) => {
      const value = (rows[n]?.pins ?? ({} as Row))[column]
      return value === undefined || value === 'default' || value === 'null' ? [] : [value]
    }),
  )

const typicalOf = (argument: Argument, n: number): string => {
  const made = polymorphic[argument.type]
  if (made) return made[Math.min(n, made.length - 1)]!
  const { slot, family } = familyOf(argument)
  const composite = compositeOf(argument)
  return composite ? typicalComposite(composite, n) : family.typical(slot, n)
}

export interface ArgumentGround {
  readonly signature: Signature
  readonly reads: FunctionReads
  readonly standing: StandingRows
  readonly clues: FunctionClues
  readonly catalog: Catalog
}

export const chooseArguments = ({ signature, reads, standing, clues }: ArgumentGround): ArgumentChoices => {
  const { isOverloaded } = signature
  const aligned = [0, 1].map((n) =>
    signature.arguments.map((argument, i) => {
      const value =
        rowValue(standing, argument, n) ??
        valuesOfRows(standing, reads.linked.get(i) ?? [], n)[0] ??
        typicalOf(argument, n)
      return cast(argument, value, isOverloaded)
    }),
  )
  const most = Math.max(leastValues, Math.floor(mostValues / Math.max(1, signature.arguments.length)))
  const others = signature.arguments.map((argument, i) => {
    const spoken = about(clues, signature, argument)
    const { slot, family } = familyOf(argument)
    const isMade = Object.hasOwn(polymorphic, argument.type)
    const near = isMade ? (polymorphic[argument.type] ?? []) : nearOf(argument, spoken)
    const constants = reads.constants.filter((c) => c.length < 60)
    const values = [
      ...[0, 1].flatMap((n) => [
        ...(rowValue(standing, argument, n) === null ? [] : [rowValue(standing, argument, n)!]),
        ...valuesOfRows(standing, reads.linked.get(i) ?? [], n),
      ]),
      'null',
      typicalOf(argument, 0),
      ...near.slice(0, Math.floor(most / 2)),
      ...(isMade || argument.attributes ? [] : family.near(slot, { ...spoken, constants }).slice(0, 6)),
      typicalOf(argument, 1),
      ...(isMade ? [] : family.edges(slot).slice(0, 6)),
      ...near.slice(Math.floor(most / 2)),
    ]
    return [...new Set(values.map((value) => cast(argument, value, isOverloaded)))].slice(0, most)
  })
  return { aligned, others }
}

/** All that the texts of the function speak of, also of what they make of its only argument. */
export const nearValues = (
  { signature, clues }: Pick<ArgumentGround, 'signature' | 'clues'>,
  argument: Argument,
): readonly string[] => {
  const near = nearOf(argument, mergeClues(clues.atomsOf(signature.schema, signature.name)))
  return near.map((value) => cast(argument, value, signature.isOverloaded))
}

/** As SQL names the function: without its schema where every search path finds it. */
export const callSql = (signature: Signature, args: Arguments, isQualified: boolean): string => {
  const name =
    signature.schema === 'public' && !isQualified
      ? signature.nameSql
      : `${signature.schemaSql}.${signature.nameSql}`
  const last = args.length - 1
  const list = args.map((arg, i) => (signature.isVariadic && i === last ? `variadic ${arg}` : arg))
  return `${name}(${list.join(', ')})`
}
