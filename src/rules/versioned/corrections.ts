/** Late corrections: what held in a past period is another thing now, and the periods around it are what they were. */
import { ident, literal } from '../../postgres/quote.ts'
import { periodColumn } from '../../architecture/kinds/versioned.ts'
import { actingAs, tenantSettings } from './asker.ts'
import type { VersionCase } from './attacks.ts'
import { besideSince, type Touch, type VersionGround } from './ground.ts'
import { historyColumns } from './plan.ts'
import { rowText } from './story.ts'

/** The row's own value, the other one, or no row. */
type Held = 'a' | 'b' | '-'

export interface Corrections {
  /** Three versions of the first row: its own value until 20 hours ago, the other until 10, its own since. */
  readonly given: readonly string[]
  /** Called by who may: the row's key, during these hours (null: no end), this value of the touched column. */
  readonly correct: (from: string, until: string | null, to: 'a' | 'b') => readonly string[]
  /** The call itself, with any period and any changes. */
  readonly call: (during: string, changes: string) => string
  readonly by: (statements: readonly string[]) => readonly string[]
  /** What held at each full hour from 31 hours ago to now, as one word. */
  readonly asked: string
}

/** Whatever the caller's search_path is. */
const ago = (hours: string): string => `pg_catalog.now() - interval '${hours} hours'`

const typeOf = ({ context }: VersionGround, column: string): string =>
  context.table.columns.find((c) => c.name === column)?.type ?? 'text'

/** The first row as text, with another value in the touched column or its own. */
const textWith = (ground: VersionGround, touch: Touch, value: string): string => {
  const { plan } = ground
  const columns = plan.columns.map((c) =>
    c === touch.column ? `cast(${value} as ${typeOf(ground, c)})` : `present.${ident(c)}`,
  )
  return `row(${columns.join(', ')})::text`
}

const versionSql = (
  ground: VersionGround,
  touch: Touch,
  value: string,
  from: string,
  until: string,
): string => {
  const { plan, key, rows } = ground
  const columns = plan.columns.map((c) =>
    c === touch.column ? `cast(${value} as ${typeOf(ground, c)})` : `present.${ident(c)}`,
  )
  return `insert into ${plan.history} (${historyColumns(plan)}) select ${columns.join(', ')}, tstzrange(${from}, ${until}) from ${plan.table} as present where ${key(rows[0])}`
}

/** Whether the rows beside, and both versions of each, are as they were. */
const untouched = ({ plan, key, rows }: VersionGround): string => {
  const [first, second] = besideSince
  const other = `not (${key(rows[0])})`
  const bounds = `(lower(version.valid), upper(version.valid)) is not distinct from`
  return `(not exists (select from ${plan.history} as version where ${other} and not (
      exists (select from ${plan.table} as present where ${rowText(plan, 'present')} = ${rowText(plan, 'version')})
      and (${bounds} (${ago(String(first))}, ${ago(String(second))}) or ${bounds} (${ago(String(second))}, null))))
    and (select count(*) from ${plan.history} where ${other}) = 2 * (select count(*) from ${plan.table} where ${other}))::text`
}

