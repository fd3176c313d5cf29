/** assay doctor. */
import { shellCommand } from '../ground/shell-word.ts'
import { examineProject } from '../project/examine-project.ts'
import type { Examined } from '../project/examination.ts'
import { envelopeText, type EnvelopeFinding } from '../report/envelope.ts'
import { headline, labelledRow } from '../report/labelled.ts'
import type { Layout } from '../report/paint.ts'
import { wrap } from '../report/printable.ts'
import type { Answer, ExitCode } from './exit-code.ts'
import type { Output } from './output.ts'
import { fromHere, withPathsFromHere } from './paths.ts'
import type { CommonOptions } from './run-command.ts'

const findingOf = ({ code, state, what, why, fix, where }: Examined): EnvelopeFinding =>
  withPathsFromHere({
    code,
    severity: state === 'wrong' ? 'error' : 'note',
    summary: what,
    why: why ?? what,
    fix: fix ?? 'Nothing has to be done.',
    ...(where ? { where } : {}),
  })

const lines = (examined: Examined, layout: Layout): readonly string[] => {
  const { paint } = layout
  const { state, what, why, fix, where } = examined
  const mark = state === 'right' ? paint.good('✓') : state === 'wrong' ? paint.bad('✗') : paint.dim('·')
  const place = where ? `${fromHere(where.file)}:${where.line}` : undefined
  return [
    headline(mark, what, layout),
    ...(where?.excerpt === undefined ? [] : where.excerpt.split('\n').map((line) => `          ${line}`)),
    ...labelledRow('why', why, layout),
    ...labelledRow('mend', fix, layout),
    ...labelledRow('where', place, layout),
  ]
}

const verdictOf = (wrong: readonly Examined[]): string =>
  wrong.length === 0
    ? 'Nothing stands in the way of a proof.'
    : `${wrong.length} thing${wrong.length === 1 ? ' stands' : 's stand'} in the way of a proof.`

export const doctorCommand = async (
  directory: string,
  options: CommonOptions,
  output: Output,
): Promise<Answer> => {
  const { url } = options
  const examined = await examineProject({
    directory,
    ...(url === undefined ? {} : { url }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  })
  const wrong = examined.filter((e) => e.state === 'wrong')
  const code = wrong.reduce<ExitCode>((gravest, e) => (e.exit === 3 ? 3 : gravest), wrong.length > 0 ? 1 : 0)
  const place = directory === '.' ? [] : [directory]
  const next = code === 0 ? [shellCommand('npx', 'assay', 'prove', ...place)] : []
  if (options.json) {
    const summary = {
      right: examined.filter((e) => e.state === 'right').map((e) => ({ code: e.code, what: e.what })),
      wrong: wrong.length,
    }
    const findings = examined.filter((e) => e.state !== 'right').map(findingOf)
    const ok = code === 0
    return { code, text: envelopeText({ ok, command: 'doctor', summary, findings, next, artifacts: [] }) }
  }
  const { paint, width } = output.layout
  const verdict = wrap(verdictOf(wrong), width, 0)
  const text = [
    ...examined.flatMap((e) => lines(e, output.layout)),
    '',
    code === 0 ? paint.good(verdict) : paint.bad(verdict),
    ...next.map((step) => `  ${paint.dim('next')} ${step}`),
  ]
  return { code, text: text.join('\n') }
}
