/** Runs a user's TypeScript config and answers its default export. One copy of Assay is used: the running one. */
import { AssayError } from '../ground/errors.ts'
import { loadFault } from './load-fault.ts'

/** The public door of this very copy, which the config's `import … from 'assay'` is given. */
const readOwnDoor = async (): Promise<Readonly<Record<string, unknown>>> => {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const door = new URL(`../index.${extension}`, import.meta.url)
  return (await import(door.href)) as Readonly<Record<string, unknown>>
}

export const noDefaultExport = (file: string): AssayError =>
  new AssayError(`${file} exports no configuration.`, {
    code: 'config.no-default',
    exit: 2,
    found: 'no default export',
    mend: "export default defineConfig({ architecture, schema: { migrations: 'migrations' } })",
    where: { file, line: 1 },
  })

/** Modules of packages do not change while somebody works on a project. */
const isPackage = (path: string): boolean => /[\\/]node_modules[\\/]/u.test(path)

/**
 * Throws AssayError or AssayErrors, whatever the user's file threw. `seen` is given every file that was read, also
 * when one of them cannot be loaded.
 */
export const loadConfig = async (file: string, seen?: Set<string>): Promise<unknown> => {
  const [{ createJiti }, assay] = await Promise.all([import('jiti'), readOwnDoor()])
  // No caches: nothing is left in the user's directories, and a second load in one process sees an edited file.
  const jiti = createJiti(file, {
    fsCache: false,
    // With one, it tells what was read; all of that is forgotten again below.
    moduleCache: seen !== undefined,
    interopDefault: false,
    virtualModules: { assay },
  })
  const before = new Set(Object.keys(jiti.cache))
  const read = async (): Promise<Readonly<Record<string, unknown>>> => {
    try {
      return await jiti.import<Readonly<Record<string, unknown>>>(file)
    } catch (cause) {
      throw loadFault(file, cause, Object.keys(assay).toSorted())
    } finally {
      for (const path of seen === undefined ? [] : Object.keys(jiti.cache)) {
        if (before.has(path) || isPackage(path)) continue
        seen?.add(path)
        delete jiti.cache[path]
      }
    }
  }
  const module = await read()
  if (!('default' in module)) throw noDefaultExport(file)
  return module['default']
}
