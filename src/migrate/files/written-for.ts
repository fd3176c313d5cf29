/** For which major version of PostgreSQL the phase of a change of shape was written: an older one may not know its statements. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { shellCommand } from '../../ground/shell-word.ts'
import type { Migration } from './migration.ts'

export const phaseFile = 'phase.json'

/** null: the file beside it says nothing, or there is none. */
export const writtenForOf = (script: string): number | null => {
  const file = path.join(path.dirname(script), phaseFile)
  if (!existsSync(file)) return null
  try {
    const { postgres } = JSON.parse(readFileSync(file, 'utf8')) as { readonly postgres?: unknown }
    return typeof postgres === 'number' ? postgres : null
  } catch {
    // What cannot be read is told by whoever needs what it says.
    return null
  }
}

/** What may be wrong with these on an older server, and how they are written for it; null: nothing. */
export const writtenForNewer = (
  migrations: readonly Pick<Migration, 'name' | 'writtenFor'>[],
  major: number,
): string | null => {
  const newer = migrations.filter(({ writtenFor = 0 }) => writtenFor > major)
  const [first] = newer
  if (first === undefined) return null
  const names = newer.map(({ name }) => name).join(', ')
  return `${names} ${newer.length === 1 ? 'was' : 'were'} written for PostgreSQL ${first.writtenFor ?? ''}, and an older one may not know a statement there. Where it refuses one, take all phases of that change away that ran nowhere yet, and write them again: ${shellCommand('assay', 'migrate', 'expand', '--server-version', String(major))}`
}
