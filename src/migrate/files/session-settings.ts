/** Statements that set something for the session: a run that goes on in another session makes them again. */
import type { MigrationStep } from './steps.ts'

const sets =
  /^(?:set(?!\s+(?:local|transaction|constraints)\b)|reset)\b|^select\s+(?:pg_catalog\.)?set_config\s*\(/iu

/** `set search_path = …`, `set role …`, `select set_config(…, false)`; not `set local`. */
export const isSessionSetting = ({ text }: Pick<MigrationStep, 'text'>): boolean => sets.test(text)
