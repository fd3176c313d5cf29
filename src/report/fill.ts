/** What `assay fill` wrote, or would write, for a person at a terminal. */
import type { Filling, ProjectFilling } from '../project/fill-project.ts'
import type { Layout } from './paint.ts'
import { printable, wrap } from './printable.ts'
import type { VolumeProblem } from '../rows/volume/plan-volume.ts'

const number = (n: number): string => n.toLocaleString('en')

const bytesText = (bytes: number): string => {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  const at = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** at
  return `${value >= 100 || at === 0 ? Math.round(value) : value.toFixed(1)} ${units[at]}`
}

const secondsText = ({ rows, before, seconds, planning }: Filling): string => {
  const writing = seconds - planning
  const rate = writing < 0.001 ? '' : `, ${number(Math.round((rows - before) / writing))} rows a second`
  return `planned in ${planning.toFixed(1)} s, written in ${writing.toFixed(1)} s${rate}`
}

const mostNamed = 6
const named = (ids: readonly string[]): string =>
  ids.length <= mostNamed
    ? ids.join(', ')
    : `${ids.slice(0, mostNamed).join(', ')} and ${ids.length - mostNamed} more`

const labels: Readonly<Record<VolumeProblem['kind'], string>> = {
  refused: 'not filled',
  fewer: 'fewer',
  made: 'by triggers',
  null: 'null',
}

const fillingText = (filling: Filling, dryRun: boolean, { paint, width }: Layout): string => {
  const { name, tables, rows, bytes, before, problems, standing, seed, url } = filling
  const longest = Math.max(0, ...tables.map(({ rows: own }) => number(own).length))
  const verb = dryRun ? 'would get' : 'has'
  const head = `${printable(name)} ${verb} ${number(rows)} rows in ${tables.length} table${tables.length === 1 ? '' : 's'}, ${bytesText(bytes)} as COPY sends them, seed ${seed}.`
  const isWhole = problems.every(({ kind }) => kind !== 'refused')
  return [
    isWhole ? paint.good(wrap(head, width, 0)) : paint.bad(wrap(head, width, 0)),
    ...tables.map(
      ({ table, rows: own, bytes: size }) =>
        `  ${number(own).padStart(longest)}  ${printable(table)}  ${paint.dim(bytesText(size))}`,
    ),
    ...problems.map(({ table, kind, summary }) =>
      wrap(
        `  ${kind === 'refused' ? paint.bad(labels[kind]) : paint.dim(labels[kind])}  ${printable(`${table}: ${summary}`)}`,
        width,
        4,
      ),
    ),
    ...(standing.length === 0
      ? []
      : [
          wrap(`  ${paint.dim('as it was')}  ${printable(`had rows already: ${named(standing)}`)}`, width, 4),
        ]),
    ...(dryRun
      ? [paint.dim('Nothing was written.')]
      : [
          paint.dim(
            wrap(
              `${before > 0 ? `${number(before)} rows stood from an earlier run; ` : ''}${secondsText(filling)}`,
              width,
              0,
            ),
          ),
        ]),
    ...(url === null ? [] : ['', `It is kept until you press Ctrl-C: ${url}`]),
  ].join('\n')
}

export const fillText = ({ fillings, dryRun }: ProjectFilling, layout: Layout): string =>
  fillings.map((filling) => fillingText(filling, dryRun, layout)).join('\n\n')
