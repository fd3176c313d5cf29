/**
 * Joins broken on purpose: rows without a partner shown or left out, the condition dropped. Where keys or later
 * conditions prove that no such row can be seen, the mutant says so.
 */
import { ident } from '../postgres/quote.ts'
import { relationId } from '../ground/names.ts'
import { fieldsOf, listOf, type ParseNode } from './expression-tree.ts'
import { operatorName } from './expression-conditions.ts'
import { conjuncts, wordOf, type Fields, type JoinPlace } from './query-tree.ts'
import { referencesOf } from './references.ts'
import type { Catalog, MutantEffect } from './structure.ts'
import type { Table } from './table.ts'

export interface QueryChange {
  readonly does: string
  readonly detail: string
  readonly effect: MutantEffect
  readonly summary: string
  readonly query: ParseNode
  readonly equivalent?: string | null
}

/** A table of FROM under the name that columns are asked by. */
interface Range {
  readonly alias: string
  readonly table: Table | undefined
}

const rangeOf = (node: unknown, catalog: Catalog): Range | null => {
  const fields = fieldsOf(node, 'RangeVar')
  if (!fields) return null
  const name = wordOf(fields['relname'])
  const schema = wordOf(fields['schemaname'] ?? 'public')
  const alias = (fields['alias'] as { readonly aliasname?: string } | undefined)?.aliasname ?? name
  return { alias, table: catalog.tables.get(relationId({ schema, name })) }
}

/** Names of everything on one side of a join. */
const aliasesOf = (node: unknown, catalog: Catalog): readonly string[] => {
  const join = fieldsOf(node, 'JoinExpr')
  if (join) return [...aliasesOf(join['larg'], catalog), ...aliasesOf(join['rarg'], catalog)]
  const range = rangeOf(node, catalog)
  if (range) return [range.alias]
  const subselect = fieldsOf(node, 'RangeSubselect') ?? fieldsOf(node, 'RangeFunction')
  const alias = (subselect?.['alias'] as { readonly aliasname?: string } | undefined)?.aliasname
  return alias === undefined ? [] : [alias]
}

/** Tables whose rows all come out of this side with their own values: none that an outer join may have blanked. */
const wholeTables = (node: unknown, catalog: Catalog): readonly Range[] => {
  const join = fieldsOf(node, 'JoinExpr')
  if (!join) return [rangeOf(node, catalog) ?? []].flat()
  const left = ['JOIN_INNER', 'JOIN_LEFT'].includes(wordOf(join['jointype']))
  const right = ['JOIN_INNER', 'JOIN_RIGHT'].includes(wordOf(join['jointype']))
  return [
    ...(left ? wholeTables(join['larg'], catalog) : []),
    ...(right ? wholeTables(join['rarg'], catalog) : []),
  ]
}

/** `a.x` as its name and column, through the casts that PostgreSQL writes around it. */
const columnOf = (node: unknown): { readonly alias: string; readonly column: string } | null => {
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) return columnOf(cast['arg'])
  const names = listOf(fieldsOf(node, 'ColumnRef')?.['fields']).map((f) => fieldsOf(f, 'String')?.['sval'])
  const [alias, column] = names
  return names.length === 2 && typeof alias === 'string' && typeof column === 'string'
    ? { alias, column }
    : null
}

const comparisons: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>='])

/** A comparison is never true of a row that an outer join has blanked. */
const refusesBlank = (condition: ParseNode, aliases: readonly string[]): boolean => {
  const comparison = fieldsOf(condition, 'A_Expr')
  if (comparison?.['kind'] !== 'AEXPR_OP' || !comparisons.has(operatorName(comparison))) return false
  return [comparison['lexpr'], comparison['rexpr']].some((side) =>
    aliases.includes(columnOf(side)?.alias ?? ''),
  )
}

/** Tables of one side of a join, under their names. */
const rangesOf = (node: unknown, catalog: Catalog): readonly Range[] => {
  const join = fieldsOf(node, 'JoinExpr')
  if (join) return [...rangesOf(join['larg'], catalog), ...rangesOf(join['rarg'], catalog)]
  return [rangeOf(node, catalog) ?? []].flat()
}

/** Every row of this table comes out of this side at least once. */
const keepsAll = (node: unknown, alias: string, catalog: Catalog): boolean => {
  const join = fieldsOf(node, 'JoinExpr')
  if (!join) return rangeOf(node, catalog)?.alias === alias
  const side = aliasesOf(join['larg'], catalog).includes(alias) ? 'larg' : 'rarg'
  if (!keepsAll(join[side], alias, catalog)) return false
  if ((kept[wordOf(join['jointype'])] ?? []).includes(side)) return true
  const other = side === 'larg' ? 'rarg' : 'larg'
  return keyBetween(join['quals'], join[side], join[other], catalog) !== null
}

interface Pair {
  readonly here: { readonly alias: string; readonly column: string }
  readonly column: string
}

