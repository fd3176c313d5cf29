/** The command line from a checkout: builds dist when the source is newer, then runs it. Node alone is needed. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('..', import.meta.url)
const built = new URL('dist/cli/main.js', root)

const newest = (directory) =>
  Math.max(
    ...readdirSync(directory, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(`${entry.parentPath}/${entry.name}`).mtimeMs),
  )

const isStale = () =>
  !existsSync(built) || newest(fileURLToPath(new URL('src', root))) > statSync(built).mtimeMs

if (isStale()) {
  const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', root))
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: fileURLToPath(root),
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) process.exit(status ?? 1)
}
await import(built.href)
