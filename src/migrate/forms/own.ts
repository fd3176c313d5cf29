/** Assay's own: a directory for each migration, with `up.sql` and `down.sql`. */
import { filesInDirectories, type HistoryForm } from './form.ts'
import { ownPrefix } from './numbering.ts'

export const ownForm = (directory: string): HistoryForm => ({
  tool: null,
  directory,
  isOneTransaction: false,
  model: null,
  prefix: ownPrefix,
  filesOf: filesInDirectories(directory, 'up.sql'),
})
