/** A project with Assay installed as npm would: its built files below node_modules, beside everything that it needs. */
import { copyFileSync, cpSync, linkSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A second name of the same file, a copy where the other directory is on another disk. */
const place = (file: string, to: string): void => {
  try {
    linkSync(file, to)
  } catch {
    copyFileSync(file, to)
  }
}

const placeAll = (from: string, to: string): void => {
  mkdirSync(to)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const at = entry.isDirectory() ? placeAll : place
    at(join(from, entry.name), join(to, entry.name))
  }
}

export const installAssay = (directory: string): void => {
  const modules = join(directory, 'node_modules')
  mkdirSync(join(modules, 'assay'), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name.startsWith('.') || name === 'assay') continue
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  cpSync(join(root, 'package.json'), join(modules, 'assay/package.json'))
  placeAll(join(root, 'dist'), join(modules, 'assay/dist'))
}

/** Vitest's own command line. */
export const vitestMain = join(root, 'node_modules/vitest/vitest.mjs')
