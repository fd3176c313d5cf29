/** Two sessions that write one row, or correct it, at once: both that waits and that comes first end up in the history. */
import { ident } from '../../postgres/quote.ts'
import type { VersionCase } from './attacks.ts'
import type { Corrections } from './corrections.ts'
import type { VersionGround } from './ground.ts'
import { rowText } from './story.ts'

const together = (statements: readonly string[]): string => statements.join(';\n')

/** A row where the versions of the first row are not as many, leave a gap, or end in another row than the table's. */
const faults = ({ plan, key, rows }: VersionGround, versions: number): string => {
  const [a] = rows
  const mine = `${plan.history} as version where ${key(a)}`
  return `select 'versions' where (select count(*) from ${mine}) <> ${versions}
union all select 'gap' where (select count(*) from unnest((select range_agg(valid) from ${mine}))) <> 1
union all select 'present' where (select ${rowText(plan, 'version')} from ${mine} and version.valid @> timestamptz 'infinity')
  is distinct from (select ${rowText(plan, 'present')} from ${plan.table} as present where ${key(a)})`
}

export const writersAtOnce = (ground: VersionGround): readonly VersionCase[] => {
  const { touch, insert, set, rows } = ground
  if (touch === null) return []
  const [a] = rows
  const there = set(`${ident(touch.column)} = ${touch.other}`, a)
  const back = set(`${ident(touch.column)} = ${touch.own}`, a)
  const case_ = (
    title: string,
    steps: readonly (readonly [1 | 2, string])[],
    violations: string,
  ): VersionCase => ({
    title,
    given: [insert(a)],
    when: [],
    then: { kind: 'rows', rows: [] },
    interleaving: { steps: steps.map(([session, sql]) => ({ session, sql })), violations },
  })
  return [
    case_(
      'a session that began first and writes last follows the other one’s version',
      [
        [1, 'begin'],
        [1, 'select now()'],
        [2, there],
        [1, back],
        [1, 'commit'],
      ],
      faults(ground, 3),
    ),
    case_(
      'a session that waits for the other one’s row follows its version',
      [
        [2, 'begin'],
        [2, 'select now()'],
        [1, 'begin'],
        [1, there],
        [2, back],
        [1, 'commit'],
        [2, 'commit'],
      ],
      faults(ground, 3),
    ),
  ]
}

/** A row where the versions that held at these half hours before now have not all become the other value. */
const uncorrected = (
  { plan, touch, key, rows, context }: VersionGround,
  moments: readonly string[],
): string => {
  const type = context.table.columns.find((c) => c.name === touch!.column)?.type ?? 'text'
  return moments
    .map(
      (moment) =>
        `select ${moment} where not exists (select from ${plan.history} as version where ${key(rows[0])}
  and version.valid @> (now() - interval '${moment} hours') and version.${ident(touch!.column)}::text = cast(${touch!.other} as ${type})::text)`,
    )
    .join('\nunion all ')
}

export const correctionsAtOnce = (ground: VersionGround, c: Corrections): readonly VersionCase[] => {
  const { plan, touch, key, set, remove, rows } = ground
  if (touch === null) return []
  const [a] = rows
  const write = set(`${ident(touch.column)} = ${touch.other}`, a)
  return [
    {
      title: 'a session that writes a row while another corrects its version waits, and both are kept',
      given: c.given,
      when: [],
      then: { kind: 'rows', rows: [] },
      interleaving: {
        steps: [
          { session: 1, sql: 'begin' },
          { session: 1, sql: together(c.correct('8', '5', 'b')) },
          { session: 2, sql: write },
          { session: 1, sql: 'commit' },
        ],
        violations: `${uncorrected(ground, ['6.5', '0'])}`,
      },
    },
    {
      title: 'a session that writes other rows meanwhile does not wait',
      given: c.given,
      when: [],
      then: { kind: 'rows', rows: [] },
      interleaving: {
        steps: [
          { session: 1, sql: 'begin' },
          { session: 1, sql: together(c.correct('8', '5', 'b')) },
          { session: 2, sql: 'begin' },
          { session: 2, sql: `select from ${plan.table} where not (${key(a)}) for update nowait` },
          // Done only where nothing was locked.
          { session: 2, sql: `delete from ${plan.history} where not (${key(a)})` },
          { session: 2, sql: 'commit' },
          { session: 1, sql: 'commit' },
        ],
        violations: `select 'waited' where exists (select from ${plan.history} where not (${key(a)}))`,
      },
    },
    {
      title: 'of two sessions that correct one version of a row that is gone none undoes the other’s',
      given: [...c.given, remove(a)],
      when: [],
      then: { kind: 'rows', rows: [] },
      interleaving: {
        steps: [
          { session: 1, sql: 'begin' },
          { session: 1, sql: together(c.correct('29', '27', 'b')) },
          // One transaction: what a role is told in it ends with it.
          { session: 2, sql: 'begin' },
          { session: 2, sql: together(c.correct('25', '23', 'b')) },
          { session: 1, sql: 'commit' },
          { session: 2, sql: 'commit' },
        ],
        violations: uncorrected(ground, ['27.5', '23.5']),
      },
    },
  ]
}
