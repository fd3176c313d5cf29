/** Checks of the machine, before anything is started: Node, the embedded binaries, the account, the directories. */
import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import path from 'node:path'
import { cacheDirectory, isOurs } from '../postgres/data-template.ts'
import { mayRead, serviceAccount } from '../postgres/embedded/account.ts'
import { findBinaries } from '../postgres/embedded/binaries.ts'
import { parentsOfNextRun, runParts, runPrefix, socketFits } from '../postgres/run-directory.ts'
import { deadRuns } from '../postgres/sweep.ts'
import { faultsExamined, right, toKnow, type Examined } from './examination.ts'

/** What package.json asks of Node. */
const oldestNode = [20, 19] as const

export const examineNode = (version: string = process.versions.node): Examined => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]))
    return right('node', `Node ${version}`)
  return {
    code: 'doctor.node',
    state: 'wrong',
    what: `Node ${version} is too old.`,
    why: `Assay needs Node ${oldestNode.join('.')} or newer`,
    fix: 'Install a newer one, for example: nvm install --lts',
    exit: 3,
  }
}

const examineBinaries = (): readonly Examined[] => {
  try {
    const { postgres } = findBinaries()
    const account = serviceAccount()
    const found = right(
      'binaries',
      `PostgreSQL binaries for ${process.platform}-${process.arch} in node_modules`,
    )
    if (account === null) return [found, right('account', 'The server runs as you')]
    const who = `You are root, which PostgreSQL refuses: the server runs as the unprivileged user ${account.uid}`
    return [
      found,
      mayRead(account, postgres)
        ? right('account', who)
        : toKnow(
            'account',
            who,
            'it may not read node_modules here, so each run lends it a tree of the binaries: that takes a moment',
            'Keep the project outside of /root, or run as another user.',
          ),
    ]
  } catch (cause) {
    return faultsExamined(cause)
  }
}

/** What a run writes: a data directory, and clones of the schema. */
const neededMegabytes = 300

const examineTemporary = (): readonly Examined[] => {
  const [preferred = '/tmp', short = preferred] = parentsOfNextRun()
  const sample = runParts(path.join(preferred, `${runPrefix}${process.pid}-XXXXXX`))
  const fits = socketFits(sample.socket)
  const parent = fits ? preferred : short
  const long: readonly Examined[] = fits
    ? [right('socket', 'The path of the socket is short enough')]
    : [toKnow('socket', `${preferred} is too long for a socket`, `runs lie in ${short} instead`)]
  try {
    accessSync(parent, constants.W_OK | constants.X_OK)
  } catch {
    return [
      ...long,
      {
        code: 'server.directory',
        state: 'wrong',
        what: `The temporary directory ${parent} cannot be written to.`,
        why: 'each run has its server there',
        fix: 'Name another one: TMPDIR=/path assay …',
        exit: 3,
      },
    ]
  }
  const { bavail, bsize } = statfsSync(parent)
  const megabytes = Math.floor((bavail * bsize) / 2 ** 20)
  const space: Examined =
    megabytes >= neededMegabytes
      ? right('space', `${parent} has room: ${megabytes.toLocaleString('en')} MB`)
      : {
          code: 'server.disk-full',
          state: 'wrong',
          what: `${parent} has ${megabytes} MB of space left.`,
          why: `a run takes about ${neededMegabytes} MB while it lasts`,
          fix: 'Free some space, or name another directory: TMPDIR=/path/with/space assay …',
          exit: 3,
        }
  return [...long, space]
}

const examineCache = (): Examined => {
  const cache = cacheDirectory()
  const slower = 'each run makes its data directory anew, which takes about a second longer'
  if (cache === null) return toKnow('cache', 'There is no cache directory', slower, 'Set HOME.')
  if (!existsSync(cache)) return right('cache', `The cache ${cache} is made by the first run`)
  return isOurs(cache)
    ? right('cache', `The cache ${cache} is yours alone`)
    : toKnow(
        'cache',
        `The cache ${cache} is not used`,
        `others may write to it, or it belongs to somebody else; ${slower}`,
        `rm -rf ${cache}`,
      )
}

const examineRuns = (): Examined => {
  const dead = deadRuns()
  return dead.length === 0
    ? right('stale-runs', 'No killed run has left anything')
    : toKnow(
        'stale-runs',
        `${dead.length} killed run${dead.length === 1 ? '' : 's'} left something: ${dead.join(', ')}`,
        'the next run that starts a server takes it away, this one too',
      )
}

/** Without an own server (`--url`) nothing but Node counts. */
export const examineMachine = (usesEmbedded: boolean): readonly Examined[] => [
  examineNode(),
  ...(usesEmbedded ? [...examineBinaries(), ...examineTemporary(), examineCache(), examineRuns()] : []),
]
