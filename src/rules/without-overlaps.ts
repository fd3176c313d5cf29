/**
 * Keys whose last part is a period: rows that agree in all else never overlap. PostgreSQL keeps them by WITHOUT
 * OVERLAPS since 18 and by an exclusion constraint before; a rule claims whichever is there. Shared by primaryKey and unique.
 */
import type { ExcludesRule } from '../architecture/kinds/excludes.ts'
import type { DeclaredRule } from '../architecture/rule.ts'
import { excludesOf } from '../catalog/excludes.ts'
import type { KeyFacts } from '../catalog/key/key.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import { ident, literal } from '../postgres/quote.ts'
import type { Row } from '../rows/rows.ts'
import { claimedOf } from './claimed.ts'
import { alterTable, structureName, type Deferrable } from './ddl.ts'
import { accepted, standOnBaseRow, type Ground } from './draft.ts'
import { addExclusionCases } from './excludes.ts'
import { makeRow } from './make-row.ts'
import { reportedNames } from './reported-names.ts'
import type { RuleContext, Written } from './rule-kind.ts'
import { listed, noun } from './sentence.ts'
import { selectEach } from './trial.ts'

/** A key as both kinds of rule declare it. */
export interface PeriodKey {
  readonly rule: DeclaredRule
  /** The period last. */
  readonly columns: readonly string[]
  readonly deferrable: Deferrable
  /** `primary key` or `unique`. */
  readonly word: 'primary key' | 'unique'
  /** Of the constraint, since 18. */
  readonly name: string
}

/** WITHOUT OVERLAPS is known since then. */
export const overlapsSince = 18

const periodOf = (key: PeriodKey): string => key.columns.at(-1) ?? ''
const othersOf = (key: PeriodKey): readonly string[] => key.columns.slice(0, -1)

const exclusionName = (key: PeriodKey): string => structureName(key.rule.table, ...key.columns, 'excl')

/** The same requirement as an exclusion. */
const exclusionOf = (key: PeriodKey): ExcludesRule => ({
  ...key.rule,
  kind: 'excludes',
  elements: key.columns.map((column) => ({
    column,
    expression: ident(column),
    operator: column === periodOf(key) ? '&&' : '=',
  })),
  using: 'gist',
  where: null,
  deferrable: key.deferrable,
})

export const periodSentence = (key: PeriodKey): string =>
  `two ${noun(key.rule.table)} of the same ${listed(othersOf(key))} never overlap in ${periodOf(key)}`

export const designPeriodKey = (key: PeriodKey, deferrable: string, major: number): readonly string[] => {
  const others = othersOf(key).map(ident)
  const period = ident(periodOf(key))
  if (major >= overlapsSince)
    return [
      alterTable(
        key.rule.table,
        `add constraint ${ident(key.name)} ${key.word} (${[...others, `${period} without overlaps`].join(', ')})${deferrable}`,
      ),
    ]
  const elements = [...others.map((c) => `${c} with =`), `${period} with &&`]
  const required = key.word === 'primary key' ? key.columns : []
  return [
    alterTable(
      key.rule.table,
      `add constraint ${ident(exclusionName(key))} exclude using gist (${elements.join(', ')})${deferrable}`,
    ),
    ...required.map((c) => alterTable(key.rule.table, `alter column ${ident(c)} set not null`)),
  ]
}

const sameColumns = (one: readonly (string | null)[], other: readonly string[]): boolean =>
  one.length === other.length && other.every((column) => one.includes(column))

/** The key among these, else the exclusion constraint that says the same. */
export const claimPeriodKey = (
  key: PeriodKey,
  catalog: Catalog,
  keys: readonly Structure<KeyFacts>[],
): readonly string[] => {
  const table = key.rule.table
  const isSame = ({ facts }: Structure<KeyFacts>): boolean =>
    facts.withoutOverlaps &&
    facts.keys.at(-1)?.column === periodOf(key) &&
    sameColumns(
      facts.keys.map((k) => k.column),
      key.columns,
    )
  const own = keys.find(isSame)
  if (own) return [own.id]
  const exclusion = excludesOf(catalog, table).find(
    ({ facts }) =>
      facts.predicate === null &&
      sameColumns(
        facts.elements.map((e) => e.column),
        key.columns,
      ) &&
      facts.elements.every(
        (e) =>
          /^(?:operator\(.*\.)?(=|&&)\)?$/iu.exec(e.operator)?.[1] ===
          (e.column === periodOf(key) ? '&&' : '='),
      ),
  )
  return exclusion ? [exclusion.id] : []
}

