/** Checks of the committed evidence: there, readable, without conflict markers, and in git. */
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { shellCommand } from '../ground/shell-word.ts'
import { git } from '../prove/ledger/at-ref.ts'
import { readLedger } from '../prove/ledger/ledger.ts'
import { faultsExamined, right, toKnow, type Examined } from './examination.ts'

const wrong = (code: string, what: string, why: string, fix: string): Examined => ({
  code: `doctor.${code}`,
  state: 'wrong',
  what,
  why,
  fix,
  exit: 1,
})

/** How git sees the directory. Null: no git, or no repository. */
const inGit = async (directory: string): Promise<readonly Examined[] | null> => {
  const parent = path.dirname(directory)
  const inside = await git(parent, ['rev-parse', '--is-inside-work-tree'])
  if (inside.code !== 0) return null
  const ignored = await git(parent, ['check-ignore', '--quiet', '--', directory])
  if (ignored.code === 0)
    return [
      wrong(
        'ledger-ignored',
        `git ignores the ledger ${directory}.`,
        'what is not committed cannot be reviewed, and `assay check` has nothing to compare with',
        `Take it out of .gitignore: ${shellCommand('git', 'check-ignore', '-v', directory)}`,
      ),
    ]
  const status = await git(parent, ['status', '--porcelain', '--', directory])
  const changes = status.out.toString('utf8').trim()
  if (changes === '') return [right('ledger-committed', 'The ledger is committed')]
  return [
    toKnow(
      'ledger-committed',
      `The ledger has changes that are not committed (${changes.split('\n').length})`,
      'a pull request shows what its change asks more or less of by the ledger',
      `${shellCommand('git', 'add', directory)}, with the change that it belongs to`,
    ),
  ]
}

export const examineLedger = async (directory: string): Promise<readonly Examined[]> => {
  try {
    const { head, problems } = await readLedger(directory)
    if (problems.length > 0)
      return problems.map((problem) => ({
        code: problem.code,
        state: 'wrong',
        what: problem.summary,
        why: problem.why,
        fix: problem.fix,
        exit: 1,
        ...(problem.where ? { where: problem.where } : {}),
      }))
    if (head === null)
      return [
        toKnow(
          'ledger',
          `There is no ledger in ${directory} yet`,
          'nothing was ever proven here',
          'npx assay prove',
        ),
      ]
    const committed = await inGit(directory)
    return [
      right('ledger', `The ledger is readable: ${directory}`),
      ...(committed ?? [
        toKnow(
          'git',
          'This is no git repository',
          '`assay check --against` compares with a commit',
          'git init',
        ),
      ]),
    ]
  } catch (cause) {
    if (cause instanceof AssayError && cause.code === 'ledger.git-missing')
      return [
        toKnow(
          'git',
          'git is not installed',
          '`assay check --against` reads other commits with it',
          cause.mend,
        ),
      ]
    return faultsExamined(cause)
  }
}