/** `here.x = there.y`, for all that the condition says; null where it says anything else. */
const pairsOf = (quals: unknown, there: string): readonly Pair[] | null => {
  const pairs = conjuncts(quals).map((condition): Pair | null => {
    const comparison = fieldsOf(condition, 'A_Expr')
    if (comparison?.['kind'] !== 'AEXPR_OP' || operatorName(comparison) !== '=') return null
    const sides = [columnOf(comparison['lexpr']), columnOf(comparison['rexpr'])]
    const target = sides.find((side) => side?.alias === there)
    const here = sides.find((side) => side !== target)
    return target && here ? { here, column: target.column } : null
  })
  return pairs.length > 0 && pairs.every((pair) => pair !== null) ? pairs : null
}

/** The foreign key that gives every row of `from` its partner in `to`: the condition is that key and nothing else. */
const keyBetween = (quals: unknown, from: unknown, to: unknown, catalog: Catalog): string | null => {
  for (const target of rangesOf(to, catalog)) {
    const pairs = pairsOf(quals, target.alias)
    // Policies may hide the partner from who asks.
    if (!pairs || !target.table || target.table.rowSecurity || !keepsAll(to, target.alias, catalog)) continue
    for (const { alias, table } of wholeTables(from, catalog)) {
      if (!table || !pairs.every((pair) => pair.here.alias === alias)) continue
      const key = referencesOf(catalog, table.id).find(
        ({ facts }) =>
          facts.target === target.table?.id &&
          !facts.notValid &&
          !facts.notEnforced &&
          !facts.period &&
          facts.deferrable === 'no' &&
          facts.columns.length === pairs.length &&
          facts.columns.every((column, i) =>
            pairs.some((pair) => pair.here.column === column && pair.column === facts.targetColumns[i]),
          ) &&
          facts.columns.every((column) => table.columns.some((c) => c.name === column && c.notNull)),
      )
      if (key) return key.id
    }
  }
  return null
}

const words: Readonly<Record<string, string>> = {
  JOIN_INNER: 'inner join',
  JOIN_LEFT: 'left join',
  JOIN_RIGHT: 'right join',
  JOIN_FULL: 'full join',
}

const exchanges: Readonly<Record<string, readonly string[]>> = {
  JOIN_INNER: ['JOIN_LEFT', 'JOIN_RIGHT'],
  JOIN_LEFT: ['JOIN_INNER'],
  JOIN_RIGHT: ['JOIN_INNER'],
  JOIN_FULL: ['JOIN_LEFT', 'JOIN_RIGHT'],
}

/** The sides of which rows without a partner are kept. */
const kept: Readonly<Record<string, readonly ('larg' | 'rarg')[]>> = {
  JOIN_INNER: [],
  JOIN_LEFT: ['larg'],
  JOIN_RIGHT: ['rarg'],
  JOIN_FULL: ['larg', 'rarg'],
}

/** Why nobody can see rows of this side that have no partner. */
const neverAlone = (
  { fields, later, added }: JoinPlace,
  side: 'larg' | 'rarg',
  catalog: Catalog,
): string | null => {
  const other = side === 'larg' ? fields['rarg'] : fields['larg']
  const blanked = [...aliasesOf(other, catalog)]
  // From the inside outwards: what hangs on a blank row is blank itself.
  for (const { conditions, node } of added)
    if (conditions.some((condition) => refusesBlank(condition, blanked)))
      blanked.push(...aliasesOf(node, catalog))
  if (later.some((condition) => refusesBlank(condition, blanked)))
    return `a later condition on ${blanked.map(ident).join(', ')} leaves out rows without a partner`
  const key = keyBetween(fields['quals'], fields[side], other, catalog)
  return key === null ? null : `${key} gives every row its partner`
}

const sideText = (node: unknown, catalog: Catalog): string => aliasesOf(node, catalog).join(', ')

/** An INNER one may be written without ON: `cross join`. */
export const joinChanges = (join: JoinPlace, catalog: Catalog): readonly QueryChange[] => {
  const { fields, put } = join
  const type = wordOf(fields['jointype'])
  const quals = fields['quals']
  if (quals === undefined || fields['isNatural'] === true) return []
  const where = `of ${sideText(fields['rarg'], catalog)}`
  const exchanged = (exchanges[type] ?? []).map((other): QueryChange => {
    const before = kept[type] ?? []
    const after = kept[other] ?? []
    const sides = [...before.filter((s) => !after.includes(s)), ...after.filter((s) => !before.includes(s))]
    const reasons = sides.map((side) => neverAlone(join, side, catalog))
    return {
      does: 'join-exchanged',
      detail: (words[other] ?? other).replace(' join', ''),
      effect: after.length > before.length ? 'weakened' : 'strengthened',
      summary: `the ${words[type] ?? type} ${where} becomes a ${words[other] ?? other}`,
      query: put({ ...fields, jointype: other }),
      equivalent: reasons.every((reason) => reason !== null) ? reasons.join('; ') : null,
    }
  })
  const always: Fields = { ...fields, quals: { A_Const: { boolval: { boolval: true } } } }
  return [
    ...exchanged,
    {
      does: 'join-condition-dropped',
      detail: '',
      effect: 'weakened',
      summary: `the ${words[type] ?? type} ${where} takes every pair of rows`,
      query: put(always),
    },
  ]
}
