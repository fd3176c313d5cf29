/** A drift for a person at a terminal: each structure with what it should be and what it is, then both scripts. */
import { takeInText, takeOutText } from '../migrate/drift/script-text.ts'
import type { DriftOutcome, ProvenScript } from '../project/drift-project.ts'
import { findingsText } from './findings.ts'
import type { Layout } from './paint.ts'
import { printable, wrap } from './printable.ts'

const triedText = ({ holds }: ProvenScript): string =>
  holds === null ? 'not tried' : holds ? 'tried on a copy' : 'tried on a copy: it does not end the drift'

const script = (title: string, of: ProvenScript, sql: string, { paint, width }: Layout): string =>
  `${paint.strong(wrap(`${title} (${triedText(of)})`, width, 0))}\n\n${printable(sql).trimEnd()}`

const against = ({ migrations }: DriftOutcome): string =>
  migrations === null
    ? 'what its command makes'
    : `what ${migrations} ${migrations === 1 ? 'migration makes' : 'migrations make'}`

const driftSentence = (outcome: DriftOutcome): string => {
  const { items, structures, database, architecture } = outcome
  const what = `${architecture} at ${database}, against ${against(outcome)}`
  return items.length === 0
    ? `${what}: no drift in ${structures} structures`
    : `${what}: ${items.length} ${items.length === 1 ? 'difference' : 'differences'}`
}

/** Both scripts and nothing else; empty when there is no drift. */
export const driftSql = ({ takeIn, takeOut, recorded }: DriftOutcome): string =>
  takeIn === null || takeOut === null
    ? ''
    : `-- up.sql\n${takeInText({ takeIn, recorded })}\n-- down.sql\n${takeOutText({ takeOut })}`

/** Without a final newline. */
export const driftText = (outcome: DriftOutcome, layout: Layout): string => {
  const { paint, width } = layout
  const { takeIn, takeOut, recorded, ok, findings } = outcome
  const mark = ok ? paint.good('✓') : paint.bad('✗')
  return [
    `${mark} ${wrap(driftSentence(outcome), width, 2)}`,
    ...(findings.length === 0 ? [] : [findingsText(findings, layout).join('\n')]),
    ...(takeIn === null || takeOut === null
      ? []
      : [
          script(
            'Into the migrations, as up.sql of the next one',
            takeIn,
            takeInText({ takeIn, recorded }),
            layout,
          ),
          script('Out of the database, or as its down.sql', takeOut, takeOutText({ takeOut }), layout),
        ]),
  ].join('\n\n')
}
