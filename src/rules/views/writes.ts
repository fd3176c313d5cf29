/** Writes through a view that PostgreSQL carries on to its table, and those that WITH CHECK OPTION refuses. */
import type { ViewRule } from '../../architecture/kinds/view.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, identList, literal, qualified } from '../../postgres/quote.ts'
import { tryAll, type Trial } from '../attacks/trial.ts'
import { rowsAre, type Case } from '../draft.ts'
import type { RuleContext } from '../rule-kind.ts'
import { noun, shortened } from '../sentence.ts'
import { selectOfCatalog } from '../trial.ts'
import type { FilledTable } from './relation-rows.ts'
import type { RowChange } from './row-changes.ts'
import type { Shown } from './shows.ts'

interface Target {
  readonly view: string
  readonly filled: FilledTable
  /** Column of the view → column of the table. */
  readonly columns: ReadonlyMap<string, string>
}

const insertBit = 8
const updateBit = 4
const deleteBit = 16

/** The one table under a view that PostgreSQL can write through, and what it can. */
const targetOf = async (
  { db, table }: RuleContext,
  { facts, filled }: Shown,
): Promise<{ readonly target: Target; readonly bits: number } | null> => {
  const { simple } = facts
  if (!simple) return null
  const under = filled.tables.find(
    ({ table: t }) => t.name === simple.name && t.schema === (simple.schema ?? 'public'),
  )
  if (!under) return null
  const view = qualified(table)
  const rows = await selectOfCatalog(
    db,
    `select pg_catalog.pg_relation_is_updatable(${literal(view)}::regclass, false)`,
  )
  return { target: { view, filled: under, columns: simple.columns }, bits: Number(rows?.[0]?.[0] ?? 0) }
}

const count = (table: Table, where = 'true'): string =>
  `select count(*) from ${qualified(table)} where ${where}`

/** The row goes from its table. */
const deletion = (context: RuleContext, { view, filled }: Target): readonly Trial[] =>
  (['a', 'b', 'c'] as const).flatMap((family) => {
    const row = filled.rows.get(family)
    return row
      ? [{ when: [`delete from ${view}`, count(filled.table, context.rows.where(filled.table, row))] }]
      : []
  })

const shownName = (columns: Target['columns'], base: string): string | undefined =>
  [...columns].find(([, of]) => of === base)?.[0]

const update = (context: RuleContext, { view, filled, columns }: Target, change: RowChange): Trial | null => {
  const { value } = change
  const name = value && value.table === filled.table.id ? shownName(columns, value.column) : undefined
  const row = filled.rows.get('a')
  if (!value || name === undefined || !row) return null
  const key = Object.fromEntries(Object.entries(row).filter(([column]) => column !== value.column))
  return {
    when: [
      `update ${view} set ${ident(name)} = ${value.sql}`,
      count(
        filled.table,
        `${context.rows.where(filled.table, key)} and ${ident(value.column)} is not distinct from ${value.sql}`,
      ),
    ],
  }
}

/** The row of a family that is not there yet, through the columns that the view has. */
const insertion = (context: RuleContext, { view, filled, columns }: Target): Trial | null => {
  const row = filled.rows.get('c')
  if (!row) return null
  const given = [...columns].filter(([, base]) => row[base] !== undefined && row[base] !== 'default')
  const names = given.map(([name]) => name)
  const overriding = filled.table.columns.some((c) => c.identity === 'always' && names.includes(c.name))
  return {
    given: [`delete from ${qualified(filled.table)} where ${context.rows.where(filled.table, row)}`],
    when: [
      `insert into ${view} (${identList(names)})${overriding ? ' overriding system value' : ''} values (${given.map(([, base]) => row[base]!).join(', ')})`,
      count(filled.table, context.rows.where(filled.table, row)),
    ],
  }
}

interface Named {
  readonly title: string
  readonly trial: Trial
}

/** What a write through the view leaves in its table, as PostgreSQL does it now. */
const landing = (context: RuleContext, target: Target, bits: number, changes: readonly RowChange[]) => {
  const table = noun(target.filled.table)
  const named: Named[] = []
  if ((bits & deleteBit) !== 0)
    named.push(
      ...deletion(context, target).map((trial) => ({
        title: `a delete through it takes from ${table} what it shows, and nothing else`,
        trial,
      })),
    )
  if ((bits & updateBit) !== 0)
    named.push(
      ...changes.flatMap((change) => {
        const trial = update(context, target, change)
        const set = `${change.value?.column ?? ''} to ${shortened(change.value?.sql ?? '', 40)}`
        return trial ? [{ title: `an update of ${set} through it reaches ${table}`, trial }] : []
      }),
    )
  const inserted = (bits & insertBit) !== 0 ? insertion(context, target) : null
  if (inserted) named.push({ title: `an insert through it reaches ${table}`, trial: inserted })
  return named
}

const mostUpdates = 2
const mostRefusals = 8

/** Rows that a view does not show may not be written through it where it has a check option. */
export const writeCases = async (
  context: RuleContext,
  rule: ViewRule,
  shown: Shown,
): Promise<readonly Case[]> => {
  const found = await targetOf(context, shown)
  if (!found || found.bits === 0) return []
  const as = { role: shown.owner, settings: {} }
  const named = landing(context, found.target, found.bits, shown.changes)
  const answers = await tryAll(
    context.db,
    shown.filled.world,
    named.map(({ trial }) => ({ ...trial, as })),
  )
  const cases: Case[] = []
  let updates = 0
  let refusals = 0
  const known = new Set<string>()
  for (const [i, { title, trial }] of named.entries()) {
    const answer = answers[i]!
    const isUpdate = title.startsWith('an update')
    if (answer.fault?.sqlstate === '44000') {
      if (rule.checkOption === null || ++refusals > mostRefusals) continue
      cases.push({
        title: `${title.replace(/ reaches .*$/u, '')} is refused: it would not show the row`,
        as,
        given: trial.given ?? [],
        when: trial.when.slice(0, 1),
        then: { kind: 'rejected', by: { sqlstate: '44000' } },
      })
      continue
    }
    if (answer.fault || !answer.ran || (isUpdate && answer.rows[0]?.[0] === '0')) continue
    const key = `${title} ${answer.rows[0]?.[0] ?? ''}`
    if (known.has(key) || (isUpdate && ++updates > mostUpdates)) continue
    known.add(key)
    cases.push({
      title,
      as,
      given: trial.given ?? [],
      when: trial.when,
      then: rowsAre([answer.rows[0]?.[0] ?? null]),
    })
  }
  return cases
}
