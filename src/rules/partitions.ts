/** partitions: rows land in the partition that their key belongs to, at both ends of its bounds, and nowhere else. */
import type { PartitionsRule } from '../architecture/kinds/partitions.ts'
import { stepOf } from '../catalog/partition/mutants.ts'
import type { PartitionFacts } from '../catalog/partition.ts'
import type { Structure } from '../catalog/structure.ts'
import { structureId } from '../ground/names.ts'
import { ident, literal, qualified } from '../postgres/quote.ts'
import type { Row } from '../rows/rows.ts'
import { relationOfId, structureName, tableText } from './ddl.ts'
import { allTrue, standOnBaseRow, type Ground } from './draft.ts'
import { addInner } from './partitioned-by/inner.ts'
import {
  addPruned,
  addUnlessForbidden,
  defaultTree,
  inAnyPartition,
  landing,
  moving,
  refusedByPartitions,
  topPlace,
  type PlacedRow,
} from './partition/places.ts'
import { rowsOfHashes } from './partitions/hash.ts'
import { partsOf, type Part, type Parts } from './partitions/parts.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { noun, shortened } from './sentence.ts'
import { selectEach } from './trial.ts'
import { addUntriggered } from './untriggered.ts'

interface Stage {
  readonly rule: PartitionsRule
  readonly context: RuleContext
  readonly ground: Ground
  /** `'"public"."events"'::pg_catalog.regclass` */
  readonly table: string
  /** `"public"."events"` */
  readonly name: string
  readonly parts: Parts
}

/** Of more partitions the first and the last ones are shown. */
const mostShown = 12
/** Values of one list. */
const mostValues = 8

const titleOf = ({ rule, parts }: Stage, part: Part): string => {
  if (part.bound.kind === 'default') return 'the DEFAULT partition'
  if (rule.bounds !== null) return `the partition ${part.name}`
  const at = parts.all.indexOf(part)
  return at === 0 ? 'the first partition' : 'the last partition'
}

/** Named ones all, as many as are shown; of those that merely stand there the first, the last and the DEFAULT one. */
const shownOf = ({ rule, parts }: Pick<Stage, 'rule' | 'parts'>): readonly Part[] => {
  const all = parts.all.filter((part) => !part.isForeign)
  const bounded = all.filter((part) => part.bound.kind !== 'default')
  const others = all.filter((part) => part.bound.kind === 'default')
  const most = rule.bounds === null ? 2 : mostShown
  const some = bounded.length <= most ? bounded : [...bounded.slice(0, most / 2), ...bounded.slice(-most / 2)]
  return [...some, ...others]
}

/** What a row at one end, or of one value, has to satisfy besides the partition's own condition. */
interface Edge {
  readonly title: string
  readonly where: readonly string[]
}

const isOpen = (end: string): boolean => /^M(?:IN|AX)VALUE$/u.test(end)

const edgesOf = ({ context, parts }: Stage, { bound }: Part): readonly Edge[] => {
  const { keys } = parts
  if (bound.kind === 'list') {
    return bound.values.slice(0, mostValues).map((value) => ({
      title: `a row of the value ${shortened(value, 40)}`,
      where: [value === 'NULL' ? `(${keys[0]}) is null` : `(${keys[0]}) = ${value}`],
    }))
  }
  if (bound.kind !== 'range') return [{ title: 'a row of its own', where: [] }]
  const from = keys.flatMap((key, i) =>
    isOpen(bound.from[i] ?? 'MINVALUE') ? [] : [`(${key}) = ${bound.from[i]}`],
  )
  const [key = '', to = 'MAXVALUE'] = [keys[0], bound.to[0]]
  const type = context.table.columns.find((c) => c.name === key || ident(c.name) === key)?.type
  const step = stepOf(type ?? null)
  return [
    { title: 'a row at its beginning', where: from },
    ...(isOpen(to) || step === null
      ? []
      : [{ title: 'a row near its end', where: [`(${key}) >= ${to}::${step.type} - ${step.step}`] }]),
  ]
}

const solve = async (
  { context }: Pick<Stage, 'context'>,
  where: readonly string[],
  anywhere = false,
): Promise<PlacedRow | null> => {
  const solved = await context.rows.solve(context.table, { where, ...(anywhere ? { anywhere: true } : {}) })
  return 'row' in solved ? { row: solved.row, given: [] } : null
}

/** That it lands among these partitions: of the relation that has the bounds, or of any. */
const placeOf = (stage: Stage, { relation, bound }: Part): string => {
  if (bound.kind === 'default') return `pg_catalog.bool_and("place" in ${defaultTree(stage)})`
  if (relation === null) return inAnyPartition(stage)
  return `pg_catalog.bool_and("place" in (select t.relid from pg_catalog.pg_partition_tree(${literal(relation)}::pg_catalog.regclass) t))`
}

const addPart = async (stage: Stage, part: Part): Promise<PlacedRow | null> => {
  const { ground, parts } = stage
  const edges = edgesOf(stage, part)
  let first: PlacedRow | null = null
  for (const { title, where } of edges) {
    const row =
      parts.strategy === 'hash' && part.bound.kind === 'hash'
        ? ((await rowsOfHashes(stage.context, ground.base, parts.keys, [part.condition]))[0] ?? null)
        : await solve(stage, [part.condition, ...where])
    if (row === null) {
      ground.draft.unsolved(`no row was found for ${titleOf(stage, part)}: ${title}`, part.condition)
      continue
    }
    first ??= row
    await addUntriggered(stage.context, ground, {
      title: `${title} lands in ${titleOf(stage, part)}`,
      when: [landing(stage, [row.row], placeOf(stage, part))],
      then: allTrue(),
    })
  }
  return first
}

