/**
 * A data directory that initdb made once, kept in a cache directory of ours and copied for each run: a third of
 * initdb's time. Without a usable cache initdb runs each time. Nothing of a run is ever written into it.
 */
import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import type { ServiceAccount } from './embedded/account.ts'
import { isAlive } from './process.ts'
import { removeRunDirectory } from './run-directory.ts'

/** Where it lies: `data` belongs to the server's account, `password` (of the superuser in it) to us alone. */
export interface DataTemplate {
  readonly top: string
  readonly data: string
  readonly password: string
}

/** Null for a user without a home: HOME is not set, and no account has the user's id. */
export const cacheDirectory = (): string | null => {
  if (process.getuid?.() === 0) return '/var/cache/assay'
  try {
    if (process.platform === 'darwin') return path.join(homedir(), 'Library', 'Caches', 'assay')
    return path.join(process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'assay')
  } catch {
    return null
  }
}

const parts = (top: string): DataTemplate => ({
  top,
  data: path.join(top, 'pg', 'data'),
  password: path.join(top, 'password'),
})

/** Ours, and nobody else may write there: otherwise anyone could give us a data directory of his. */
export const isOurs = (directory: string): boolean => {
  const facts = lstatSync(directory, { throwIfNoEntry: false })
  return facts?.isDirectory() === true && facts.uid === process.getuid?.() && (facts.mode & 0o022) === 0
}

/** One template per build of the binaries, way of making it, and account. */
const keyOf = (binary: string, args: readonly string[], account: ServiceAccount | null): string => {
  const { size, mtimeMs } = statSync(binary)
  const text = JSON.stringify([size, mtimeMs, args, account])
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

export interface TemplateWish {
  readonly binary: string
  readonly args: readonly string[]
  readonly account: ServiceAccount | null
}

const buildPrefix = 'building-'

/** Builds that were killed. */
const sweepBuilds = (cache: string): void => {
  for (const name of readdirSync(cache)) {
    const pid = Number(new RegExp(`^${buildPrefix}(?<pid>\\d+)-`, 'u').exec(name)?.groups?.['pid'])
    if (pid > 0 && !isAlive(pid)) removeRunDirectory(path.join(cache, name))
  }
}

const prepareBuild = (cache: string, key: string, account: ServiceAccount | null): DataTemplate => {
  const build = parts(
    path.join(cache, `${buildPrefix}${process.pid}-${key}-${randomBytes(4).toString('hex')}`),
  )
  mkdirSync(build.top, { mode: 0o700 })
  if (account) chmodSync(build.top, 0o711)
  const service = path.dirname(build.data)
  mkdirSync(service, { mode: 0o700 })
  if (account) chownSync(service, account.uid, account.gid)
  return build
}

/**
 * Answers the template, made by `initdb` (into the given directory, with the given password) when there is none yet.
 * Null when no cache can be used here.
 */
export const dataTemplate = async (
  { binary, args, account }: TemplateWish,
  initdb: (build: DataTemplate, password: string) => Promise<void>,
): Promise<DataTemplate | null> => {
  const cache = cacheDirectory()
  if (cache === null) return null
  let build: DataTemplate
  const wanted = parts(path.join(cache, keyOf(binary, args, account)))
  try {
    mkdirSync(cache, { recursive: true, mode: account ? 0o711 : 0o700 })
    if (!isOurs(cache)) return null
    if (isOurs(wanted.top)) return wanted
    sweepBuilds(cache)
    build = prepareBuild(cache, path.basename(wanted.top), account)
  } catch {
    return null
  }
  try {
    const password = randomBytes(24).toString('base64url')
    await initdb(build, password)
    writeFileSync(build.password, password, { mode: 0o600 })
    renameSync(build.top, wanted.top)
    return wanted
  } catch {
    removeRunDirectory(build.top)
    // Another run was quicker, or the cache's disk is full: then the run's own directory may still do.
    return isOurs(wanted.top) ? wanted : null
  }
}

export const readTemplatePassword = (template: DataTemplate): string =>
  readFileSync(template.password, 'utf8')
