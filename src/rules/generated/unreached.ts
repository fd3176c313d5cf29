/** A generated column whose expression never comes as far as its type does: no row can show where the type ends. */
import { kindOfStructure } from '../../catalog/kind-of.ts'
import type { ColumnFacts } from '../../catalog/column.ts'
import { parseSqlType } from '../../catalog/type/sql-type.ts'
import { typeMutants } from '../../catalog/type/mutants.ts'
import type { Column } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import { loadParser, parseExpression } from '../../postgres/parse.ts'
import type { Structure } from '../../catalog/structure.ts'
import { evaluate } from '../evaluate.ts'
import type { Note } from '../experiment.ts'
import type { Indistinct, RuleContext } from '../rule-kind.ts'
import { shortened } from '../sentence.ts'
import { largestNumeric, lengthOf, magnitudeOf, scaleOf } from './bounds.ts'

interface Unreached {
  readonly note: Note
  /** Types that end elsewhere, and still beyond all that is computed. */
  readonly indistinct: readonly Indistinct[]
}

/** `size`: characters; `numeric(precision, scale)`: the largest that it holds. */
const endOf = (type: string): { readonly of: 'length' | 'magnitude'; readonly sql: string } | null => {
  const { name, modifiers, array } = parseSqlType(type)
  const [size, scale = 0] = modifiers
  if (size === undefined || array !== '') return null
  if (name === 'character varying' || name === 'character') return { of: 'length', sql: String(size) }
  return name === 'numeric' && scale >= 0 && size > scale
    ? { of: 'magnitude', sql: largestNumeric(size, scale) }
    : null
}

const boundOf = (column: Column, columns: readonly Column[], of: 'length' | 'magnitude'): string | null => {
  const byName = new Map(columns.map((one) => [one.name, one]))
  const tree = parseExpression(column.default ?? 'null')
  return of === 'length' ? lengthOf(tree, byName) : magnitudeOf(tree, byName)
}

/** Mutants of the column that keep its kind of type and its scale, and end elsewhere. */
const nearTypes = (column: Column): readonly string[] => {
  const own = parseSqlType(column.type)
  return typeMutants(column)
    .map(({ type }) => type)
    .filter((type) => {
      const { name, modifiers } = parseSqlType(type)
      return name === own.name && modifiers.length > 0 && (modifiers[1] ?? 0) === (own.modifiers[1] ?? 0)
    })
}

/** Without an end it holds the same where no value is rounded or given further zeros. */
const endlessOf = (column: Column, columns: readonly Column[]): readonly string[] => {
  const { name, modifiers } = parseSqlType(column.type)
  const tree = parseExpression(column.default ?? 'null')
  const scale = scaleOf(tree, new Map(columns.map((one) => [one.name, one])))
  return name === 'numeric' && scale === (modifiers[1] ?? 0) ? ['numeric'] : []
}

/** Null where a row may come as far, or no bound is known. `rule`: of the type of this column. */
export const unreachedType = async (
  rule: { readonly id: string; readonly column: string; readonly type: string },
  context: RuleContext,
): Promise<Unreached | null> => {
  const { db, table, catalog, claims } = context
  const column = table.columns.find(({ name }) => name === rule.column)
  const end = column ? endOf(column.type) : null
  if (!column || end === null) return null
  await loadParser()
  const bound = boundOf(column, table.columns, end.of)
  if (bound === null) return null
  const near = nearTypes(column)
  const ends = [column.type, ...near].map((type) => endOf(type)?.sql ?? '0')
  const [reached, ...isBelow] = await evaluate(db, [
    `trunc((${bound})::numeric)`,
    ...ends.map((one) => `(${bound})::numeric <= ${one}`),
  ])
  if (reached == null || isBelow[0] !== 'true') return null
  const same = new Set([
    ...near.filter((_, i) => isBelow[i + 1] === 'true'),
    ...endlessOf(column, table.columns),
  ])
  const [id] = claims
  const structure = catalog.structures.get(id ?? '') as Structure<ColumnFacts> | undefined
  const what = end.of === 'length' ? `longer than ${reached} characters` : `further from zero than ${reached}`
  const why = `${shortened(column.default ?? '')} is never ${what}, whatever row it is computed from`
  const mutants = structure === undefined ? [] : kindOfStructure(structure).mutants(structure, catalog)
  return {
    note: {
      rule: rule.id,
      code: 'type.never-reached',
      summary: `no row makes ${column.name} go beyond ${column.type}`,
      why,
      mend: mendOf(qualified(table), column, reached),
    },
    indistinct: mutants
      .filter(({ summary }) => [...same].some((type) => summary === `${column.type} becomes ${type}`))
      .map((mutant) => ({ structure: mutant.structure, mutant: mutant.id, why })),
  }
}

const mendOf = (relation: string, column: Column, reached: string): string => {
  const { name, modifiers } = parseSqlType(column.type)
  const scale = modifiers[1] ?? 0
  const enough = name === 'numeric' ? `numeric(${reached.length + scale},${scale})` : `${name}(${reached})`
  return enough === column.type
    ? 'leave it: no smaller type of its kind holds all that is computed'
    : `alter table ${relation} alter column ${ident(column.name)} type ${enough};`
}
