/**
 * Memory as a file system. Copying a database is a thousand small files: measured on ext4 45 to 180 ms, there 11. What
 * Assay's own server holds is gone with the run, so nothing is lost with the memory.
 */
import { accessSync, constants, readFileSync, statfsSync } from 'node:fs'

/** Of Linux alone; other systems have none that is always there. */
export const memoryDirectory = '/dev/shm'

/** Magic number of tmpfs, as statfs(2) tells it (linux/magic.h). */
const tmpfs = 0x01_02_19_94

/** A container's usual 64 MB are too little, and so is what a small machine has left: bytes. */
const plenty = 4 * 2 ** 30

/** What is copied there could not be started, were it mounted with noexec. */
const runsPrograms = (): boolean =>
  readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, directory]) => directory === memoryDirectory)
    .every(([, , , flags]) => !(flags ?? '').split(',').includes('noexec'))

/** The directory, where it is in memory and has room for a run; null where it is not, or where TMPDIR says otherwise. */
export const roomInMemory = (): string | null => {
  if (process.platform !== 'linux' || process.env['TMPDIR']) return null
  try {
    accessSync(memoryDirectory, constants.W_OK | constants.X_OK)
    const { type, bavail, bsize } = statfsSync(memoryDirectory)
    const isRoomy = bavail * bsize >= plenty && process.availableMemory() >= plenty
    return type === tmpfs && isRoomy && runsPrograms() ? memoryDirectory : null
  } catch {
    return null
  }
}
