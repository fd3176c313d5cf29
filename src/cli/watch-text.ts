/** A round of a watch for a person: when, how long, what was proven again, what is to do, and how the ledger stands. */
import type { WatchedPart, WatchEvent } from '../project/watch-project.ts'
import { isError, type ProofCommand } from '../project/prove-project.ts'
import { findingsText } from '../report/findings.ts'
import type { Layout } from '../report/paint.ts'
import { printable, wrap } from '../report/printable.ts'
import { fromHere, withPathsFromHere } from './paths.ts'

type Round = Extract<WatchEvent, { readonly kind: 'round' }>

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

const few = 3

const list = (ids: readonly string[]): string =>
  ids.length <= few ? ids.join(', ') : `${ids.slice(0, few).join(', ')} and ${ids.length - few} more`

/** Two digits that matter: 0.42 s, 12 s. */
const secondsText = (seconds: number): string =>
  `${seconds < 10 ? seconds.toFixed(2) : Math.round(seconds)} s`

const rerunText = ({ rules, structures, migrations }: WatchedPart, command: ProofCommand): string => {
  const schema =
    migrations === null ? [] : [`${migrations.ran} of ${counted(migrations.files, 'SQL file')} run again`]
  const mutated =
    (command === 'prove' || command === 'mutate') && structures.length > 0
      ? [`${counted(structures.length, 'structure')} broken again`]
      : []
  const proven =
    rules.length > 0
      ? [`${counted(rules.length, 'rule')} proven again (${list(rules)})`]
      : structures.length > 0
        ? []
        : ['nothing that is proven has changed']
  return [...schema, ...proven, ...mutated].join('; ')
}

const ledgerNote = (part: WatchedPart): string =>
  part.ledger === 'behind' ? ' The ledger is behind: prove everything to write it.' : ''

const partLines = (
  part: WatchedPart,
  command: ProofCommand,
  isOneOfMany: boolean,
  layout: Layout,
): readonly string[] => {
  const { paint, width } = layout
  const findings = part.result.findings.map(withPathsFromHere)
  const errors = findings.filter(isError)
  const name = isOneOfMany ? `${part.result.architecture}: ` : ''
  const { summary } = part.result
  const verdict =
    errors.length === 0
      ? paint.good(
          wrap(`✓ ${name}nothing to do in ${counted(summary.rules, 'rule')}.${ledgerNote(part)}`, width, 4),
        )
      : paint.bad(wrap(`✗ ${name}${counted(errors.length, 'thing')} to do.`, width, 4))
  return [
    `  ${wrap(`${name}${rerunText(part, command)}`, width, 2)}`,
    ...findingsText(errors, layout),
    `  ${verdict}`,
  ]
}

/** `11:02:31  0.42 s  data/tables/products.ts` */
export const roundHead = (
  { saved, seconds }: Pick<Round, 'saved' | 'seconds'>,
  clock: Date,
  { paint }: Layout,
): string => {
  const time = clock.toTimeString().slice(0, 8)
  const files = saved.length === 0 ? 'asked for' : printable(list(saved.map(fromHere)))
  return `${paint.dim(time)}  ${paint.strong(secondsText(seconds))}  ${files}`
}

export const roundText = (round: Round, command: ProofCommand, clock: Date, layout: Layout): string =>
  [
    roundHead(round, clock, layout),
    ...round.parts.flatMap((part) => partLines(part, command, round.parts.length > 1, layout)),
  ].join('\n')
