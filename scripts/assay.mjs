/**
 * The command line from a checkout: builds dist when the source is newer, then runs it. Node alone is needed. The
 * report's pages are built when they changed; where that fails, everything but the report works.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('..', import.meta.url)
const built = new URL('dist/cli/main.js', root)
const builder = fileURLToPath(new URL('build-code.mjs', import.meta.url))

const source = fileURLToPath(new URL('src', root))
const pages = fileURLToPath(new URL('src/site', root))
const builtPages = new URL('dist/site/app.js', root)

const filesIn = (directory) =>
  readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)

const isNewer = (files, than) =>
  !existsSync(than) || Math.max(...files.map((file) => statSync(file).mtimeMs)) > statSync(than).mtimeMs

const all = filesIn(source)
const ofPages = all.filter((file) => file.startsWith(`${pages}/`) || file.startsWith(`${pages}\\`))

if (isNewer([...all.filter((file) => !ofPages.includes(file)), builder], built)) {
  const { status } = spawnSync(process.execPath, [builder], {
    cwd: fileURLToPath(root),
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) process.exit(status ?? 1)
}
if (isNewer(ofPages, builtPages)) {
  spawnSync(process.execPath, [fileURLToPath(new URL('build-site.mjs', import.meta.url))], {
    cwd: fileURLToPath(root),
    stdio: ['ignore', 2, 2],
  })
}
await import(built.href)
