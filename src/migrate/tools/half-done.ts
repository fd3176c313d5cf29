/** What a tool meets that runs a migration again from its first statement: what was committed of it stands already. */
import type { MigrationScript } from '../files/migration.ts'
import { isSessionSetting } from '../files/session-settings.ts'
import { stagesOf, type MigrationStep } from '../files/steps.ts'

/** They say themselves that what stands is no fault, or leave the same when they run twice. */
const runsTwice =
  /\bif (?:not )?exists\b|^create or replace\b|^(?:grant|revoke|comment|analyze|vacuum|refresh|reindex|select|show|lock)\b|^alter table\b[^;]*\b(?:(?:set|drop) (?:not null|default)|validate constraint)\b/iu

const buildsConcurrently = /^create (?:unique )?index concurrently\b/iu

const isRefusedTwice = ({ text, isRerunnable }: MigrationStep): boolean =>
  !isRerunnable && !isSessionSetting({ text }) && !runsTwice.test(text)

/** Whether it may be broken off where its first statements are refused the second time. Needs `loadParser()`. */
export const isRefusedHalfDone = (script: MigrationScript): boolean => {
  const stages = stagesOf(script)
  return stages.some(({ steps }, i) =>
    steps.some(
      (step) => isRefusedTwice(step) && (i < stages.length - 1 || buildsConcurrently.test(step.text)),
    ),
  )
}
