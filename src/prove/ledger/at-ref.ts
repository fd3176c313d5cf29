/**
 * The ledger as it stands in a git commit: what `assay check --against REF` compares with. Reads through git itself,
 * in two processes whatever the number of tables, and never touches the working tree.
 */
import { execFile } from 'node:child_process'
import { resolve, sep } from 'node:path'
import { AssayError } from '../../ground/errors.ts'
import { isPageFile, parseLedger } from './parse.ts'
import { headFile } from './path.ts'
import type { Ledger } from './page.ts'

interface GitAnswer {
  readonly code: number | string
  readonly out: Buffer
  readonly complaint: string
}

/** Arguments never pass a shell. Answers the exit code; throws only when git itself is missing. */
export const git = (directory: string, args: readonly string[], input = ''): Promise<GitAnswer> =>
  new Promise((answer, reject) => {
    const child = execFile(
      'git',
      ['-C', directory, ...args],
      { encoding: 'buffer', maxBuffer: 1 << 30, env: { ...process.env, LC_ALL: 'C' } },
      (error, out, complaint) => {
        if (error && error.code === 'ENOENT')
          reject(
            new AssayError('git is needed to read the ledger of another commit.', {
              code: 'ledger.git-missing',
              exit: 3,
              found: 'no git on PATH',
              mend: 'Install git, or run `npx assay check` without --against.',
              cause: error,
            }),
          )
        else answer({ code: error?.code ?? 0, out, complaint: complaint.toString('utf8').trim() })
      },
    )
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })

const text = async (directory: string, args: readonly string[]): Promise<string | null> => {
  const { code, out } = await git(directory, args)
  return code === 0 ? out.toString('utf8').trim() : null
}

const commitOf = (directory: string, ref: string): Promise<string | null> =>
  text(directory, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`])

/** The branch that changes are merged into: the remote's own word first, then the usual names. */
const defaultBranches = async (directory: string): Promise<string[]> => {
  const head = await text(directory, ['symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD'])
  return [...(head ? [head] : []), 'origin/main', 'origin/master', 'main', 'master']
}

const mergeBase = async (directory: string): Promise<{ commit: string; name: string }> => {
  const branches = await defaultBranches(directory)
  for (const branch of branches) {
    if ((await commitOf(directory, branch)) === null) continue
    const commit = await text(directory, ['merge-base', 'HEAD', branch])
    if (commit) return { commit, name: `the merge base with ${branch}` }
    throw new AssayError(`The commit where this branch left ${branch} is not in this clone.`, {
      code: 'ledger.no-merge-base',
      exit: 3,
      asked: 'the ledger at the merge base with the default branch',
      found: 'a shallow clone, or branches without a common commit',
      mend: 'Fetch the history (`git fetch --unshallow`, or fetch-depth: 0 in CI), or name a commit: --against REF.',
    })
  }
  throw new AssayError('The default branch of this repository cannot be found.', {
    code: 'ledger.no-default-branch',
    exit: 3,
    asked: 'the merge base with the default branch',
    found: `none of ${branches.join(', ')}`,
    mend: 'Name the commit to compare with: `npx assay check --against REF`.',
  })
}

const namedCommit = async (directory: string, ref: string): Promise<{ commit: string; name: string }> => {
  const commit = await commitOf(directory, ref)
  if (commit !== null) return { commit, name: ref }
  throw new AssayError(`There is no commit ${JSON.stringify(ref)} in this clone.`, {
    code: 'ledger.unknown-ref',
    exit: 2,
    asked: 'the ledger at that commit',
    mend: 'Give a branch, tag or commit that `git rev-parse` knows; in CI fetch it first (`git fetch origin main`).',
  })
}

/** The commit that a change is compared with; null: the merge base with the default branch. `directory` is in git. */
export const commitToCompare = (
  directory: string,
  ref: string | null,
): Promise<{ readonly commit: string; readonly name: string }> =>
  ref === null ? mergeBase(directory) : namedCommit(directory, ref)

/** The nearest directory that exists: the ledger's may have been removed in the working tree. */
const existing = async (directory: string): Promise<{ top: string; from: string } | null> => {
  for (let from = directory; ;) {
    const top = await text(from, ['rev-parse', '--show-toplevel'])
    if (top !== null) return { top, from }
    const up = resolve(from, '..')
    if (up === from) return null
    from = up
  }
}

const newline = 0x0a

/** Reads `<name> blob <size>\n<content>\n` answers of `git cat-file --batch`. */
const blobs = (out: Buffer, count: number): (string | null)[] => {
  const found: (string | null)[] = []
  for (let at = 0; found.length < count && at < out.length;) {
    const end = out.indexOf(newline, at)
    const size = Number(/ blob (\d+)$/u.exec(out.subarray(at, end).toString('utf8'))?.[1] ?? Number.NaN)
    const from = end + 1
    found.push(Number.isNaN(size) ? null : out.subarray(from, from + size).toString('utf8'))
    at = Number.isNaN(size) ? from : from + size + 1
  }
  return found
}

/**
 * The ledger of `directory` at `ref`; null: at the merge base with the default branch. A commit that had no ledger
 * gives an empty one (`head` is null). `at` names the commit for messages.
 */
export const readLedgerAtRef = async (
  directory: string,
  ref: string | null,
): Promise<{ readonly ledger: Ledger; readonly at: string }> => {
  const place = await existing(resolve(directory))
  if (!place)
    throw new AssayError(`${directory} is not in a git repository.`, {
      code: 'ledger.not-in-git',
      exit: 3,
      asked: 'the ledger at another commit',
      mend: 'Run `git init` and commit the ledger, or run `npx assay check` without --against.',
    })
  const { commit, name } = await commitToCompare(place.from, ref)
  const prefix = await text(place.from, ['rev-parse', '--show-prefix'])
  const below = resolve(directory).slice(resolve(place.from).length).split(sep).filter(Boolean)
  const path = [...(prefix ?? '').split('/').filter(Boolean), ...below].join('/')
  const listing = ['ls-tree', '-r', '-z', '--name-only', '--full-tree', commit]
  const listed = await git(place.top, path === '' ? listing : [...listing, '--', `${path}/`])
  const inside = listed.out
    .toString('utf8')
    .split('\0')
    .map((file) => file.slice(path === '' ? 0 : path.length + 1))
    .filter((file) => file === headFile || isPageFile(file))
  const names = inside.map((file) => `${commit}:${path === '' ? '' : `${path}/`}${file}\n`).join('')
  const { out } = await git(place.top, ['cat-file', '--batch'], names)
  const contents = blobs(out, inside.length)
  const files = new Map(
    inside.flatMap((file, i) => (contents[i] == null ? [] : [[file, contents[i]] as const])),
  )
  return { ledger: parseLedger(files, `${name}:${path}`), at: name }
}
