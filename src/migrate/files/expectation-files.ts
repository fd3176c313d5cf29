/** `before.sql` and `after.sql` beside the `up.sql` of a migration: what is expected of rows before and after it. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { readSqlText } from './migration-files.ts'

export type Moment = 'before' | 'after'

/** null: there is none. Flat files have none: they would be migrations themselves. */
export const expectationFile = (up: string, moment: Moment): string | null => {
  const file = path.join(path.dirname(up), `${moment}.sql`)
  const isDirectory = /^(?:up|migration)\.sql$/iu.test(path.basename(up))
  return isDirectory && existsSync(file) ? file : null
}

/** SHA-256 over both, in hex; line ends do not count. null: there are none. */
export const expectationsHash = (up: string): string | null => {
  const files = [expectationFile(up, 'before'), expectationFile(up, 'after')]
  if (files.every((file) => file === null)) return null
  const texts = files.map((file) => (file === null ? null : readSqlText(file).replaceAll('\r\n', '\n')))
  return createHash('sha256').update(JSON.stringify(texts), 'utf8').digest('hex')
}
