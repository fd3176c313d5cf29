/** Builds the command line once before the tests, as a checkout's own script does when the source is newer. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const setup = (): void => {
  const script = fileURLToPath(new URL('../../scripts/assay.mjs', import.meta.url))
  execFileSync(process.execPath, [script, '--version'], { stdio: ['ignore', 'ignore', 'inherit'] })
}
