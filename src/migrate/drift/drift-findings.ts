/** What is told of a drift: each structure that differs, and what kept the comparison from being whole. */
import type { CatalogDifference } from '../../catalog/difference.ts'
import { gitLogOf } from '../../ground/git-log.ts'
import type { Finding } from '../../prove/result.ts'
import type { DriftItem } from './drift-between.ts'
import type { Origin } from './origins.ts'
import type { ScriptProof } from './prove-scripts.ts'
import type { ChangedBy } from './schema-log.ts'

const longest = 1_500
const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)} …` : text)

const summaries: Readonly<Record<DriftItem['does'], (id: string) => string>> = {
  added: (id) => `${id} is in the database, and no migration makes it`,
  changed: (id) => `${id} is another in the database than the migrations make it`,
  gone: (id) => `${id} is not in the database, and the migrations make it`,
}

const removed = (text: string): string => `- ${cut(text).replaceAll('\n', '\n- ')}`
const added = (text: string): string => `+ ${cut(text).replaceAll('\n', '\n+ ')}`

/** As a diff: what the migrations make is taken away, what is there stands in its place. */
const diffOf = ({ expected, live }: DriftItem): string =>
  [...(expected === null ? [] : [removed(expected)]), ...(live === null ? [] : [added(live)])].join('\n')

const whoText = ({ role, login, application, command, at }: ChangedBy): string =>
  `by ${role}${login === role ? '' : ` (logged in as ${login})`}${application === '' ? '' : ` with ${application}`}: ${command}, ${at}`

/** PostgreSQL keeps nobody: who it was is known where a log was kept. What else is known is said. */
const originText = ({ does }: DriftItem, { owner, changedAt, by }: Origin): string => {
  if (by !== null) return owner === null ? whoText(by) : `${whoText(by)}; it belongs to ${owner}`
  if (does === 'gone' && changedAt === null)
    return 'by whom and when: unknown, PostgreSQL keeps nothing of what is gone'
  const who = owner === null ? 'by whom: unknown' : `by whom: unknown; it belongs to ${owner}`
  return changedAt === null
    ? `${who}; when: unknown, the server keeps no times (track_commit_timestamp), or not so far back`
    : `${who}; last written ${changedAt}`
}

/** Once, where something has changed and nobody knows who did it. */
export const noSchemaLog = (log: 'refused' | 'none'): Finding => ({
  code: 'drift.no-log',
  severity: 'note',
  summary:
    log === 'none'
      ? 'it is not known who changed the schema: nothing in the database keeps it'
      : 'it is not known who changed the schema: this role may not read assay_schema_log.changes',
  why: 'PostgreSQL keeps owners, and times where it is told to, and nobody who did it',
  fix:
    log === 'none'
      ? 'For the next time, let an event trigger keep it (once, as a superuser):\nassay drift --log-sql | psql …'
      : 'Let a superuser give the right to the role that runs this:\ngrant usage on schema assay_schema_log to …;\ngrant select on assay_schema_log.changes to …;',
})

export const driftFinding = (item: DriftItem, origin: Origin): Finding => ({
  code: `drift.${item.does}`,
  severity: 'error',
  structure: item.id,
  summary: summaries[item.does](item.id),
  why: originText(item, origin),
  fix: `Take it into the migrations or out of the database, with the scripts below (--sql prints them alone):\n${diffOf(item)}`,
})

const leftText = ({ made, changed, gone }: CatalogDifference): readonly string[] => [
  ...made.map(({ id }) => `still there: ${id}`),
  ...gone.map(({ id }) => `not made: ${id}`),
  ...changed.map(({ id, before, after }) => `${id} is ${cut(after)}, and should be ${cut(before)}`),
]

export const unprovenScript = (which: 'in' | 'out', { refused, left }: ScriptProof): Finding => ({
  code: 'drift.unproven',
  severity: 'warning',
  summary: `the script that takes the drift ${which} did not end it on a copy`,
  why: 'it would leave a difference, or be refused half way',
  fix: `Write this part by hand:\n${[
    ...refused.map(({ text, message }) => `refused: ${cut(text)}\n  ${message}`),
    ...(left === null ? [] : leftText(left)),
  ].join('\n')}`,
})

export const noCopy = (why: string): Finding => ({
  code: 'drift.unproven',
  severity: 'warning',
  summary: 'the database could not be copied, so that the scripts were not tried',
  why,
  fix: 'Try them on a copy of your own before you run them.',
})

export const otherVersion = (live: number, local: number): Finding => ({
  code: 'drift.other-version',
  severity: 'note',
  summary: `the database runs PostgreSQL ${live}, and is compared on ${local}`,
  why: 'each major version prints definitions in its own way: what was read there is made again here, and that is compared',
  fix: 'Nothing has to be done.',
})

export const pendingMigrations = (names: readonly string[]): Finding => ({
  code: 'drift.pending',
  severity: 'note',
  summary: `${names.length === 1 ? '1 migration has' : `${names.length} migrations have`} not run in the database: it is compared with what stands before`,
  why: 'what is still to come is no drift',
  fix: `Apply them when it is time:\nassay migrate up --url …\n-- ${names.join(', ')}`,
})

export const unknownMigration = (name: string): Finding => ({
  code: 'drift.unknown-migration',
  severity: 'error',
  summary: `${name} ran in the database, and is not among the migrations here`,
  why: 'what it made cannot be told from what was changed by hand',
  fix: `Get the branch that has it, or compare with --to the last migration that both have:\n${gitLogOf(name)}`,
})

export const halfApplied = (name: string): Finding => ({
  code: 'drift.half-applied',
  severity: 'error',
  summary: `${name} is half done in the database`,
  why: 'a run was broken off, or goes on right now: the database is neither as before nor as after it',
  fix: 'Let it go on or go back:\nassay migrate up --url …\nassay migrate down --url …',
})
