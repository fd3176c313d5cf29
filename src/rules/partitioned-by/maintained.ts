/**
 * Cases of a table whose periods a function makes: it is called with given dates, far from today's, and then the
 * rows of the periods that it has to have made are put in. What they show is the same whatever day it is.
 */
import { literal } from '../../postgres/quote.ts'
import { allTrue, rowsAre } from '../draft.ts'
import {
  callsOf,
  maintenanceOf,
  openYear,
  years,
  type Maintained,
  type PeriodScheme,
} from '../partition/calls.ts'
import { movesRows } from './design.ts'
import { addAtOnce, addCallers, addSearchPath, addToday } from './function.ts'
import { firstInstant, lastInstant } from '../partition/moments.ts'
import { periodsText } from '../partition/periods.ts'
import {
  addOutside,
  addPruned,
  addUnlessForbidden,
  defaultTree,
  inPartitions,
  landing,
  moving,
  rowWithKey,
  type PlacedRow,
  type Places,
} from '../partition/places.ts'

/** Of many periods the first two and the last two. */
const shownPeriods = (from: number, to: number): readonly number[] => {
  const all = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  return all.length <= 8 ? all : [...all.slice(0, 2), ...all.slice(-2)]
}

const rowsAt = async (places: Places, values: readonly string[]): Promise<readonly PlacedRow[]> => {
  const rows: PlacedRow[] = []
  for (const value of values) {
    const row = await rowWithKey(places, value)
    if (row) rows.push(row)
  }
  return rows
}

interface Moment {
  readonly day: string
  readonly time: string
  /** For titles; empty: nothing to say. */
  readonly what: string
  readonly zone?: string
}

const momentsOf = (year: number): readonly Moment[] => [
  { day: `${year}-05-17`, time: '10:11:12.131415', what: '' },
  { day: `${year}-02-29`, time: '23:59:59.999999', what: ', the last instant of a leap day' },
  { day: `${year}-01-31`, time: '12:00:00', what: ', the last day of a long month' },
  { day: `${year - 1}-12-31`, time: '23:59:59.999999', what: ', the last instant of a year' },
  { day: `${year}-01-01`, time: '00:00:00', what: ', the first instant of a year' },
  { day: `${year}-03-26`, time: '01:30:00', what: ', in the Berlin of summer time', zone: 'Europe/Berlin' },
  {
    day: `${year}-11-30`,
    time: '23:30:00',
    what: ', the next day in Kiritimati',
    zone: 'Pacific/Kiritimati',
  },
  {
    day: `${year}-12-01`,
    time: '00:30:00',
    what: ', the day before in Pago Pago',
    zone: 'Pacific/Pago_Pago',
  },
]

const madeText = ({ scheme }: Maintained): string => {
  const { period, ahead, behind } = scheme
  const parts = [
    ...(behind === 0 ? [] : [`${periodsText(period, behind)} before`]),
    `that ${period}`,
    ...(ahead === 0 ? [] : [`${periodsText(period, ahead)} ahead`]),
  ]
  return parts.join(', ')
}

/** One date: every period of it and around it takes its first and its last instant, each in a place of its own. */
const addMoment = async (maintained: Maintained, moment: Moment): Promise<void> => {
  const { places, scheme, call } = maintained
  const { ground, key } = places
  const { period, ahead, behind } = scheme
  const periods = shownPeriods(-behind, ahead)
  const rows = await rowsAt(
    places,
    periods.flatMap((n) => [
      firstInstant(key, period, moment.day, n),
      ...(key.baseType === 'date' && period === 'day' ? [] : [lastInstant(key, period, moment.day, n)]),
    ]),
  )
  const each = rows.length / periods.length
  const grouped = `pg_catalog.count(distinct "place") = ${periods.length} and pg_catalog.count(distinct ("place", ("n" - 1) / ${each})) = ${periods.length}`
  ground.draft.add({
    title: `made at ${moment.day} ${moment.time} UTC${moment.what}: ${madeText(maintained)}`,
    given: [
      ...(moment.zone === undefined ? [] : [`set local timezone = ${literal(moment.zone)}`]),
      call(`${moment.day} ${moment.time}+00`),
      `set local timezone = 'UTC'`,
    ],
    when: [
      landing(
        places,
        rows.map((r) => r.row),
        `${inPartitions(places)}, ${grouped}`,
      ),
    ],
    then: allTrue(2),
  })
}

