/** Which operating system account the embedded PostgreSQL runs as: our own, or an unprivileged one when we are root. */

import { spawnSync } from 'node:child_process'

/** Numeric ids to spawn with; null means our own account. */
export interface ServiceAccount {
  readonly uid: number
  readonly gid: number
}

/** `nobody` on Linux; no entry in the user database is needed for it. */
const unprivileged = 65534

/** PostgreSQL refuses to run as root, so root lends it an account that owns nothing else. */
export const serviceAccount = (): ServiceAccount | null =>
  process.getuid?.() === 0 ? { uid: unprivileged, gid: unprivileged } : null

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
