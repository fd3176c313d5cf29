/**
 * statistics: PostgreSQL expects as many rows as there are, of columns whose values go together. Without them it takes
 * each column by itself, and expects too few rows, or too many groups.
 */
import { statisticsWords, type StatisticsRule } from '../architecture/kinds/statistics.ts'
import type { StatisticsFacts } from '../catalog/statistics.ts'
import type { Structure } from '../catalog/structure.ts'
import { loadParser, parseStatements } from '../postgres/parse.ts'
import { ident, identList, literal, qualified } from '../postgres/quote.ts'
import { nameList, nodeParts } from '../rows/tree.ts'
import { relationOfId, structureName, tableText } from './ddl.ts'
import type { Experiment } from './experiment.ts'
import { loaded } from './indexed.ts'
import { repeatsFor } from './query/repeated.ts'
import { rowsToLoad, sampleRow } from './query/sample.ts'
import { analysed } from './query/text.ts'
import type { RuleContext, RuleKind, Written } from './rule-kind.ts'
import { listed, noun } from './sentence.ts'

/** What is expected may be so many times what comes. */
const within = 1.5

/** Under a readable name, or the one that is given. */
export const createStatistics = (
  { table, columns, keeps }: Pick<StatisticsRule, 'table' | 'columns' | 'keeps'>,
  name?: string,
): string => {
  const { schema } = relationOfId(table)
  const own = qualified({ schema, name: name ?? structureName(table, ...columns, 'stats') })
  const kept = keeps.length === statisticsWords.length ? '' : ` (${keeps.join(', ')})`
  return `create statistics ${own}${kept} on ${identList(columns)} from ${tableText(table)};`
}

interface Parsed {
  readonly columns: readonly string[]
  readonly keeps: readonly string[]
}

/** Null: of an expression. Needs `loadParser()`. */
const parsed = ({ facts }: Structure<StatisticsFacts>): Parsed | null => {
  const parts = nodeParts(parseStatements(facts.statement)[0]?.node)
  const elements = (parts?.[1]['exprs'] ?? []) as readonly unknown[]
  const names = elements.map((one) => nodeParts(one)?.[1]['name'])
  if (!names.every((name) => typeof name === 'string')) return null
  const keeps = nameList(parts?.[1]['stat_types'])
  return { columns: names, keeps: keeps.length === 0 ? statisticsWords : keeps }
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one) => b.includes(one))

const claims: RuleKind<StatisticsRule>['claims'] = (rule, { catalog }) => {
  const found = (catalog.of(rule.table, 'statistics') as readonly Structure<StatisticsFacts>[]).find(
    (one) => {
      const own = parsed(one)
      return own !== null && same(own.columns, rule.columns) && same(own.keeps, rule.keeps)
    },
  )
  return found ? [found.id] : []
}

const alias = 'assay'

/** Whether the rows that will be loaded can show it: columns that only stand side by side say nothing. */
const goTogether = async (
  { columns, table: id }: StatisticsRule,
  { db, table }: RuleContext,
  from: string,
): Promise<string | null> => {
  const names = columns.map((name) => `${alias}.${ident(name)}`)
  const select = `select ${[...names, `(${names.join(', ')})`].map((one) => `pg_catalog.count(distinct ${one})::text`).join(', ')}, pg_catalog.count(*)::text from ${from}`
  const [, reply] = await db.batch([
    'savepoint assay_together',
    select,
    'rollback to savepoint assay_together; release savepoint assay_together',
  ])
  const counts = reply!.commands.at(-1)?.rows[0]?.map(Number)
  if (reply!.fault !== null || counts === undefined)
    return `rows of ${id} could not be made to see it: ${reply!.fault?.message ?? 'none came'}`
  const [rows, together] = [counts.at(-1)!, counts.at(-2)!]
  const apart = counts.slice(0, -2).reduce((product, one) => product * one, 1)
  // The planner expects at least one row.
  return Math.max(1, rows / apart) * within < rows / Math.max(1, together)
    ? null
    : `in the rows that can be made of ${table.name} the values of ${listed(columns)} do not go together`
}

const experiments = async (rule: StatisticsRule, context: RuleContext): Promise<Written> => {
  const { table } = context
  const source = rowsToLoad(context)
  const names = rule.columns.map((name) => `${alias}.${ident(name)}`)
  const why = await goTogether(rule, context, await source(table, alias))
  const expressions = names.map((sql) => ({ sql, grouped: true }))
  const sampled =
    why === null
      ? await sampleRow({ table, alias, expressions, where: [] }, true, { ...context, source })
      : null
  if (sampled === null)
    return {
      experiments: [],
      unsolved: [
        {
          rule: rule.id,
          summary: why ?? `no row of ${rule.table} has a value in all of ${listed(rule.columns)}`,
          tried: 'rows whose values come again row by row',
        },
      ],
    }
  const typeOf = (name: string): string => table.columns.find((one) => one.name === name)!.type
  const equal = rule.columns.map(
    (name, at) => `${names[at]!} = ${literal(sampled.values[at]!)}::${typeOf(name)}`,
  )
  const from = `from ${qualified(table)} as ${alias}`
  const isOf = (...words: readonly string[]): boolean => rule.keeps.some((word) => words.includes(word))
  const asked = [
    ...(isOf('dependencies', 'mcv')
      ? [
          {
            title: `as many rows are expected as have values of ${listed(rule.columns)} that go together`,
            select: `select 1 ${from} where ${equal.join(' and ')}`,
          },
        ]
      : []),
    ...(isOf('ndistinct')
      ? [
          {
            title: `as many groups are expected as there are by ${listed(rule.columns)}`,
            select: `select 1 ${from} group by ${names.join(', ')}`,
          },
        ]
      : []),
  ]
  const limits = { estimate: within, spills: true, uses: [], never: [], small: [] }
  const repeats = repeatsFor(context.architecture, context.catalog)
  return {
    experiments: asked.map(({ title, select }, n): Experiment => ({
      id: `${rule.id}#${n + 1}`,
      rule: rule.id,
      title,
      world: loaded,
      given: [],
      when: [analysed(select), analysed(select)],
      then: { kind: 'plan', uses: null, without: [], within: limits },
      on: 'loaded',
      mend: createStatistics(rule),
    })),
    unsolved: [],
    ...(repeats ? { repeats } : {}),
  }
}

export const statistics: RuleKind<StatisticsRule> = {
  kind: 'statistics',
  sentence: ({ table, columns }) =>
    `${listed(columns)} of ${noun(table)} go together, and PostgreSQL expects as many rows as there are`,
  prepare: loadParser,
  experiments,
  design: (rule) => [createStatistics(rule)],
  claims,
}
