/** What a select is made of beside its joins and conditions, broken on purpose: DISTINCT, HAVING, set operations, aggregates, LIMIT. */
import { readable } from '../expression/text.ts'
import { calledName, fieldsOf, listOf, unwrap, type ParseNode } from '../expression/tree.ts'
import type { QueryChange } from './joins.ts'
import { wordOf, type Fields, type SelectPlace } from './tree.ts'

const without = (fields: Fields, ...names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))

const distinct = ({ fields, put }: SelectPlace): readonly QueryChange[] =>
  fields['distinctClause'] === undefined
    ? []
    : [
        {
          does: 'distinct-dropped',
          detail: '',
          effect: 'weakened',
          summary: 'rows that are alike are shown as often as they come',
          query: put(without(fields, 'distinctClause')),
        },
      ]

const condition = ({ fields, put }: SelectPlace): readonly QueryChange[] =>
  (['whereClause', 'havingClause'] as const).flatMap((clause): QueryChange[] => {
    const node = fields[clause]
    if (node === undefined) return []
    const word = clause === 'whereClause' ? 'where' : 'having'
    return [
      {
        does: `${word}-dropped`,
        detail: '',
        effect: 'weakened',
        summary: `${word} ${readable(node as ParseNode, 'its condition')} is left out`,
        query: put(without(fields, clause)),
      },
    ]
  })

const setWords: Readonly<Record<string, string>> = {
  SETOP_UNION: 'union',
  SETOP_INTERSECT: 'intersect',
  SETOP_EXCEPT: 'except',
}

const setOperation = ({ fields, put }: SelectPlace): readonly QueryChange[] => {
  const op = wordOf(fields['op'])
  const word = setWords[op]
  if (word === undefined) return []
  const isAll = fields['all'] === true
  const others = op === 'SETOP_UNION' ? ['SETOP_INTERSECT', 'SETOP_EXCEPT'] : ['SETOP_UNION']
  return [
    {
      does: 'set-operation-duplicates',
      detail: isAll ? 'distinct' : 'all',
      effect: isAll ? 'strengthened' : 'weakened',
      summary: isAll ? `${word} all becomes ${word}` : `${word} becomes ${word} all`,
      query: put(isAll ? without(fields, 'all') : { ...fields, all: true }),
    },
    ...others.map((other): QueryChange => ({
      does: 'set-operation-exchanged',
      detail: setWords[other] ?? other,
      effect: 'changed',
      summary: `${word} becomes ${setWords[other] ?? other}`,
      query: put({ ...fields, op: other }),
    })),
  ]
}

const flipped: Readonly<Record<string, string>> = {
  SORTBY_DEFAULT: 'SORTBY_DESC',
  SORTBY_ASC: 'SORTBY_DESC',
  SORTBY_DESC: 'SORTBY_ASC',
}

/** Without positions in the text. */
const shapeOf = (node: unknown): string =>
  JSON.stringify(node, (key, value: unknown) => (key === 'location' ? undefined : value))

/** The order of a view's rows is nobody's promise; it counts where it decides which rows are shown. */
const limit = ({ fields, put }: SelectPlace): readonly QueryChange[] => {
  const isDistinctOn = listOf(fields['distinctClause']).some((item) => Object.keys(item).length > 0)
  const isLimited = fields['limitCount'] !== undefined || fields['limitOffset'] !== undefined
  const sorts = isLimited || isDistinctOn ? listOf(fields['sortClause']) : []
  const distinctBy = new Set(listOf(fields['distinctClause']).map(shapeOf))
  return [
    ...(isLimited
      ? [
          {
            does: 'limit-dropped',
            detail: '',
            effect: 'weakened' as const,
            summary: 'LIMIT and OFFSET are left out',
            query: put({
              ...without(fields, 'limitCount', 'limitOffset'),
              limitOption: 'LIMIT_OPTION_DEFAULT',
            }),
          },
        ]
      : []),
    ...sorts.flatMap((sort, i): QueryChange[] => {
      const by = fieldsOf(sort, 'SortBy')
      const other = flipped[wordOf(by?.['sortby_dir'])]
      if (!by || other === undefined) return []
      return [
        {
          does: 'order-flipped',
          detail: String(i + 1),
          effect: 'changed',
          summary: `it is ordered by ${readable(by['node'] as ParseNode)} the other way round`,
          query: put({ ...fields, sortClause: sorts.with(i, { SortBy: { ...by, sortby_dir: other } }) }),
          equivalent:
            !isLimited && distinctBy.has(shapeOf(by['node']))
              ? 'one row of each is kept whatever the order of them is'
              : null,
        },
      ]
    }),
  ]
}