/** The key of a row, as constants: what a statement names that reads its partition alone. */
const keyCondition = async (stage: Stage, { row }: PlacedRow): Promise<string | null> => {
  const { context, ground, parts } = stage
  const texts = parts.keys.flatMap((key) => [
    `(${key})::text`,
    `pg_catalog.format_type(pg_catalog.pg_typeof(${key}), null)`,
  ])
  const insert = `${context.rows.insert(context.table, row)} returning ${texts.join(', ')}`
  const [found] = await selectEach(context.db, ground.world.statements, [insert])
  const values = found?.[0]
  if (!values) return null
  return parts.keys
    .map((key, i) => {
      const value = values[2 * i] ?? null
      return value === null ? `(${key}) is null` : `(${key}) = ${literal(value)}::${values[2 * i + 1]}`
    })
    .join(' and ')
}

const addOutside = async (stage: Stage): Promise<void> => {
  const { ground, context, parts } = stage
  const { all, keys, strategy } = parts
  if (strategy === 'hash' || all.some((part) => part.bound.kind === 'default')) return
  const taken = `(${all.map((part) => `(${part.condition})`).join(' or ')}) is not true`
  const outside = await solve(stage, [taken, ...keys.map((key) => `(${key}) is not null`)], true)
  const empty = await solve(stage, [taken, `(${keys[0]}) is null`], true)
  const add = (title: string, one: PlacedRow | null): void => {
    if (!one) return
    ground.draft.add({
      title,
      when: [context.rows.insert(context.table, one.row)],
      then: refusedByPartitions,
    })
  }
  add('a row that no partition takes is refused', outside)
  add('a row whose key is null is refused', empty)
}

const addTogether = async (stage: Stage, rows: readonly Row[]): Promise<void> => {
  if (rows.length < 2) return
  await addUntriggered(stage.context, stage.ground, {
    title: `rows of ${rows.length} partitions land in partitions of their own`,
    when: [landing(stage, rows, `pg_catalog.count(distinct ${topPlace(stage)}) = ${rows.length}`)],
    then: allTrue(),
  })
}

const addCases = async (stage: Stage): Promise<void> => {
  const { context, ground } = stage
  const shown = shownOf(stage)
  const found: { readonly part: Part; readonly row: PlacedRow }[] = []
  for (const part of shown) {
    const row = await addPart(stage, part)
    if (row) found.push({ part, row })
  }
  await addTogether(
    stage,
    found.map((one) => one.row.row),
  )
  const [first, second] = [found[0], found.at(-1)]
  if (!first || !second) return
  if (second !== first) {
    await addUnlessForbidden(stage, {
      title: 'a row whose key changes moves to the partition of its new key',
      given: [context.rows.insert(context.table, first.row.row)],
      when: [moving(stage, first.row.row, second.row.row)],
      then: allTrue(),
    })
  }
  const condition = first.part.bound.kind === 'default' ? null : await keyCondition(stage, first.row)
  if (condition !== null) await addPruned(stage, { title: 'the rows of one key', condition, row: first.row })
  await addOutside(stage)
  ground.draft.add({
    title: 'every index stands on every partition',
    when: [
      `select pg_catalog.bool_and(i.indisvalid) is not false from pg_catalog.pg_index i where i.indrelid = ${stage.table}`,
    ],
    then: allTrue(),
  })
}

const boundsText = ({ bounds }: PartitionsRule): string =>
  bounds === null
    ? ''
    : `: ${shortened(
        Object.entries(bounds)
          .map(([name, bound]) => `${name} ${bound}`)
          .join('; '),
        200,
      )}`

export const partitions: RuleKind<PartitionsRule> = {
  kind: 'partitions',
  sentence: (rule) =>
    `${noun(rule.table)} stand in partitions by ${shortened(rule.key, 80)}${boundsText(rule)}`,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const parts = await partsOf(rule, context)
    if (typeof parts === 'string') {
      ground.draft.unsolved(`the partitions of ${rule.table} cannot be told: ${parts}`, rule.key)
      return ground.draft.written()
    }
    const name = qualified(context.table)
    const table = `${literal(name)}::pg_catalog.regclass`
    const stage = { rule, context, ground, table, name, parts }
    await addCases(stage)
    for (const structure of context.catalog.of(
      rule.table,
      'partition',
    ) as readonly Structure<PartitionFacts>[])
      await addInner(stage, structure.facts)
    return ground.draft.written()
  },
  design: (rule, architecture) => {
    const table = architecture.tables.find((t) => t.id === rule.table)
    const columns = (table?.columns ?? []).map((c) => `${ident(c.name)} ${c.type}`).join(', ')
    const { schema } = relationOfId(rule.table)
    return [
      [
        `-- PARTITION BY stands where a table is made. One that exists is renamed first, and its rows are copied.`,
        `create table ${tableText(rule.table)} (${columns}) partition by ${rule.key};`,
      ].join('\n'),
      ...Object.entries(rule.bounds ?? {}).map(([name, bound]) => {
        const partition = qualified({ schema, name: structureName(rule.table, name) })
        const values = /^\s*default\s*$/iu.test(bound) ? 'default' : `for values ${bound}`
        return `create table ${partition} partition of ${tableText(rule.table)} ${values};`
      }),
    ]
  },
  claims: (rule, { catalog }) =>
    ['template', 'default']
      .map((part) => structureId(rule.table, 'partition', part))
      .filter((id) => catalog.structures.has(id)),
}