interface Bounds {
  readonly lower: string
  readonly upper: string
  readonly type: string
}

/** Of a period [lower, upper); null where the value is no such period. */
const boundsOf = async (
  { db, table }: RuleContext,
  period: string,
  value: string,
): Promise<Bounds | null> => {
  const type = table.columns.find((c) => c.name === period)?.type
  if (type === undefined) return null
  const [rows] = await selectEach(
    db,
    [],
    [
      `select lower(r)::text, upper(r)::text from (select cast(${value} as ${type}) as r) v where lower_inc(r) and not upper_inc(r) and not upper_inf(r)`,
    ],
  )
  const [lower, upper] = rows?.[0] ?? []
  return lower == null || upper == null ? null : { lower, upper, type }
}

/** Beside a period with an end, one that never ends: from that end on, and from the same beginning on. */
const addEndlessCases = async (
  key: PeriodKey,
  context: RuleContext,
  ground: Ground,
  names: readonly string[],
): Promise<void> => {
  const { rows, table } = context
  const period = periodOf(key)
  const values = [ground.base[period] ?? 'null', ...(await rows.candidates(table, period))]
  for (const value of values) {
    const bounds = await boundsOf(context, period, value)
    if (bounds === null) continue
    const first = await makeRow(context, table, { pins: { [period]: value }, family: 'a' })
    if ('unsolved' in first) continue
    const before = [...first.given, rows.insert(table, first.row)]
    const others: Row = Object.fromEntries(othersOf(key).map((c) => [c, first.row[c] ?? 'null']))
    const from = (bound: string): Row => ({
      ...others,
      [period]: `${bounds.type}(${literal(bound)}, null, '[)')`,
    })
    const touching = await makeRow(context, table, { pins: from(bounds.upper), before })
    const overlapping = await makeRow(context, table, { pins: from(bounds.lower), before, until: names })
    if ('unsolved' in touching || 'unsolved' in overlapping) continue
    ground.draft.add({
      title: `a period that begins where the other ends, and never ends, is accepted`,
      given: [...before, ...touching.given],
      when: [rows.insert(table, touching.row)],
      then: accepted,
    })
    ground.draft.add({
      title: `a period that begins with the other, and never ends, is refused`,
      given: [...before, ...overlapping.given],
      when: [rows.insert(table, overlapping.row)],
      then: { kind: 'rejected', by: { sqlstate: '23P01', constraint: overlapping.refusedBy ?? names[0]! } },
    })
    return
  }
}

/** WITHOUT OVERLAPS takes no empty period, which would overlap nothing; an exclusion constraint takes it. */
const addEmptyCase = async (key: PeriodKey, context: RuleContext, ground: Ground): Promise<void> => {
  const { rows, table, catalog } = context
  const period = periodOf(key)
  const type = table.columns.find((c) => c.name === period)?.type
  if (catalog.major < overlapsSince || type === undefined) return
  ground.draft.add({
    title: `an empty ${period} is refused`,
    when: [rows.insert(table, { ...ground.base, [period]: `'empty'::${type}` })],
    then: { kind: 'rejected', by: { sqlstate: '23514' } },
  })
}

/** Of the whole key but what a null does to it. */
export const writePeriodKey = async (
  key: PeriodKey,
  context: RuleContext,
  more: (ground: Ground) => Promise<void> = async () => {},
): Promise<Written> => {
  const ground = await standOnBaseRow(key.rule, context)
  if ('written' in ground) return ground.written
  const claimed = claimedOf(context, 'primaryKey', 'unique', 'excludes')
  const wanted = context.catalog.major >= overlapsSince ? key.name : exclusionName(key)
  const names = await reportedNames(context.db, context.table, claimed, wanted)
  await addExclusionCases(exclusionOf(key), context, ground, { claimed: null, names })
  await addEndlessCases(key, context, ground, names)
  await addEmptyCase(key, context, ground)
  await more(ground)
  return ground.draft.written()
}
