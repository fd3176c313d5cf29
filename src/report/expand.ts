/** Which phases were written, for a person at a terminal: each change with what comes first, and what comes after. */
import type { ArchitecturePhases } from '../project/expand-project.ts'
import { findingsText } from './findings.ts'
import type { Layout } from './paint.ts'
import { printable, wrap } from './printable.ts'

export interface ExpandLayout extends Layout {
  readonly dryRun: boolean
  /** As a person in the working directory would write it. */
  readonly place: (path: string) => string
}

/** When each phase is released. */
const whens: Readonly<Record<ArchitecturePhases['phases'][number]['phase'], string>> = {
  expand: 'release at any time: the old application notices nothing',
  backfill: 'release behind it; on a large table it takes its time, page by page',
  switch: 'refuses while old and new differ; then release the new application',
  contract: 'release when no old application runs any more',
  forget: 'refuses until the time for a way back is over',
}

/** Where one statement says the same, it can be run with a look at the load. */
const whenOf = ({ phase, files }: ArchitecturePhases['phases'][number]): string => {
  const own = Object.keys(files).filter((file) => /^backfill(?:-\d+)?\.sql$/u.test(file))
  return own.length > 0
    ? `release behind it; on a large table run its ${own.join(', ')} with assay migrate backfill first`
    : whens[phase]
}

const sqlLines = (name: string, text: string, { paint }: Layout): readonly string[] => [
  `    ${paint.dim(`-- ${printable(name)}`)}`,
  ...text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${printable(line)}`)),
  '',
]

/** Without a final newline. */
export const expandText = (one: ArchitecturePhases, layout: ExpandLayout): string => {
  const { paint, width, dryRun, place } = layout
  const changes = [...new Set(one.phases.map(({ says }) => says))]
  const lines = changes.flatMap((says) => {
    const own = one.phases.filter((phase) => phase.says === says)
    return [
      `  ${wrap(says, width, 2)}`,
      ...own.flatMap((phase) => [
        `    ${paint.strong(printable(place(`${one.directory}/${phase.name}`)))}`,
        `      ${paint.dim(wrap(whenOf(phase), width, 6))}`,
        ...(dryRun
          ? Object.entries(phase.files)
              .filter(([file]) => file.endsWith('.sql'))
              .flatMap(([file, text]) => sqlLines(file, text, layout))
          : []),
      ]),
    ]
  })
  const errors = one.findings.filter(({ severity }) => severity === 'error')
  const verdict =
    errors.length > 0
      ? paint.bad('Nothing was written.')
      : one.phases.length === 0
        ? paint.good('Nothing changes its shape: there is nothing to write.')
        : paint.good(
            `${one.phases.length} ${one.phases.length === 1 ? 'phase' : 'phases'} ${dryRun ? 'would be written' : 'written'}, each run on a copy first.`,
          )
  return [
    [paint.strong(wrap(one.architecture, width, 0)), ...lines].join('\n'),
    ...(one.findings.length === 0 ? [] : [findingsText(one.findings, layout).join('\n')]),
    verdict,
  ].join('\n\n')
}
