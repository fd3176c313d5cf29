/** What was designed, for a person at a terminal: each migration with the rules that it makes green. */
import type { ArchitectureDesign } from '../project/design-project.ts'
import { findingsText } from './findings.ts'
import type { Layout } from './paint.ts'
import { printable, wrap } from './printable.ts'

export interface DesignLayout extends Layout {
  readonly dryRun: boolean
  /** As a person in the working directory would write it. */
  readonly place: (path: string) => string
}

const counted = (n: number, one: string): string => `${n} ${n === 1 ? one : `${one}s`}`

/** Rules of one migration that are told by name; its head comment has all of them. */
const named = 8

const lineCount = (text: string): number => text.split('\n').length - 1

const sqlLines = (name: string, text: string, { paint }: Layout): readonly string[] => [
  `    ${paint.dim(`-- ${printable(name)}`)}`,
  ...text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${printable(line)}`)),
]

const migrationLines = (
  { name, rules, destroys, up, down, isForward }: ArchitectureDesign['migrations'][number],
  { tool, directory, files, hasDown: mayGoBack }: ArchitectureDesign,
  layout: DesignLayout,
): readonly string[] => {
  const { paint, dryRun, width } = layout
  const hasDown = mayGoBack && !isForward
  const own = files.filter((file) => file.migration === name)
  const place =
    directory === null
      ? name
      : layout.place(tool === null ? `${directory}/${name}` : (own[0]?.file ?? directory))
  const back = hasDown ? `down ${counted(lineCount(down), 'line')}` : 'forward only'
  const said = `up ${counted(lineCount(up), 'line')}, ${back}${dryRun ? '' : ', written'}`
  const sqlOf = [['up.sql', up] as const, ...(hasDown ? [['down.sql', down] as const] : [])]
  const texts = tool === null ? sqlOf : own.map(({ file, text }) => [layout.place(file), text] as const)
  return [
    `  ${paint.strong(printable(place))} ${paint.dim(said)}`,
    ...(rules.length <= named ? rules : rules.slice(0, named - 1)).map(
      (id) => `    ${paint.good('✓')} ${wrap(id, width, 6)}`,
    ),
    ...(rules.length <= named ? [] : [`    ${paint.good('✓')} ${rules.length - named + 1} more rules`]),
    ...destroys.map((id) => `    ${paint.bad('✗')} ${wrap(`destroys ${id}`, width, 6)}`),
    ...(dryRun ? texts.flatMap(([file, text]) => ['', ...sqlLines(file, text, layout)]).concat('') : []),
  ]
}

const verdict = (design: ArchitectureDesign, { paint, dryRun }: DesignLayout): string => {
  const { migrations, red, green, findings } = design
  const errors = findings.filter(({ severity }) => severity === 'error').length
  if (migrations.length === 0 && errors === 0)
    return paint.good(
      red.length === 0 ? 'Nothing is red: there is nothing to design.' : 'There is nothing to design.',
    )
  const done =
    migrations.length === 0
      ? 'Nothing was written.'
      : `${counted(migrations.length, 'migration')} ${dryRun ? 'would make' : 'made'} ${green.length} of ${counted(red.length, 'red rule')} green, seen on a copy: up, down and up again.`
  return errors === 0 ? paint.good(done) : paint.bad(`${done} ${counted(errors, 'thing')} to do by hand.`)
}

/** Without a final newline. */
export const designText = (design: ArchitectureDesign, layout: DesignLayout): string => {
  const { paint, width } = layout
  const errors = design.findings.filter(({ severity }) => severity === 'error')
  const others = design.findings.filter(({ severity }) => severity !== 'error')
  return [
    [
      paint.strong(wrap(design.architecture, width, 0)),
      ...design.migrations.flatMap((migration) => migrationLines(migration, design, layout)),
    ].join('\n'),
    ...(others.length === 0 ? [] : [[paint.strong('To know'), ...findingsText(others, layout)].join('\n')]),
    ...(errors.length === 0 ? [] : [[paint.strong('To do'), ...findingsText(errors, layout)].join('\n')]),
    verdict(design, layout),
  ].join('\n\n')
}
