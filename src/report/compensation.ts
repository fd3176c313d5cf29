/** The migration that takes another back, for a person at a terminal. */
import type { ProjectCompensation } from '../project/compensate-project.ts'
import { findingsText } from './findings.ts'
import type { Layout } from './paint.ts'
import { printable, wrap } from './printable.ts'

export interface CompensationLayout extends Layout {
  /** As a person in the working directory would write it. */
  readonly place: (path: string) => string
}

const verdict = (
  { ok, written, name, takesBack, losses }: ProjectCompensation,
  layout: CompensationLayout,
) => {
  const { paint, width, place } = layout
  if (!ok)
    return paint.bad(wrap(`Nothing was written: ${takesBack} cannot be taken back like this.`, width, 0))
  const kept = losses.length === 0 ? 'no row is lost' : 'no other row is lost'
  const seen = `seen on a copy with rows: structures as before, ${kept}`
  const what =
    written.length === 0 ? `${name} would take ${takesBack} back` : `wrote ${written.map(place).join(', ')}`
  return paint.good(wrap(`${what}; ${seen}.`, width, 0))
}

/** Without a final newline. */
export const compensationText = (result: ProjectCompensation, layout: CompensationLayout): string => {
  const { paint, width } = layout
  const { name, takesBack, losses, findings, dryRun, ok, text } = result
  const isShown = dryRun || !ok
  return [
    [
      paint.strong(wrap(`${name} takes ${takesBack} back`, width, 0)),
      ...losses.map(({ what }) => `  ${paint.bad('✗')} ${wrap(`loses ${what}`, width, 4)}`),
    ].join('\n'),
    ...(isShown
      ? [
          text
            .trimEnd()
            .split('\n')
            .map((line) => (line === '' ? '' : `    ${printable(line)}`))
            .join('\n'),
        ]
      : []),
    ...(findings.length === 0 ? [] : [[paint.strong('To do'), ...findingsText(findings, layout)].join('\n')]),
    verdict(result, layout),
  ].join('\n\n')
}
