/** Finds `assay.config.ts` in a directory or the nearest one above it. */
import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { AssayError } from '../ground/errors.ts'

/** In order of preference within one directory. */
export const configNames = [
  'assay.config.ts',
  'assay.config.mts',
  'assay.config.js',
  'assay.config.mjs',
] as const

const upwards = (directory: string): readonly string[] => {
  const parent = dirname(directory)
  return parent === directory ? [directory] : [directory, ...upwards(parent)]
}

/** The absolute path of the config. `start` is a directory, or a config file itself. */
export const findConfig = (start: string): string => {
  const from = resolve(start)
  const stat = statSync(from, { throwIfNoEntry: false })
  if (stat?.isFile()) return from
  if (stat === undefined)
    throw new AssayError(`There is no directory ${from}.`, {
      code: 'config.no-directory',
      exit: 2,
      asked: `a configuration in ${start}`,
      found: 'nothing of that name',
      mend: 'Give the directory of your assay.config.ts, or leave it out to start from the working directory.',
    })
  for (const directory of upwards(from)) {
    const found = configNames.map((name) => join(directory, name)).find((file) => existsSync(file))
    if (found !== undefined) return found
  }
  throw new AssayError(`There is no assay.config.ts in ${from} or above it.`, {
    code: 'config.not-found',
    exit: 2,
    asked: `a configuration from ${from} upwards`,
    found: `none of ${configNames.join(', ')}`,
    why: 'It names the architecture and where its schema comes from.',
    mend: "Write assay.config.ts: import { defineConfig } from 'assay'; export default defineConfig({ architecture, schema: { migrations: 'migrations' } })",
  })
}
