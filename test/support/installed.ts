/** A project with Assay installed as npm would: its built files below node_modules, beside everything that it needs. */
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export const installAssay = (directory: string): void => {
  const modules = join(directory, 'node_modules')
  mkdirSync(join(modules, 'assay'), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name.startsWith('.') || name === 'assay') continue
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  cpSync(join(root, 'package.json'), join(modules, 'assay/package.json'))
  cpSync(join(root, 'dist'), join(modules, 'assay/dist'), { recursive: true })
}

/** Vitest's own command line. */
export const vitestMain = join(root, 'node_modules/vitest/vitest.mjs')