/** Null when nobody corrects, or nothing can be corrected. */
export const planCorrections = async (ground: VersionGround): Promise<Corrections | null> => {
  const { plan, touch, context, rows, insert, key } = ground
  const { correct } = plan
  if (correct === null || touch === null) return null
  const [a] = rows
  const keyValues = plan.key.map((c) => `cast(${a[c] ?? 'null'} as ${typeOf(ground, c)})`)
  const asker = { role: correct.by[0] ?? context.table.owner, settings: await tenantSettings(ground) }
  const by = (statements: readonly string[]): readonly string[] => actingAs(asker, statements)
  const call = (during: string, changes: string): string =>
    `select ${correct.name}(${[...keyValues, during, changes].join(', ')})`
  const changesTo = (value: string): string =>
    `jsonb_build_object(${literal(touch.column)}, to_jsonb(cast(${value} as ${typeOf(ground, touch.column)})))`
  const setting = (held: Held): string => literal(`assay.held_${held}`)
  const remember = (held: Held, value: string): string =>
    `select pg_catalog.set_config(${setting(held)}, ${textWith(ground, touch, value)}, true) from ${plan.table} as present where ${key(a)}`
  const heldAt = `(select case ${rowText(plan, 'version')} when current_setting(${setting('a')}) then 'a' when current_setting(${setting('b')}) then 'b' else '?' end
    from ${plan.history} as version where ${key(a)} and version.${ident(periodColumn)} @> (now() - make_interval(hours => ago)))`
  return {
    given: [
      insert(a),
      remember('a', touch.own),
      remember('b', touch.other),
      `delete from ${plan.history} as version where ${key(a)}`,
      versionSql(ground, touch, touch.own, ago('30'), ago('20')),
      versionSql(ground, touch, touch.other, ago('20'), ago('10')),
      versionSql(ground, touch, touch.own, ago('10'), 'null'),
    ],
    correct: (from, until, to) =>
      by([
        call(
          `tstzrange(${ago(from)}, ${until === null ? 'null' : ago(until)})`,
          changesTo(to === 'a' ? touch.own : touch.other),
        ),
      ]),
    call,
    by,
    asked: `select string_agg(coalesce(${heldAt}, '-'), '' order by ago desc), ${untouched(ground)} from generate_series(0, 31) as ago`,
  }
}

/** Of the hours from 31 to 0 ago: what holds from each of these on. */
const word = (...held: readonly (readonly [since: number, what: Held])[]): string =>
  Array.from({ length: 32 }, (_, i) => held.findLast(([since]) => 31 - i <= since)?.[1] ?? '-').join('')

const rewritten = (ground: VersionGround, c: Corrections): readonly VersionCase[] => {
  const { plan, touch, remove, rows, key } = ground
  const present = `select (present.${ident(touch!.column)}::text is not distinct from cast(${touch!.other} as ${typeOf(ground, touch!.column)})::text)::text from ${plan.table} as present where ${key(rows[0])}`
  const becomes = (title: string, when: readonly string[], held: string): VersionCase => ({
    title,
    given: c.given,
    when: [...when, c.asked],
    then: { kind: 'rows', rows: [[held, 'true']] },
  })
  return [
    becomes(
      'a correction within a version cuts it in three',
      c.correct('25', '22', 'b'),
      word([30, 'a'], [25, 'b'], [22, 'a'], [20, 'b'], [10, 'a']),
    ),
    becomes(
      'a correction from within one version into the next changes both up to its bounds',
      c.correct('15', '5', 'b'),
      word([30, 'a'], [20, 'b'], [5, 'a']),
    ),
    becomes(
      'a correction over several versions changes each of them',
      c.correct('28', '2', 'b'),
      word([30, 'a'], [28, 'b'], [2, 'a']),
    ),
    becomes(
      'a correction of exactly one version leaves its neighbours',
      c.correct('20', '10', 'a'),
      word([30, 'a']),
    ),
    becomes(
      'two corrections of one version are both in it',
      [...c.correct('29', '27', 'b'), ...c.correct('25', '23', 'b')],
      word([30, 'a'], [29, 'b'], [27, 'a'], [25, 'b'], [23, 'a'], [20, 'b'], [10, 'a']),
    ),
    becomes(
      'a correction up to now and on changes what holds from then on',
      c.correct('15', null, 'b'),
      word([30, 'a'], [20, 'b']),
    ),
    {
      title: 'and the row itself',
      given: c.given,
      when: [...c.correct('5', null, 'b'), present],
      then: { kind: 'rows', rows: [['true']] },
    },
    {
      title: 'a correction of the past leaves the row as it is',
      given: c.given,
      when: [...c.correct('5', '1', 'b'), present],
      then: { kind: 'rows', rows: [['false']] },
    },
    becomes(
      'what a row was can be corrected after it is gone',
      [
        remove(rows[0]),
        `update ${plan.history} as version set valid = tstzrange(lower(valid), ${ago('3')}) where ${key(rows[0])} and valid @> ${ago('4')}`,
        ...c.correct('8', '5', 'b'),
      ],
      word([30, 'a'], [20, 'b'], [10, 'a'], [8, 'b'], [5, 'a'], [3, '-']),
    ),
  ]
}

