/**
 * Where a transaction's time is not the latest: another one that began later has written first, or the clock was set
 * back. Periods neither overlap nor run backwards, and names mean the same whatever the caller's search_path is.
 */
import { ident, qualified } from '../../postgres/quote.ts'
import type { VersionCase } from './attacks.ts'
import type { VersionGround } from './ground.ts'
import { rowText } from './story.ts'

/** Each version of the row: from and until when beside this transaction's time, and whether it is the row as it stands. */
const periods = ({ plan, key, rows }: VersionGround): string =>
  `select (lower(version.valid) - now())::text, (upper(version.valid) - now())::text,
  exists (select from ${plan.table} as present where ${rowText(plan, 'present')} = ${rowText(plan, 'version')})::text
from ${plan.history} as version where ${key(rows[0])} order by lower(version.valid)`

/** The rows beside have had their last version closed by a transaction that comes later; one of the row itself is an hour old. */
const amongClosed = ({ plan, insert, key, rows }: VersionGround): readonly string[] => {
  const [a] = rows
  const of = `from ${plan.history} as version where not (${key(a)})`
  return [
    insert(a),
    `update ${plan.history} as version set valid = tstzrange(now() - interval '1 hour', null) where ${key(a)}`,
    `delete ${of} and upper_inf(version.valid)`,
    `update ${plan.history} as version set valid = tstzrange(lower(version.valid), now() + interval '1 hour') where not (${key(a)})`,
  ]
}

const first = '01:00:00'
const next = '01:00:00.000001'

export const casesOfTheClock = async (ground: VersionGround): Promise<readonly VersionCase[]> => {
  const { plan, touch, insert, remove, set, key, rows } = ground
  const [a] = rows
  const overtaken = [
    insert(a),
    `update ${plan.history} as version set valid = tstzrange(now() + interval '1 hour', null) where ${key(a)}`,
  ]
  const [mayEmpty] = await ground.taken([[`truncate ${plan.table}`]])
  return [
    ...(mayEmpty
      ? [
          {
            title: 'a truncate by a transaction that began before the version did ends it all the same',
            given: overtaken,
            when: [`truncate ${plan.table}`, periods(ground)],
            then: { kind: 'rows' as const, rows: [[first, next, 'false']] },
          },
        ]
      : []),
    ...(touch === null
      ? []
      : [
          {
            title: 'a change by a transaction that began before the version did follows it all the same',
            given: overtaken,
            when: [set(`${ident(touch.column)} = ${touch.other}`, a), periods(ground)],
            then: {
              kind: 'rows' as const,
              rows: [
                [first, next, 'false'],
                [next, null, 'true'],
              ],
            },
          },
        ]),
    ...(touch === null
      ? []
      : [
          {
            title: 'what a later transaction has closed of other rows holds no version up',
            given: amongClosed(ground),
            when: [set(`${ident(touch.column)} = ${touch.other}`, a), periods(ground)],
            then: {
              kind: 'rows' as const,
              rows: [
                ['-01:00:00', '00:00:00', 'false'],
                ['00:00:00', null, 'true'],
              ],
            },
          },
        ]),
    {
      title: 'nor that of a row that is new',
      given: amongClosed(ground),
      when: [remove(a), `delete from ${plan.history} as version where ${key(a)}`, insert(a), periods(ground)],
      then: { kind: 'rows', rows: [['00:00:00', null, 'true']] },
    },
    {
      title: 'a row that such a transaction deletes and another makes again has two periods that touch',
      given: overtaken,
      when: [remove(a), insert(a), periods(ground)],
      then: {
        kind: 'rows',
        rows: [
          [first, next, 'true'],
          [next, null, 'true'],
        ],
      },
    },
  ]
}

/** A function of the caller's that is found before PostgreSQL's own. */
const elsewhere = [
  'create schema assay_elsewhere',
  `create function assay_elsewhere.now() returns timestamptz language sql as 'select timestamptz ''2000-01-01 00:00+00'''`,
  'grant usage on schema assay_elsewhere to public',
  'set local search_path = assay_elsewhere, pg_catalog',
]

/** As the database's owner where the prover may not make a schema. */
export const caseOfNames = async (
  ground: VersionGround,
  correction: { readonly given: readonly string[]; readonly call: readonly string[] } | null,
): Promise<readonly VersionCase[]> => {
  const { plan, context, insert, key, rows, taken } = ground
  const asOwner = [`set local role ${ident(context.table.owner)}`, ...elsewhere, 'set local role none']
  const answers = await taken([elsewhere, asOwner])
  const given = answers[0] ? elsewhere : asOwner
  if (!answers.some(Boolean)) return []
  const [a] = rows
  const mend = `alter function ${qualified({ schema: context.table.schema, name: '…' })} set search_path = pg_catalog, pg_temp;`
  return [
    {
      title: 'a function of the caller’s that is named like one of PostgreSQL’s own is not asked',
      given,
      when: [
        insert(a),
        `select lower(version.valid) = pg_catalog.now() from ${plan.history} as version where ${key(a)}`,
      ],
      then: { kind: 'rows', rows: [['t']] },
      mend,
    },
    ...(correction === null
      ? []
      : [
          {
            title: 'nor when a version is corrected',
            given: [...correction.given, ...given],
            when: correction.call,
            then: { kind: 'accepted' as const },
            mend,
          },
        ]),
  ]
}
