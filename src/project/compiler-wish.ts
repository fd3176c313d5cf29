/** What a directory that files are written into has already: a tsconfig.json that covers it, Assay in a package.json. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { initFiles, type InitWish } from './init-files.ts'

const upwards = (directory: string): readonly string[] => {
  const parent = dirname(directory)
  return parent === directory ? [directory] : [directory, ...upwards(parent)]
}

/** The nearest file of a name up to the package's own directory; a tsconfig above that is another project's. */
const nearest = (directory: string, name: string): string | null => {
  for (const place of upwards(directory)) {
    const file = join(place, name)
    if (existsSync(file)) return file
    if (existsSync(join(place, 'package.json')) || existsSync(join(place, '.git'))) return null
  }
  return null
}

const readText = (file: string | null): string => (file === null ? '' : readFileSync(file, 'utf8'))

const takesTsEndings = /"(?:allowImportingTsExtensions|rewriteRelativeImportExtensions)"\s*:\s*true/u

/** What its files have to be like, so that the editor has nothing to say. */
export const compilerWish = (directory: string): InitWish => {
  // What an earlier init wrote is its own file, which does not decide.
  const own = initFiles({ ending: '.ts', needsTsconfig: true })['tsconfig.json']
  const found = nearest(directory, 'tsconfig.json')
  const text = readText(found)
  const needsTsconfig = found === null || (dirname(found) === directory && text === own)
  return { ending: needsTsconfig || takesTsEndings.test(text) ? '.ts' : '.js', needsTsconfig }
}

/** Whether package.json, here or above, names Assay already. */
export const namesAssay = (directory: string): boolean => {
  const file = upwards(directory)
    .map((place) => join(place, 'package.json'))
    .find((path) => existsSync(path))
  return file !== undefined && /"assay"\s*:/u.test(readText(file))
}