/** Each column that is neither a key nor computed, in one correction. */
const wholeRow = (ground: VersionGround, c: Corrections): VersionCase => {
  const { plan, key, rows } = ground
  const parts = plan.correctable.map((name) => `${literal(name)}, to_jsonb(present.${ident(name)})`)
  const setting = literal('assay.whole_row')
  return {
    title: 'every column but the key can be corrected',
    given: [
      ...c.given,
      `select pg_catalog.set_config(${setting}, jsonb_build_object(${parts.join(', ')})::text, true) from ${plan.table} as present where ${key(rows[0])}`,
    ],
    when: c.by([
      c.call(`tstzrange(${ago('25')}, ${ago('22')})`, `pg_catalog.current_setting(${setting})::jsonb`),
    ]),
    then: { kind: 'accepted' },
  }
}

const refusedCases = (ground: VersionGround, c: Corrections): readonly VersionCase[] => {
  const { plan, touch, rows, key } = ground
  const [keyColumn] = plan.key
  const refuses = (title: string, sqlstate: string, when: readonly string[]): VersionCase => ({
    title: `${title} is refused`,
    given: c.given,
    when,
    then: { kind: 'rejected', by: { sqlstate } },
  })
  const during = (period: string): readonly string[] => c.by([c.call(period, `'{}'`)])
  const changing = (changes: string): readonly string[] =>
    c.by([c.call(`tstzrange(${ago('25')}, ${ago('22')})`, changes)])
  const gap = `delete from ${plan.history} as version where ${key(rows[0])} and valid @> ${ago('15')}`
  const uncovered = 'P0002'
  return [
    refuses('a correction that begins before the first version', uncovered, c.correct('31', '25', 'b')),
    refuses('a correction of all time', uncovered, during('tstzrange(null, null)')),
    refuses('a correction over a time in which the row was not there', uncovered, [
      gap,
      ...c.correct('22', '5', 'b'),
    ]),
    refuses(
      'a correction that ends in the future',
      uncovered,
      during(`tstzrange(${ago('1')}, now() + interval '1 microsecond')`),
    ),
    refuses('a correction of an empty period', uncovered, during(`'empty'`)),
    refuses('a correction of no period', uncovered, during('null')),
    refuses(
      'a correction without its first moment',
      '23514',
      during(`tstzrange(${ago('25')}, ${ago('22')}, '()')`),
    ),
    refuses(
      'a correction that holds at its end, too,',
      '23514',
      during(`tstzrange(${ago('25')}, ${ago('22')}, '[]')`),
    ),
    refuses('a correction of a column that is not there', '42703', changing(`'{"assay no column": 1}'`)),
    refuses(
      'a correction of a period itself',
      '42703',
      changing(`jsonb_build_object(${literal(periodColumn)}, 'empty')`),
    ),
    refuses(
      'a correction of a key',
      '42703',
      changing(`jsonb_build_object(${literal(keyColumn ?? '')}, null)`),
    ),
    ...(touch === null
      ? []
      : [
          {
            title: 'a correction that ends now is accepted',
            given: c.given,
            when: [...c.correct('5', '0', 'b'), c.asked],
            then: {
              kind: 'rows' as const,
              rows: [[word([30, 'a'], [20, 'b'], [10, 'a'], [5, 'b'], [0, 'a']), 'true']],
            },
          },
        ]),
  ]
}

export const casesOfCorrections = (ground: VersionGround, c: Corrections): readonly VersionCase[] => [
  ...rewritten(ground, c),
  wholeRow(ground, c),
  ...refusedCases(ground, c),
]

/**
 * The same where no policy binds the function's owner: it has to find its row by itself, and not because row-level
 * security hides all others.
 */
export const unboundCorrections = (
  { plan }: VersionGround,
  c: Corrections,
): { readonly corrections: Corrections; readonly titled: (one: VersionCase) => VersionCase } => ({
  corrections: {
    ...c,
    given: [
      ...[plan.table, plan.history].map((table) => `alter table ${table} no force row level security`),
      ...c.given,
    ],
  },
  titled: (one) => ({ ...one, title: `where no policy binds the owner, ${one.title}` }),
})
