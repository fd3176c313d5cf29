/**
 * The schema's files as they stand in a git commit, laid into a directory of their own: `git archive` reads them, and
 * neither the working tree nor anything of git's is touched.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { atShutdown } from '../postgres/shutdown.ts'
import { git } from '../prove/ledger/at-ref.ts'
import type { SchemaSource } from './schema-source.ts'

const answer = async (directory: string, args: readonly string[]): Promise<string | null> => {
  const { code, out } = await git(directory, args)
  return code === 0 ? out.toString('utf8').trim() : null
}

const notInGit = (directory: string): AssayError =>
  new AssayError(`${directory} is not in a git repository.`, {
    code: 'score.not-in-git',
    exit: 3,
    asked: 'the schema at another commit',
    mend: 'Commit the migrations, or run assay score without --since.',
  })

const unknownRef = (ref: string): AssayError =>
  new AssayError(`There is no commit ${JSON.stringify(ref)} in this clone.`, {
    code: 'score.unknown-ref',
    exit: 2,
    asked: 'the schema at that commit',
    mend: 'Give a branch, tag or commit that `git rev-parse` knows; in CI fetch it first (`git fetch origin main`).',
  })

const outside = (file: string, top: string): AssayError =>
  new AssayError(`${file} lies outside of the repository, so that git knows no earlier state of it.`, {
    code: 'score.outside-git',
    exit: 2,
    asked: 'the schema at another commit',
    found: `the repository ${top}`,
    mend: 'Run assay score without --since, or keep the file in the repository.',
  })

const unpacked = (directory: string, archive: string): void => {
  const { status, stderr } = spawnSync('tar', ['-xf', archive, '-C', directory], { encoding: 'utf8' })
  if (status === 0) return
  throw new AssayError('The files of the other commit could not be laid out.', {
    code: 'score.archive',
    exit: 3,
    asked: `tar -xf ${archive} -C ${directory}`,
    found: (stderr ?? '').trim() || 'tar cannot be run',
    mend: 'Install tar, or run assay score without --since.',
  })
}

/** What a migration tool is run with lies beside the files, and is in no commit. */
const lendModules = (from: string, to: string): void => {
  const modules = path.join(from, 'node_modules')
  if (existsSync(modules) && existsSync(to) && !existsSync(path.join(to, 'node_modules')))
    symlinkSync(modules, path.join(to, 'node_modules'), 'dir')
}

/** Runs `work` with the schema as it was at `ref`; null: none of its files was there. */
export const withSchemaAtRef = async <T>(
  schema: SchemaSource,
  ref: string,
  work: (schema: SchemaSource | null) => Promise<T>,
): Promise<T> => {
  const directory = realpathSync(schema.directory)
  const top = await answer(directory, ['rev-parse', '--show-toplevel'])
  if (top === null) throw notInGit(directory)
  const commit = await answer(directory, [
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${ref}^{commit}`,
  ])
  if (commit === null) throw unknownRef(ref)
  const inTop = (file: string): string => {
    const way = path.relative(top, path.resolve(directory, file))
    if (way.startsWith('..') || path.isAbsolute(way)) throw outside(file, top)
    return way === '' ? '.' : way
  }
  const named = [
    ...(schema.before ?? []).filter((part) => typeof part === 'string'),
    ...(schema.migrations === undefined ? [] : [schema.migrations]),
  ]
  // A tool's command reads what it likes.
  const wanted = schema.command === undefined ? named.map(inTop) : ['.']
  const there: string[] = []
  for (const way of wanted)
    if ((await answer(top, ['cat-file', '-e', `${commit}:${way === '.' ? '' : way}`])) !== null)
      there.push(way)
  if (there.length === 0) return work(null)

  const place = mkdtempSync(path.join(tmpdir(), 'assay-ref-'))
  const remove = (): void => rmSync(place, { recursive: true, force: true })
  const forget = atShutdown({ now: remove })
  try {
    const archive = path.join(place, '.files.tar')
    await git(top, ['archive', '--format=tar', `--output=${archive}`, commit, '--', ...there])
    unpacked(place, archive)
    rmSync(archive, { force: true })
    const inPlace = path.join(place, path.relative(top, directory))
    if (schema.command !== undefined) {
      lendModules(top, place)
      lendModules(directory, inPlace)
    }
    const kept = (file: string): boolean => there.includes('.') || there.includes(inTop(file))
    const { migrations, before = [], ...rest } = schema
    const hasMigrations = migrations !== undefined && kept(migrations)
    return await work({
      ...rest,
      directory: inPlace,
      before: before
        .filter((part) => typeof part !== 'string' || kept(part))
        .map((part) => (typeof part === 'string' ? path.join(place, inTop(part)) : part)),
      ...(hasMigrations ? { migrations: path.join(place, inTop(migrations)) } : {}),
    })
  } finally {
    remove()
    forget()
  }
}