const exchangedAggregates: Readonly<Record<string, string>> = {
  min: 'max',
  max: 'min',
  bool_and: 'bool_or',
  every: 'bool_or',
  bool_or: 'bool_and',
}

const countable: ReadonlySet<string> = new Set([
  'count',
  'sum',
  'avg',
  'array_agg',
  'string_agg',
  'json_agg',
  'jsonb_agg',
])

/** Aggregates that PostgreSQL brings; one that is dropped leaves no query. */
export const aggregates: ReadonlySet<string> = new Set([
  ...countable,
  ...Object.keys(exchangedAggregates),
  'bit_and',
  'bit_or',
  'stddev',
  'variance',
  'json_object_agg',
  'jsonb_object_agg',
  'xmlagg',
])

export const functionName = (call: Fields): string => calledName({ FuncCall: call }) ?? ''

export interface AggregateChange extends Omit<QueryChange, 'query'> {
  /** What stands in its place. */
  readonly node: ParseNode
}

/** Another aggregate, DISTINCT or not, FILTER or none: each of the same type as before. */
export const aggregateChanges = (call: Fields): readonly AggregateChange[] => {
  const name = functionName(call)
  const text = readable({ FuncCall: call }, `${name}(…)`)
  const change = (does: string, detail: string, changed: Fields) => ({
    does,
    detail,
    effect: 'changed' as const,
    summary: `${text} becomes ${readable({ FuncCall: changed }, 'another')}`,
    node: { FuncCall: changed },
  })
  const other = exchangedAggregates[name]
  const isPlain = call['over'] === undefined
  return [
    ...(call['agg_filter'] === undefined
      ? []
      : [change('filter-dropped', name, without(call, 'agg_filter'))]),
    ...(other === undefined || !isPlain
      ? []
      : [
          change('aggregate-exchanged', other, {
            ...call,
            funcname: [...listOf(call['funcname']).slice(0, -1), { String: { sval: other } }],
          }),
        ]),
    ...(countable.has(name) && isPlain && listOf(call['args']).length > 0 && call['agg_order'] === undefined
      ? [
          change(
            'aggregate-duplicates',
            name,
            call['agg_distinct'] === true ? without(call, 'agg_distinct') : { ...call, agg_distinct: true },
          ),
        ]
      : []),
    ...(name === 'count' && isPlain && listOf(call['args']).length === 1 && call['agg_distinct'] !== true
      ? [change('count-of-all', '*', { ...without(call, 'args'), agg_star: true })]
      : []),
  ]
}

/** Columns that are shown as they stand: each may be blank without any condition noticing. */
const blanked = ({ fields, put, isOutermost }: SelectPlace): readonly QueryChange[] => {
  const targets = isOutermost ? listOf(fields['targetList']) : []
  return targets.flatMap((target, i): QueryChange[] => {
    const result = fieldsOf(target, 'ResTarget')
    const value = result?.['val'] as ParseNode | undefined
    if (!result || !value || unwrap(value)[0] !== 'ColumnRef') return []
    const name =
      result['name'] ?? fieldsOf(listOf(fieldsOf(value, 'ColumnRef')?.['fields']).at(-1), 'String')?.['sval']
    // A subquery without rows has the type of its column, a domain's too.
    const never = {
      targetList: [{ ResTarget: { val: value } }],
      whereClause: { A_Const: { boolval: {} } },
      limitOption: 'LIMIT_OPTION_DEFAULT',
      op: 'SETOP_NONE',
    }
    const nothing = { SubLink: { subLinkType: 'EXPR_SUBLINK', subselect: { SelectStmt: never } } }
    return [
      {
        does: 'column-blanked',
        detail: readable(value),
        effect: 'changed',
        summary: `it shows nothing for ${readable(value)}`,
        query: put({
          ...fields,
          targetList: targets.with(i, { ResTarget: { name, ...result, val: nothing } }),
        }),
      },
    ]
  })
}

export const clauseChanges = (select: SelectPlace): readonly QueryChange[] => [
  ...distinct(select),
  ...condition(select),
  ...setOperation(select),
  ...limit(select),
  ...blanked(select),
]
