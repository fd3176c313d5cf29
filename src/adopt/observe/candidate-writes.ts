/**
 * Writes that may show what a trigger does, in rounds: typical ones first, then rows that its conditions tell apart,
 * then rows of their own and of other tables beside them, then other askers. A later round is tried only for what is still unseen.
 */
import { primaryKeysOf } from '../../catalog/primary-key.ts'
import { referencesOf } from '../../catalog/references.ts'
import type { Row } from '../../rows/rows.ts'
import type { ObservedSetting } from '../../rules/observed/stage.ts'
import type { RuleContext } from '../../rules/rule-kind.ts'
import { agedTogether } from './aged-together.ts'
import { askers } from './askers.ts'
import { calmValues } from './calm-values.ts'
import { amongNeighbours, askedBeside, besides } from './beside-rows.ts'
import { circleWrites } from './circle-writes.ts'
import { differenceWrites } from './difference-writes.ts'
import { linkedWrites } from './linked-writes.ts'
import { amountWrites } from './own-amounts.ts'
import { readOwnRows, type OwnRows } from './own-rows.ts'
import { countedWrites, placedWrites } from './own-writes.ts'
import { listedMoves, stateMoves } from './state-moves.ts'
import type { TriggerReads } from './trigger-reads.ts'
import { deferredWrites, typicalWrites } from './typical-writes.ts'
import { combinedWrites, variedWrites } from './varied-writes.ts'
import { insert, on, update, type Ground } from './write-settings.ts'
import {
  agedValues,
  differing,
  emptied,
  farAhead,
  isTime,
  otherValues,
  readValues,
  type Values,
} from './written-values.ts'

/** Each is given the writes of the rounds before it that told something. */
export type Rounds = readonly ((telling: readonly ObservedSetting[]) => Promise<readonly ObservedSetting[]>)[]

/** The rounds from here on write as somebody else. */
export const firstWithAskers = 8

/** Those that write beside rows of their own table: most of these the trigger has to let through. */
export const roundsOfOwn: ReadonlySet<number> = new Set([2, 3])

const mostColumns = 6

const keyColumns = ({ catalog, table }: RuleContext): readonly string[] =>
  primaryKeysOf(catalog, table.id).flatMap((s) => s.facts.columns)

/** Another value for each column whose change is worth trying: those that are named, and a few others. */
const changesOf = (
  context: RuleContext,
  relevant: readonly string[],
  names: readonly string[],
  [base, second]: readonly [Row, Row],
): Row => {
  const { columns } = context.table
  const keys = new Set(keyColumns(context))
  const times = new Set(columns.filter(isTime).map((c) => c.name))
  const rank = (name: string): number => (times.has(name) ? 2 : keys.has(name) ? 1 : 0)
  const byRank = (some: readonly string[]): string[] => some.toSorted((a, b) => rank(a) - rank(b))
  const others = names.filter((n) => !relevant.includes(n) && !times.has(n) && base[n] !== second[n])
  // A change of something else shows best what a trigger does to a time, and reads better than one of a key.
  const changed = byRank([...relevant, ...byRank(others).slice(0, 3)])
  return Object.fromEntries(
    changed.flatMap((name) => {
      const column = columns.find((c) => c.name === name)!
      const value = isTime(column)
        ? farAhead(column)
        : (second[name] ?? (column.notNull ? undefined : 'null'))
      return value === undefined || value === 'default' || value === base[name]
        ? []
        : [[name, value] as const]
    }),
  )
}

/** A row that points to another one of its own table. */
const nestedWrites = ({ context, reads, aged }: Ground, second: Row | null): readonly ObservedSetting[] => {
  const { catalog, table } = context
  const [key, ...more] = keyColumns(context)
  const value = key === undefined || more.length > 0 ? undefined : second?.[key]
  if (value === undefined) return []
  return referencesOf(catalog, table.id)
    .filter((s) => s.facts.target === table.id && s.facts.columns.length === 1)
    .flatMap((s) => s.facts.columns)
    .flatMap((column) => [
      ...(on(reads, 'insert') ? [insert({ ...aged, [column]: value })] : []),
      ...(on(reads, 'update') ? [update(aged, { [column]: value })] : []),
    ])
}

/** Null when no row of the table is known at all. */
export const candidateWrites = async (context: RuleContext, reads: TriggerReads): Promise<Rounds | null> => {
  const { rows, table } = context
  const base = await rows.base(table, 'a')
  if (!base) return null
  const second = await rows.base(table, 'b')
  const others = await otherValues(context, base)
  const aged = await agedTogether(context, base, agedValues(table.columns, reads))
  const names = table.columns.filter((c) => c.generated === null).map((c) => c.name)
  const relevant = reads.columns
    .filter((name) => names.includes(name))
    .toSorted((a, b) => Number(reads.asked.has(b)) - Number(reads.asked.has(a)))
    .slice(0, mostColumns)
  const changes = changesOf(context, relevant, names, [base, { ...others, ...differing(second ?? {}, base) }])
  const calm = await calmValues(context, { reads, base, aged, changes })
  let values: readonly Values[] | null = null
  const ground = async (): Promise<Ground> => {
    values ??= await readValues(context, reads, relevant)
    return { context, reads, base, aged: { ...aged, ...calm }, values, changes }
  }
  let known: Promise<OwnRows | null> | null = null
  const ownRows = async (): Promise<OwnRows | null> => (known ??= readOwnRows(await ground()))
  return [
    async () => [
      ...(calm === null ? [] : typicalWrites({ reads, aged: { ...aged, ...calm }, base, changes })),
      ...typicalWrites({ reads, aged, base, changes }),
    ],
    async () => variedWrites(await ground()),
    async () => {
      const all = await ground()
      const own = await ownRows()
      return own ? [...amountWrites(all, own), ...countedWrites(all, own)] : []
    },
    async () => {
      const all = await ground()
      const own = await ownRows()
      return own ? placedWrites(all, own) : []
    },
    async () => stateMoves(await ground()),
    async () => [...differenceWrites(await ground()), ...combinedWrites(await ground())],
    async () => {
      const all = await ground()
      const varied = await variedWrites(all)
      const typical = typicalWrites(all)
      const removing = typical.slice(4).filter(({ writes }) => writes[0]!.does === 'delete')
      const chosen = [
        ...nestedWrites(all, second),
        ...typical.slice(0, 4),
        ...removing,
        ...varied.slice(0, 4),
      ]
      return [
        ...(await listedMoves(all)),
        ...(await linkedWrites(all)),
        ...(await amongNeighbours(all, typical.slice(0, 5))).slice(0, 20),
        ...(await besides(all)).flatMap((beside) => chosen.map((one) => ({ ...one, beside }))),
        ...(await circleWrites(all)),
      ]
    },
    async () => deferredWrites(await ground()),
    async () => {
      const all = await ground()
      const without = on(reads, 'insert') ? emptied(table, reads) : []
      const some = [...typicalWrites(all), ...without.map((row) => insert({ ...all.aged, ...row }))]
      return (await askers(context, reads)).flatMap((asker) => some.map((one) => ({ ...one, ...asker })))
    },
    async (telling) => askedBeside(await ground(), telling),
  ]
}
