/** Which files of a directory a change has made or changed, as git tells: what of them a lint looks at by itself. */
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { commitToCompare, git } from '../prove/ledger/at-ref.ts'

export interface ChangedFiles {
  /** Absolute. */
  readonly files: ReadonlySet<string>
  /** The commit in words. */
  readonly since: string
}

const listed = async (
  directory: string,
  top: string,
  args: readonly string[],
): Promise<readonly string[]> => {
  const { out } = await git(directory, args)
  return out
    .toString('utf8')
    .split('\0')
    .filter((name) => name !== '')
    .map((name) => path.resolve(top, name))
}

/**
 * `ref` null: since the merge base with the default branch; null when git cannot tell that (no repository, no other
 * branch, a shallow clone). A ref that is named and not known throws.
 */
export const filesChangedSince = async (
  directory: string,
  ref: string | null,
): Promise<ChangedFiles | null> => {
  try {
    const { code, out } = await git(directory, ['rev-parse', '--show-toplevel'])
    if (code !== 0)
      throw new AssayError(`${directory} is not in a git repository.`, {
        code: 'lint.not-in-git',
        exit: 3,
        asked: 'the migrations since another commit',
        mend: 'Name the files to look at: assay lint migrations/0007_orders.sql',
      })
    const top = out.toString('utf8').trim()
    const { commit, name } = await commitToCompare(directory, ref)
    const changed = ['diff', '--name-only', '--no-renames', '--diff-filter=AMT', '-z', commit, '--', '.']
    const untracked = ['ls-files', '--others', '--exclude-standard', '--full-name', '-z', '--', '.']
    return {
      files: new Set([
        ...(await listed(directory, top, changed)),
        ...(await listed(directory, top, untracked)),
      ]),
      since: name,
    }
  } catch (cause) {
    if (ref === null && cause instanceof AssayError) return null
    throw cause
  }
}
