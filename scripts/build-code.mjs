/**
 * Builds dist from src: declarations by the compiler, and code in few files, since a command that reads a thousand
 * modules spends a third of a second on that. What several doors share stands once, in dist/chunks; each file there is
 * as deep as a room of src, so that relative places mean the same.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

/** Where users come in. */
const doors = ['index', 'testing/vitest', 'testing/node-test', 'cli/main']

/** What benchmarks and tests run in a process of its own. */
const inner = ['project/adopt-project', 'project/prove-project', 'project/write-adopted']

const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  { cwd: root, stdio: ['ignore', 2, 2] },
)
if (status !== 0) process.exit(status ?? 1)

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: [...inner, ...doors].map((name) => `src/${name}.ts`),
  outdir: dist,
  outbase: 'src',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  logLevel: 'warning',
  write: false,
})

// What others load comes first: whoever starts a command meanwhile finds every file, old or new.
const isDoor = ({ path }) => doors.some((name) => path === join(dist, `${name}.js`))
const written = new Set()
for (const file of [...outputFiles.filter((f) => !isDoor(f)), ...outputFiles.filter(isDoor)]) {
  mkdirSync(dirname(file.path), { recursive: true })
  writeFileSync(file.path, file.contents)
  written.add(file.path)
}

/** Of an earlier build; what is younger than an hour may still be loaded by a command that runs. */
const isLeft = (path) =>
  path.endsWith('.js') &&
  !path.startsWith(join(dist, 'site')) &&
  !written.has(path) &&
  Date.now() - statSync(path).mtimeMs > 3_600_000

for (const entry of readdirSync(dist, { withFileTypes: true, recursive: true })) {
  const path = join(entry.parentPath, entry.name)
  if (entry.isFile() && isLeft(path)) rmSync(path)
}
