/** Which operating system account the embedded PostgreSQL runs as: our own, or an unprivileged one when we are root. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Numeric ids to spawn with; null means our own account. */
export interface ServiceAccount {
  readonly uid: number
  readonly gid: number
}

interface Entry {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

const entries = (): readonly Entry[] => {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
      .filter(({ uid, gid }) => uid > 0 && uid < 65_536 && gid > 0)
  } catch {
    return []
  }
}

/**
 * PostgreSQL refuses to run as root, so root lends it an account without rights: nobody, or another one that is there
 * already (initdb insists on a name). None is made.
 */
export const serviceAccount = (): ServiceAccount | null => {
  if (process.getuid?.() !== 0) return null
  const known = entries()
  const chosen = known.find(({ name }) => name === 'nobody') ?? known[0]
  return chosen ? { uid: chosen.uid, gid: chosen.gid } : { uid: 65_534, gid: 65_534 }
}

/** Whether that account may read (and enter, and run) these files: modes of every directory above count, so it is tried. */
export const mayRead = (account: ServiceAccount, ...files: readonly string[]): boolean => {
  const script = 'for f in "$@"; do test -r "$f" && { test ! -d "$f" || test -x "$f"; } || exit 1; done'
  const tried = spawnSync('/bin/sh', ['-c', script, 'assay', ...files], {
    cwd: '/',
    stdio: 'ignore',
    ...account,
  })
  return tried.status === 0
}
