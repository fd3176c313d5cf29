/** Two heads of a tool whose migrations are code, as the tool refuses them: told with their names, as those of SQL files are. */
import path from 'node:path'
import { AssayError } from '../../ground/errors.ts'
import { readCodeOrder } from '../files/code-order.ts'
import { filesOfProject } from './source-files.ts'

interface Refusal {
  /** What the tool prints, in its own words. */
  readonly says: RegExp
  readonly mend: string
}

const renumber = 'Give the one that has run nowhere yet a number of its own.'

const refusals: readonly Refusal[] = [
  {
    // Alembic
    says: /Multiple head revisions are present[^\n]*/u,
    mend: 'Put one behind the other, or let the tool write what joins them:\nalembic merge -m "both branches" heads',
  },
  {
    // Django
    says: /Conflicting migrations detected; multiple leaf nodes[^\n]*/u,
    mend: 'Put one behind the other, or let the tool write what joins them:\npython manage.py makemigrations --merge',
  },
  // Rails
  { says: /Multiple migrations have the version number[^\n]*/u, mend: renumber },
  // Flyway
  { says: /Found more than one migration with version[^\n]*/u, mend: renumber },
  // goose, golang-migrate
  { says: /\bduplicate version \d+ detected[^\n]*|\bduplicate migration file[^\n]*/u, mend: renumber },
]

const isTwoHeads = (cause: unknown): cause is AssayError =>
  cause instanceof AssayError && cause.code === 'migration.two-heads'

/** The directories of the project whose files say that nothing stands behind two of them. */
const readHeads = (directory: string): AssayError | null => {
  const directories = filesOfProject(directory).flatMap((file) =>
    file.endsWith('.py') ? [path.dirname(file)] : [],
  )
  for (const one of new Set(directories)) {
    try {
      readCodeOrder(one)
    } catch (cause) {
      if (isTwoHeads(cause)) return cause
      if (!(cause instanceof AssayError)) throw cause
    }
  }
  return null
}

/** null: what the tool printed speaks of something else. */
export const twoHeadsOf = (command: string, directory: string, output: string): AssayError | null => {
  for (const { says, mend } of refusals) {
    const [said] = says.exec(output) ?? []
    if (said === undefined) continue
    return (
      readHeads(directory) ??
      new AssayError('Two migrations claim one place in the order.', {
        code: 'migration.two-heads',
        exit: 2,
        asked: command,
        found: said,
        why: 'two branches each wrote the next one: which of them runs first is for a person to say',
        mend,
      })
    )
  }
  return null
}
