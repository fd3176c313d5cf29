/** Prisma: a directory with `migration.sql`, sent in one piece. It has no way back; Assay reads `down.sql` beside it. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { filesInDirectories, type FormKind } from './form.ts'
import { stampedOn } from './numbering.ts'

export const prisma: FormKind = {
  command: /\bprisma\b/u,
  at: (directory, names) =>
    names.includes('migration_lock.toml') ||
    names.some((name) => existsSync(path.join(directory, name, 'migration.sql')))
      ? {
          tool: 'Prisma',
          directory,
          isOneTransaction: true,
          model: 'schema.prisma',
          prefix: (standing, n) => `${stampedOn(standing, n)}_`,
          filesOf: filesInDirectories(directory, 'migration.sql'),
        }
      : null,
}
