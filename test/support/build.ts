/**
 * Builds the command line once before the tests, as a checkout's own script does when the source is newer. Without
 * it the tests that run the command line fail by themselves, each with the compiler's complaint above it.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const setup = (): void => {
  const script = fileURLToPath(new URL('../../scripts/assay.mjs', import.meta.url))
  spawnSync(process.execPath, [script, '--version'], { stdio: ['ignore', 'ignore', 'inherit'] })
}