/** What holds after the function was called for one date. */
const addOneDate = async (maintained: Maintained): Promise<void> => {
  const { places, scheme, year, call } = maintained
  const { context, ground, key, table } = places
  const { period, ahead, behind } = scheme
  const day = `${year}-05-17`
  const called = call(`${day} 10:11:12.131415+00`)
  const at = `after ${day}`
  const [first, last, beyond, before] = [
    await rowWithKey(places, firstInstant(key, period, day)),
    await rowWithKey(places, lastInstant(key, period, day, ahead)),
    await rowWithKey(places, firstInstant(key, period, day, ahead + 1)),
    await rowWithKey(places, lastInstant(key, period, day, -behind - 1)),
  ]
  if (beyond) addOutside(places, `${at} a row of the first instant past the last ${period}`, beyond, [called])
  if (before)
    addOutside(places, `${at} a row of the last instant before the first ${period}`, before, [called])
  if (!first || !last) return

  const count = `(select pg_catalog.count(*) from pg_catalog.pg_inherits where inhparent = ${table})`
  ground.draft.add({
    title: `called twice for ${day} it makes nothing more`,
    given: [called, `create temporary table assay_made on commit drop as select ${count} as n`, called],
    when: [`select n = ${count} from assay_made`],
    then: allTrue(),
  })
  ground.draft.add({
    title: `a partition made for ${day} belongs to the table's owner, nobody is granted it, and it has every index`,
    given: [called],
    when: [
      landing(
        places,
        [first.row],
        'c.relowner = p.relowner, not exists (select from pg_catalog.aclexplode(c.relacl) a where a.grantee <> c.relowner), not exists (select from pg_catalog.pg_index i where i.indrelid = p.oid and not exists (select from pg_catalog.pg_inherits h join pg_catalog.pg_index x on x.indexrelid = h.inhrelid where h.inhparent = i.indexrelid and x.indrelid = c.oid and x.indisvalid))',
        `, pg_catalog.pg_class c, pg_catalog.pg_class p where c.oid = "landed"."place" and p.oid = ${table}`,
      ),
    ],
    then: allTrue(3),
  })
  const next = ahead === 0 ? null : await rowWithKey(places, firstInstant(key, period, day, 1))
  if (next)
    await addUnlessForbidden(places, {
      title: `${at} a row whose ${key.name} moves on to the next ${period} moves there`,
      given: [called, context.rows.insert(context.table, first.row)],
      when: [moving(places, first.row, next.row)],
      then: allTrue(),
    })
  await addUnlessForbidden(places, {
    title: `${at} one delete takes rows of several partitions`,
    given: [
      called,
      context.rows.insert(context.table, first.row),
      ...(ahead > 0 ? [context.rows.insert(context.table, last.row)] : []),
    ],
    when: [`delete from ${places.name} where ${places.column} >= ${firstInstant(key, period, day)}`],
    then: { kind: 'affects', rows: ahead > 0 ? 2 : 1 },
  })
  const range = `${places.column} >= ${firstInstant(key, period, day)} and ${places.column} < ${firstInstant(key, period, day, 1)}`
  await addPruned(places, { title: `the ${period} of ${day}`, condition: range, row: first }, [called])
}

/** Rows that came before their period: the function takes them out of DEFAULT. */
const addMoved = async ({ places, scheme, year, call }: Maintained): Promise<void> => {
  const { rule, context, ground, key } = places
  if (!movesRows(rule, context.architecture)) return
  const day = `${year}-05-17`
  const rows = await rowsAt(places, [
    firstInstant(key, scheme.period, day),
    lastInstant(key, scheme.period, day, scheme.ahead),
    firstInstant(key, scheme.period, day, scheme.ahead + 1),
  ])
  ground.draft.add({
    title: `rows that wait in the DEFAULT partition for the periods of ${day} move there, the others stay`,
    given: [
      ...rows.map(({ row }) => context.rows.insert(context.table, row)),
      call(`${day} 10:11:12.131415+00`),
    ],
    when: [
      `select pg_catalog.count(*) as "rows", pg_catalog.count(*) filter (where tableoid in ${defaultTree(places)}) as "waiting" from ${places.name}`,
    ],
    then: rowsAre([String(rows.length), rows.length === 3 ? '1' : '0']),
  })
}

export const addMaintained = async (
  places: Places,
  scheme: PeriodScheme,
  maintain: string,
): Promise<void> => {
  const { context, ground } = places
  const year = await openYear(places, scheme.period)
  if (year === null) {
    ground.draft.unsolved(
      `no row of ${places.rule.table} was found for the periods that ${maintain} makes`,
      `${places.key.name} in the years ${years.join(' and ')}`,
    )
    return
  }
  const found = maintenanceOf(context.catalog, maintain)
  const maintained: Maintained = { places, scheme, year, ...callsOf(maintain, found) }
  for (const moment of momentsOf(year)) await addMoment(maintained, moment)
  await addOneDate(maintained)
  await addMoved(maintained)
  addCallers(maintained)
  await addSearchPath(maintained, found)
  await addToday(maintained)
  await addAtOnce(maintained)
}
