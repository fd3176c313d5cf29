/** Assay's own: a directory for each migration, with `up.sql` and `down.sql`. */
import path from 'node:path'
import type { HistoryForm } from './form.ts'
import { ownPrefix } from './numbering.ts'

export const ownForm = (directory: string): HistoryForm => ({
  tool: null,
  directory,
  isOneTransaction: false,
  model: null,
  prefix: ownPrefix,
  filesOf: (migrations) =>
    migrations.flatMap(({ name, up, down }) => [
      { migration: name, file: path.join(directory, name, 'up.sql'), text: up },
      ...(down === null
        ? []
        : [{ migration: name, file: path.join(directory, name, 'down.sql'), text: down }]),
    ]),
})
