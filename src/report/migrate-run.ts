/** What a run of migrations did or would do, and how each stands in a database, for a person at a terminal; dry runs as SQL. */
import type { ClosedGate, GateName } from '../migrate/run/gate.ts'
import type { StandingChange } from '../migrate/expand/standing-changes.ts'
import type { PlannedRun, RunResult } from '../migrate/run/migrate.ts'
import type { DatabaseStatus, MigrationStatus, Standing } from '../migrate/run/status.ts'
import type { EnvelopeFinding } from './envelope.ts'
import { faultText } from './faults.ts'
import type { Layout } from './paint.ts'
import { printable, wrap } from './printable.ts'

type Planned = PlannedRun['plan'][number]

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`

const isDown = (direction: Planned['direction']): boolean => direction === 'down'

/** A closed gate as a finding: a warning where it was overridden. */
export const gateFinding = (gate: ClosedGate, allowed: readonly GateName[] = []): EnvelopeFinding => ({
  code: gate.code,
  severity: allowed.includes(gate.gate) ? 'warning' : 'error',
  summary: gate.summary,
  found: gate.found,
  why: gate.why,
  fix: `${gate.mend}\nTo go on all the same, which the journal then says: --allow ${gate.gate}`,
})

/** One SQL script of all stages, as they would be sent. */
export const dryRunSql = ({ plan }: PlannedRun): string =>
  plan
    .map(({ migration, direction, stages }) => {
      const head = `-- ${migration.name}, ${direction}`
      const parts = stages.map(({ number, begin, steps }) => {
        const what = begin === null ? 'outside of any transaction' : 'one transaction'
        const texts = steps.map(({ text, copyData }) =>
          copyData === null ? `${text};` : `${text};\n${copyData}\\.`,
        )
        const body = begin === null ? texts : [`${begin};`, ...texts, 'commit;']
        return [`-- stage ${number} of ${stages.length}: ${what}`, ...body].join('\n')
      })
      return printable([head, ...(parts.length === 0 ? ['-- nothing to run'] : parts)].join('\n\n'))
    })
    .join('\n\n')

const becauses: Readonly<Record<Planned['because'], string>> = {
  pending: '',
  applied: '',
  unfinished: 'goes on where it stopped',
  changed: 'its text has changed',
  'taken-along': 'again: a drop may have taken along what it made',
}

const plannedLine = ({ migration, direction, stages, because }: Planned, { paint }: Layout): string => {
  const alone = stages.filter(({ begin }) => begin === null).length
  const shape = [
    count(stages.length, 'stage', 'stages'),
    ...(alone === 0 ? [] : [`${alone} outside of a transaction`]),
    ...(becauses[because] === '' ? [] : [becauses[because]]),
  ].join(', ')
  const sign = isDown(direction) ? '↓' : '↑'
  return `  ${sign} ${printable(migration.name)} ${paint.dim(shape)}`
}

/** Without a final newline. */
export const planText = (
  { plan, gates }: PlannedRun,
  allowed: readonly GateName[],
  layout: Layout,
): string => {
  const { paint } = layout
  const closed = gates.filter(({ gate }) => !allowed.includes(gate))
  const head =
    plan.length === 0
      ? 'Nothing to run: the database has all that the directory has.'
      : `${count(plan.length, 'migration', 'migrations')} would run${closed.length === 0 ? '' : `, and ${count(closed.length, 'gate refuses', 'gates refuse')} it`}:`
  const mark = closed.length === 0 ? paint.good('✓') : paint.bad('✗')
  return [
    `${mark} ${head}`,
    ...plan.map((one) => plannedLine(one, layout)),
    ...gates.flatMap((gate) => ['', faultText(gateFinding(gate, allowed), layout)]),
  ].join('\n')
}

export const runText = (
  { plan, ran, gates }: RunResult,
  allowed: readonly GateName[],
  layout: Layout,
): string => {
  const { paint } = layout
  if (plan.length === 0) return `${paint.good('✓')} Nothing to run: the database has all that was asked for.`
  const overridden = [...new Set(gates.filter(({ gate }) => allowed.includes(gate)).map(({ gate }) => gate))]
  const verb = plan.every(({ direction }) => isDown(direction)) ? 'taken back' : 'applied'
  return [
    `${paint.good('✓')} ${count(ran.length, 'migration', 'migrations')} ${verb}.`,
    ...plan.map((one) => plannedLine(one, layout)),
    ...(overridden.length === 0
      ? []
      : [
          '',
          wrap(
            `Overridden, and written to the journal: ${overridden.toSorted().join(', ')}.`,
            layout.width,
            0,
          ),
        ]),
  ].join('\n')
}

const words: Readonly<Record<Standing, string>> = {
  applied: 'applied',
  pending: 'pending',
  unfinished: 'unfinished',
  failed: 'failed',
  edited: 'edited after it ran',
  changed: 'to run again',
  missing: 'applied, file is missing',
}

const progressText = ({ direction, done, of }: NonNullable<MigrationStatus['progress']>): string =>
  isDown(direction) ? `taken back ${done} of ${of} statements` : `${done} of ${of} statements`

const statusLine = (one: MigrationStatus, width: number, { paint }: Layout): string => {
  const mark =
    one.standing === 'applied' ? paint.good('✓') : one.standing === 'pending' ? ' ' : paint.bad('✗')
  const details = [
    ...(one.progress === null ? [] : [progressText(one.progress)]),
    ...(one.finishedAt === null ? [] : [one.finishedAt]),
    ...(one.runBy === null ? [] : [`by ${one.runBy}`]),
    ...(one.allowed.length === 0 ? [] : [`overridden: ${one.allowed.join(', ')}`]),
    ...(one.fault === null ? [] : [one.fault]),
  ].join(', ')
  return `${mark} ${printable(one.name).padEnd(width)}  ${words[one.standing]}${details === '' ? '' : paint.dim(` ${printable(details)}`)}`
}

/** Of each change of shape its phase, and what comes next. */
const changeLines = (changes: readonly StandingChange[], { width }: Layout): readonly string[] =>
  changes
    .filter(({ isDone }) => !isDone)
    .map(({ says, phase, phases, next }) => {
      const at = phase === null ? 'not begun' : `${phase}, ${phases.indexOf(phase) + 1} of ${phases.length}`
      return wrap(`${says}: ${at}; next ${next ?? 'assay migrate contract'}`, width, 2)
    })

/** Without a final newline. */
export const statusText = (
  status: DatabaseStatus & { readonly changes?: readonly StandingChange[] },
  layout: Layout,
): string => {
  const { migrations, closed, isCurrent, changes = [] } = status
  const open = changeLines(changes, layout)
  const { paint } = layout
  const width = Math.max(0, ...migrations.map(({ name }) => name.length))
  const behind = migrations.filter(({ standing }) => standing !== 'applied').length
  const summary = isCurrent
    ? paint.good(`All ${migrations.length} migrations stand in this database.`)
    : paint.bad(`${count(behind, 'migration does', 'migrations do')} not stand as the directory has them.`)
  return [
    ...migrations.map((one) => statusLine(one, width, layout)),
    ...(migrations.length === 0 ? ['There is no migration yet.'] : ['', summary]),
    ...(open.length === 0 ? [] : ['', ...open]),
    ...closed.flatMap((gate) => ['', faultText(gateFinding(gate), layout)]),
  ].join('\n')
}
